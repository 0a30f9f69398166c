package g7221

import "math"

// A region's power is an index i: its root mean square is 2^((i+9)/2), with
// samples of 16 bits. The Recommendation's index is larger by seven.
const (
	least       = -15 // power of any region
	most        = 24
	leastFirst  = -6 // power of the first region
	firstOffset = 7
	firstBits   = 5
	differences = 24
	leastStep   = -12 // from one region to the next
	mostStep    = 11
)

// powers are the regions' indices.
type powers [maxRegions]int

// measure finds the powers of the coefficients as they can be written down:
// valleys before high peaks are filled up.
func (p *powers) measure(m *mode, c []float32) {
	for r := range m.regions {
		var sum float32
		for _, x := range c[r*perRegion : (r+1)*perRegion] {
			sum += x * x
		}
		// The nearest power of two of the mean square.
		_, exp := math.Frexp(float64(sum) / perRegion * math.Sqrt2)
		p[r] = exp - 1 - 9
		if sum == 0 {
			p[r] = least
		}
	}
	for r := m.regions - 2; r >= 0; r-- {
		p[r] = max(p[r], p[r+1]-mostStep)
	}
	p[0] = min(max(p[0], leastFirst), most)
	for r := 1; r < m.regions; r++ {
		p[r] = min(max(p[r], least, p[r-1]+leastStep), most)
	}
}

func (p *powers) write(m *mode, w *writer) {
	w.bits(uint32(p[0]+firstOffset), firstBits)
	for r := 1; r < m.regions; r++ {
		code := envelopeCodes[row(r)][p[r]-p[r-1]-leastStep]
		w.bits(code, length(code))
	}
}

// read tells whether the powers are ones that may be.
func (p *powers) read(m *mode, rd *reader) bool {
	p[0] = rd.bits(firstBits) - firstOffset
	ok := true
	for r := 1; r < m.regions; r++ {
		p[r] = p[r-1] + leastStep + envelopeTrees[row(r)].read(rd)
		ok = ok && p[r] >= least && p[r] <= most
	}
	return ok
}

// row is the table of code words for a region.
func row(region int) int { return min(region, len(envelopeCodes)) - 1 }

// roots are the root mean squares of all powers.
var roots = func() (t [most - least + 1]float32) {
	for i := range t {
		t[i] = float32(math.Pow(2, float64(i+least+9)/2))
	}
	return t
}()

func root(power int) float32 { return roots[power-least] }
