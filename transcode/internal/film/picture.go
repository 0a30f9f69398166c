// Package film makes moving test pictures with a number in them, sends them as
// packets and looks at what comes back. It is for tests and benchmarks.
package film

import (
	"math"

	"github.com/roombridge/roombridge/transcode/codec"
)

// cells is how many bits of a picture's number are drawn.
const cells = 12

// wave is one turn of a sine.
var wave = func() (w [256]int) {
	for i := range w {
		w[i] = int(50 * math.Sin(2*math.Pi*float64(i)/256))
	}
	return w
}()

// Draw makes picture n of a film: waves that drift, a square that runs, and
// the number as light and dark cells along the bottom.
func Draw(p *codec.Picture, n int) {
	for y := range p.Height {
		row := p.Y[y*p.StrideY : y*p.StrideY+p.Width]
		up := wave[(y*512/p.Height+n)&255]
		for x := range row {
			row[x] = byte(126 + wave[(x*512/p.Width+2*n)&255] + up)
		}
	}
	side := p.Height / 4
	left, top := n*p.Width/90%(p.Width-side), p.Height/8+wave[n*3&255]*p.Height/800+p.Height/16
	for y := top; y < top+side; y++ {
		for x := left; x < left+side; x++ {
			p.Y[y*p.StrideY+x] = byte(60 + (x-left)*130/side)
		}
	}
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	for y := range ch {
		for x := range cw {
			p.U[y*p.StrideC+x] = byte(90 + 70*x/cw)
			p.V[y*p.StrideC+x] = byte(90 + 70*y/ch)
		}
	}
	number(p, n)
}

func number(p *codec.Picture, n int) {
	for y := p.Height * 7 / 8; y < p.Height; y++ {
		row := p.Y[y*p.StrideY : y*p.StrideY+p.Width]
		for x := range row {
			row[x] = 40
			if n>>(x*cells/p.Width)&1 != 0 {
				row[x] = 210
			}
		}
	}
}

// Number reads the number out of a picture.
func Number(p *codec.Picture) (n int) {
	row := p.Y[p.Height*15/16*p.StrideY:]
	for i := range cells {
		if row[(2*i+1)*p.Width/(2*cells)] > 125 {
			n |= 1 << i
		}
	}
	return n
}

// PSNR compares the luma of two pictures of one size, dB.
func PSNR(a, b *codec.Picture) float64 {
	if a.Width != b.Width || a.Height != b.Height {
		return 0
	}
	sum := 0
	for y := range a.Height {
		l, r := a.Y[y*a.StrideY:][:a.Width], b.Y[y*b.StrideY:][:a.Width]
		for x := range l {
			d := int(l[x]) - int(r[x])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(a.Width*a.Height)/float64(sum))
}
