package g7221

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Each code has a meaning for all that may come, and each code word leads
// back to a vector like the one that it was made of.
func TestCodes(t *testing.T) {
	for i := range envelopeCodes {
		complete(t, envelopeCodes[i][:], envelopeTrees[i])
	}
	for category, codes := range vectorCodes {
		q := &quantizers[category]
		if n := int(math.Pow(float64(q.levels), float64(q.length))); len(codes) != n {
			t.Errorf("category %d: %d code words, want %d", category, len(codes), n)
		}
		complete(t, codes, vectorTrees[category])
	}
}

func complete(t *testing.T, codes []uint32, tree tree) {
	t.Helper()
	if space := spaceOf(codes); space != 1 {
		t.Errorf("code words fill %v of the space", space)
	}
	for value, code := range codes {
		w := writer{data: make([]byte, 4)}
		w.bits(code, length(code))
		r := reader{data: w.data}
		got := tree.read(&r)
		if codes[got] != code || got > value || r.pos != length(code) {
			t.Errorf("code word of %d means %d", value, got)
		}
	}
}

func spaceOf(codes []uint32) (sum float64) {
	seen := map[uint32]bool{}
	for _, c := range codes {
		if !seen[c] {
			sum += math.Pow(2, -float64(length(c)))
		}
		seen[c] = true
	}
	return sum
}

func TestTransform(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{320, 640} {
		mlt := newTransform(size)
		x := make([]float32, size)
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		want := cosineByDefinition(x)
		mlt.cosine(x)
		if db := likeness(want, x); db < 110 {
			t.Errorf("size %d: %.0f dB from the definition", size, db)
		}
		in, out := make([]float32, 6*size), make([]float32, 6*size)
		for i := range in {
			in[i] = rng.Float32() - 0.5
		}
		c, overlap := make([]float32, size), make([]float32, size/2)
		for i := size; i < len(in); i += size {
			mlt.analyse(c, in[i-size:i], in[i:i+size])
			mlt.synthesize(out[i:i+size], c, overlap)
		}
		if db := likeness(in[size:4*size], out[2*size:5*size]); db < 110 {
			t.Errorf("size %d: back with %.0f dB", size, db)
		}
	}
}

func cosineByDefinition(x []float32) []float32 {
	out, n := make([]float32, len(x)), float64(len(x))
	for k := range out {
		var sum float64
		for i, s := range x {
			sum += float64(s) * math.Cos(math.Pi/n*(float64(i)+0.5)*(float64(k)+0.5))
		}
		out[k] = float32(sum * math.Sqrt(2/n))
	}
	return out
}

// All powers that a frame can have give categories that exist: whatever the
// number of bits, with any of the steps taken.
func TestCategories(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range modes {
		m, _ := modeOf(c.rate, c.bitrate)
		for range 2000 {
			var p powers
			spread := 1 + rng.IntN(most-least)
			for r := range m.regions {
				p[r] = min(least+rng.IntN(spread+1)+rng.IntN(40)/39*30, most)
			}
			var s categories
			s.share(&m, &p, 8*m.bytes-5-m.controlBits-rng.IntN(m.regions*16))
			for step := range m.controls() - 1 {
				s.coarsen(step)
			}
			for r, k := range s.of[:m.regions] {
				if k < 0 || k > noise {
					t.Fatalf("%v: region %d is of category %d", c, r, k)
				}
			}
		}
	}
}

// Powers survive being written, within what can be written.
func TestEnvelope(t *testing.T) {
	m, _ := modeOf(32000, 0)
	rng := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		coef := make([]float32, maxSize)
		for i := range coef {
			coef[i] = float32(math.Pow(2, 16*rng.Float64()-4))
		}
		var p, q powers
		p.measure(&m, coef)
		w := writer{data: make([]byte, maxBytes)}
		p.write(&m, &w)
		if !q.read(&m, &reader{data: w.data}) || p != q {
			t.Fatalf("%v became %v", p, q)
		}
	}
	var p powers
	p.measure(&m, make([]float32, maxSize))
	if p[0] != leastFirst || p[27] != least {
		t.Errorf("silence is %v", p)
	}
}

func TestBits(t *testing.T) {
	w := writer{data: make([]byte, 3)}
	w.bits(0b101, 3)
	w.bits(0x1ff, 9)
	w.bits(0, 4)
	w.finish()
	w.bits(0, 9) // does not fit
	if w.data[0] != 0xbf || w.data[1] != 0xf0 || w.data[2] != 0xff {
		t.Errorf("%x", w.data)
	}
	r := reader{data: w.data}
	if r.bits(3) != 0b101 || r.bits(9) != 0x1ff || r.left() != 12 || r.bits(13) != 0x1fe || r.left() != -1 {
		t.Error("bits come back otherwise")
	}
}
