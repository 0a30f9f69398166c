package g7221

import "math"

// quantizer is how the coefficients of a category are written: in vectors of
// some neighbours, each of which is one of so many levels.
type quantizer struct {
	length   int     // coefficients of a vector
	levels   int     // of an absolute value, zero included
	inverse  float32 // of the step, in roots of the region's power
	rounding float32
	values   [14]float32 // what the levels stand for (table 7)
	fill     float32     // what zeros stand for, with a random sign
}

// quantizers are those of the categories with code words (tables 5 to 7).
var quantizers = [noise]quantizer{
	{2, 14, 2 * math.Sqrt2, 0.30, levels(1606, 3119, 4586, 6049, 7502, 8941, 10406, 11851, 13292, 14736, 16146, 17566, 19351), 0},
	{2, 10, 2, 0.33, levels(2229, 4341, 6401, 8471, 10531, 12583, 14588, 16673, 18924), 0},
	{2, 7, math.Sqrt2, 0.36, levels(3055, 5998, 8929, 11806, 14680, 17680), 0},
	{4, 5, 1, 0.39, levels(4121, 8192, 12259, 16322), 0},
	{4, 4, math.Sqrt2 / 2, 0.42, levels(5413, 11071, 16315), 0},
	{5, 3, 0.5, 0.45, levels(6785, 14300), 0.176777},
	{5, 2, math.Sqrt2 / 4, 0.50, levels(8044), 0.25},
}

const noiseFill = 0.707107 // of regions without code words

// levels makes the values of a quantizer from those in 4096ths.
func levels(v ...float32) (t [14]float32) {
	for i, x := range v {
		t[i+1] = x / 4096
	}
	return t
}

// pack gives the number of a vector's absolute values, its signs, one bit for each
// coefficient that is not zero, and how many these are. scale makes steps
// of coefficients.
func (q *quantizer) pack(c []float32, scale float32) (index int, signs uint32, count int) {
	for _, x := range c {
		sign := uint32(1)
		if x < 0 {
			x, sign = -x, 0
		}
		k := min(int(x*scale+q.rounding), q.levels-1)
		if k > 0 {
			signs = signs<<1 | sign
			count++
		}
		index = index*q.levels + k
	}
	return index, signs, count
}

// cost is how many bits a region takes in a category.
func cost(c []float32, category, power int) int {
	if category == noise {
		return 0
	}
	q := &quantizers[category]
	scale := q.inverse / root(power)
	bits := 0
	for i := 0; i+q.length <= perRegion; i += q.length {
		index, _, count := q.pack(c[i:i+q.length], scale)
		bits += length(vectorCodes[category][index]) + count
	}
	return bits
}

func writeRegion(w *writer, c []float32, category, power int) {
	if category == noise {
		return
	}
	q := &quantizers[category]
	scale := q.inverse / root(power)
	for i := 0; i+q.length <= perRegion; i += q.length {
		index, signs, count := q.pack(c[i:i+q.length], scale)
		code := vectorCodes[category][index]
		w.bits(code, length(code))
		w.bits(signs, count)
	}
}

// readRegion reads the coefficients of a region, zeros included. It tells
// whether the frame had enough bits.
func readRegion(r *reader, c []float32, category, power int) bool {
	q := &quantizers[category]
	size := root(power)
	for i := 0; i+q.length <= perRegion; i += q.length {
		if !q.unpack(r, c[i:i+q.length], vectorTrees[category].read(r), size) {
			return false
		}
	}
	return true
}

// unpack gives the coefficients of a vector and reads their signs.
func (q *quantizer) unpack(r *reader, c []float32, index int, size float32) bool {
	for j := len(c) - 1; j >= 0; j-- {
		c[j] = q.values[index%q.levels] * size
		index /= q.levels
	}
	for j, x := range c {
		if x != 0 && r.bit() == 0 {
			c[j] = -x
		}
	}
	return r.left() >= 0
}

// random is the source of signs for what was not written.
type random [4]int16

func newRandom() random { return random{1, 1, 1, 1} }

func (s *random) next() uint16 {
	v := s[0] + s[3]
	if v < 0 {
		v++
	}
	s[3], s[2], s[1], s[0] = s[2], s[1], s[0], v
	return uint16(v)
}

// fill replaces zeros by a little noise, so that the region keeps its power.
func (s *random) fill(c []float32, level float32) {
	for half := 0; half < perRegion; half += perRegion / 2 {
		word := s.next()
		for i, x := range c[half : half+perRegion/2] {
			if x != 0 {
				continue
			}
			x = level
			if word&1 == 0 {
				x = -level
			}
			c[half+i] = x
			word >>= 1
		}
	}
}
