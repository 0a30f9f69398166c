package e2e

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"testing"
)

// The moving test picture: grey, so that no colour matrix comes between sent
// and seen, smooth enough to be compared at any size, with the number of the
// picture as a row of blocks on top. It is a function of place and number, so that
// what arrives is compared with what was meant at the size at which it arrives.

const (
	patternBits   = 12 // of the number
	patternBlocks = patternBits + 4
	patternTop    = 1.0 / 10 // part of the height that the blocks fill
)

// patternLuma is the luma of picture n at a place, both coordinates 0 to 1.
func patternLuma(x, y float64, n int) float64 {
	if y < patternTop {
		return patternBlock(int(x*patternBlocks), n)
	}
	t := float64(n) / 30
	v := 120 + 50*math.Sin(2*math.Pi*(1.5*x+0.20*t)) + 35*math.Cos(2*math.Pi*(1.2*y-0.15*t+0.5*x))
	dx, dy := x-(0.5+0.3*math.Cos(t)), (y-(0.55+0.25*math.Sin(1.3*t)))*9/16
	if d := math.Sqrt(dx*dx + dy*dy); d < 0.12 { // a soft ball
		v += 60 * (1 - d/0.12)
	}
	return math.Min(235, math.Max(16, v))
}

// patternBlock is a block of the number: white, black, the bits from the
// highest on, and two blocks of check.
func patternBlock(i, n int) float64 {
	on := i == 0
	switch {
	case i >= 2 && i < 2+patternBits:
		on = n>>(patternBits+1-i)&1 == 1
	case i >= 2+patternBits:
		on = patternCheck(n)>>(patternBlocks-1-i)&1 == 1
	}
	if on {
		return 235
	}
	return 16
}

func patternCheck(n int) int {
	c := 0
	for ; n > 0; n >>= 2 {
		c += n & 3
	}
	return c & 3
}

// grey is a luma plane, or a part of one that shows the test picture.
type grey struct {
	w, h, stride int
	pix          []byte
}

func (g grey) at(x, y int) float64 { return float64(g.pix[y*g.stride+x]) }

// part cuts out a rectangle.
func (g grey) part(x, y, w, h int) grey {
	return grey{w, h, g.stride, g.pix[y*g.stride+x:]}
}

// fitted is the part that a picture of an aspect fills when it is shown whole
// in samples of an aspect of their own, with bars around it.
func (g grey) fitted(aspect, sample float64) grey {
	w, h := float64(g.w), float64(g.w)*sample/aspect
	if h > float64(g.h) {
		w, h = float64(g.h)*aspect/sample, float64(g.h)
	}
	iw, ih := int(math.Round(w/2))*2, int(math.Round(h/2))*2
	return g.part((g.w-iw)/4*2, (g.h-ih)/4*2, iw, ih)
}

// number reads the blocks.
func (g grey) number() (n int, ok bool) {
	y := int(float64(g.h) * patternTop / 2)
	block := func(i int) float64 { return g.at(int((float64(i)+0.5)*float64(g.w)/patternBlocks), y) }
	if block(0)-block(1) < 100 {
		return 0, false
	}
	middle := (block(0) + block(1)) / 2
	bits := 0
	for i := 2; i < patternBlocks; i++ {
		bits <<= 1
		if block(i) > middle {
			bits |= 1
		}
	}
	n = bits >> 2
	return n, bits&3 == patternCheck(n)
}

// psnr compares with picture n, dB over the luma below the blocks.
func (g grey) psnr(n int) float64 {
	var sum float64
	top := int(float64(g.h)*patternTop) + 2
	want := newPattern(g.w, g.h, n)
	for y := top; y < g.h-2; y++ {
		row := want.row(y)
		for x := 2; x < g.w-2; x++ {
			d := g.at(x, y) - row[x]
			sum += d * d
		}
	}
	mse := sum / float64((g.h-2-top)*(g.w-4))
	return 10 * math.Log10(255*255/math.Max(mse, 1e-9))
}

