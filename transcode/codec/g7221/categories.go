package g7221

// A category says how finely a region is quantized: 0 the finest, noise not at
// all.
const noise = 7

// expected is how many bits a region of a category takes on average.
var expected = [noise + 1]int{52, 47, 43, 37, 29, 22, 16, 0}

// categories are how the bits of a frame are shared out.
type categories struct {
	of    [maxRegions]int // by region
	steps [31]int         // the regions that each further control makes coarser by one
}

// share makes the finest sharing out and the steps from there, from nothing
// but what the decoder knows as well: the powers and the number of bits left.
func (c *categories) share(m *mode, p *powers, bits int) {
	if bits > m.size { // fine categories take more than expected
		bits = m.size + (bits-m.size)*5/8
	}
	offset := c.offset(m, p, bits)
	c.uniform(m, p, offset)
	c.spread(m, p, bits, offset)
}

// uniform gives the categories to an offset, and the bits expected then.
func (c *categories) uniform(m *mode, p *powers, offset int) int {
	sum := 0
	for r := range m.regions {
		c.of[r] = min(max((offset-p[r])>>1, 0), noise)
		sum += expected[c.of[r]]
	}
	return sum
}

// offset finds the coarsest offset that still takes up all bits but 32.
func (c *categories) offset(m *mode, p *powers, bits int) int {
	offset := -32
	for delta := 32; delta > 0; delta /= 2 {
		if c.uniform(m, p, offset+delta) >= bits-32 {
			offset += delta
		}
	}
	return offset
}

// spread goes in small steps both to finer and to coarser categories, so that
// the bits available stay in the middle.
func (c *categories) spread(m *mode, p *powers, bits, offset int) {
	fine, coarse := c.of, c.of
	var steps [64]int
	first := m.controls()
	last := first
	high := 0
	for _, k := range c.of[:m.regions] {
		high += expected[k]
	}
	low := high
	for range m.controls() - 1 {
		if high+low <= 2*bits {
			r := finer(m, p, &fine, offset)
			high += expected[fine[r]-1] - expected[fine[r]]
			fine[r]--
			first--
			steps[first] = r
		} else {
			r := coarser(m, p, &coarse, offset)
			if coarse[r] < noise {
				low += expected[coarse[r]+1] - expected[coarse[r]]
				coarse[r]++
			}
			steps[last] = r
			last++
		}
	}
	c.of = fine
	copy(c.steps[:m.controls()-1], steps[first:last])
}

// finer chooses the region that most deserves more bits: the lowest of equals.
// There is one: all regions at their finest would be more than any frame holds.
func finer(m *mode, p *powers, of *[maxRegions]int, offset int) int {
	best, region := 99, 0
	for r := range m.regions {
		if v := offset - p[r] - 2*of[r]; of[r] > 0 && v < best {
			best, region = v, r
		}
	}
	return region
}

// coarser chooses the region that least needs its bits: the highest of equals.
// There is none, and it says the lowest, only where powers take up nearly all
// of a frame.
func coarser(m *mode, p *powers, of *[maxRegions]int, offset int) int {
	best, region := -99, 0
	for r := m.regions - 1; r >= 0; r-- {
		if v := offset - p[r] - 2*of[r]; of[r] < noise && v > best {
			best, region = v, r
		}
	}
	return region
}

// coarsen takes one of the steps.
func (c *categories) coarsen(step int) {
	k := &c.of[c.steps[step]]
	*k = min(*k+1, noise)
}