// pattern is picture n of a size, with what all its rows have in common.
type pattern struct {
	w, h, n  int
	t        float64
	wave     []float64 // of x alone
	cos, sin []float64 // of what x adds to the angle of the other wave
	line     []float64
}

func newPattern(w, h, n int) *pattern {
	p := &pattern{w: w, h: h, n: n, t: float64(n) / 30, wave: make([]float64, w), cos: make([]float64, w), sin: make([]float64, w), line: make([]float64, w)}
	for i := range w {
		x := (float64(i) + 0.5) / float64(w)
		p.wave[i] = 120 + 50*math.Sin(2*math.Pi*(1.5*x+0.20*p.t))
		p.sin[i], p.cos[i] = math.Sincos(2 * math.Pi * 0.5 * x)
	}
	return p
}

// row is patternLuma for a row, valid until the next one.
func (p *pattern) row(i int) []float64 {
	y := (float64(i) + 0.5) / float64(p.h)
	if y < patternTop {
		for x := range p.line {
			p.line[x] = patternLuma((float64(x)+0.5)/float64(p.w), y, p.n)
		}
		return p.line
	}
	sin, cos := math.Sincos(2 * math.Pi * (1.2*y - 0.15*p.t))
	middle := 0.5 + 0.3*math.Cos(p.t)
	dy := (y - (0.55 + 0.25*math.Sin(1.3*p.t))) * 9 / 16
	for x := range p.line {
		v := p.wave[x] + 35*(cos*p.cos[x]-sin*p.sin[x])
		dx := (float64(x)+0.5)/float64(p.w) - middle
		if d := dx*dx + dy*dy; d < 0.12*0.12 {
			v += 60 * (1 - math.Sqrt(d)/0.12)
		}
		p.line[x] = math.Min(235, math.Max(16, v))
	}
	return p.line
}

// drawPattern is picture n as a luma plane.
func drawPattern(w, h, n int) grey {
	g, p := grey{w, h, w, make([]byte, w*h)}, newPattern(w, h, n)
	for y := range h {
		to := g.pix[y*w:][:w]
		for x, v := range p.row(y) {
			to[x] = byte(v + 0.5)
		}
	}
	return g
}

// writePattern writes so many pictures as a Y4M file.
func writePattern(t *testing.T, path string, w, h, fps, pictures int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	b := bufio.NewWriterSize(f, 1<<20)
	chroma := make([]byte, w*h/2)
	for i := range chroma {
		chroma[i] = 128
	}
	fmt.Fprintf(b, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420jpeg\n", w, h, fps)
	for n := range pictures {
		fmt.Fprintln(b, "FRAME")
		_, _ = b.Write(drawPattern(w, h, n).pix)
		_, _ = b.Write(chroma)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// The test picture finds itself again at other sizes, and nothing else.
func TestPattern(t *testing.T) {
	for _, n := range []int{0, 1, 37, 1365, 2730, 4095} {
		g := drawPattern(176, 144, n)
		if got, ok := g.number(); !ok || got != n {
			t.Errorf("picture %d is read as %d, %v", n, got, ok)
		}
		for i, v := range newPattern(176, 144, n).row(90) {
			if want := patternLuma((float64(i)+0.5)/176, 90.5/144, n); math.Abs(v-want) > 1e-6 {
				t.Fatalf("picture %d is %f at %d, not %f", n, v, i, want)
			}
		}
		if db := g.psnr(n); db < 45 {
			t.Errorf("picture %d is %.1f dB from itself", n, db)
		}
		if db := g.psnr(n + 10); db > 30 {
			t.Errorf("picture %d is %.1f dB from another", n, db)
		}
	}
	if _, ok := (grey{64, 64, 64, make([]byte, 64*64)}).number(); ok {
		t.Error("black has a number")
	}
	if f := drawPattern(352, 288, 0).fitted(16.0/9, 12.0/11); f.w != 352 || f.h != 216 {
		t.Errorf("16:9 in CIF fills %dx%d", f.w, f.h)
	}
}
