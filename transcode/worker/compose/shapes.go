package compose

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// pen draws filled shapes with smooth edges. Lengths are in samples, and samples are
// squeezed in width by aspect, so that circles look round on the screen.
type pen struct {
	*vector.Rasterizer
	aspect float64 // width of a sample over its height
}

func newPen(img image.Image, aspect float64) *pen {
	return &pen{vector.NewRasterizer(img.Bounds().Dx(), img.Bounds().Dy()), aspect}
}

// fill paints what was drawn since the last fill.
func (p *pen) fill(img *image.RGBA, ink color.Color) {
	p.Draw(img, img.Bounds(), image.NewUniform(ink), image.Point{})
	p.Reset(img.Bounds().Dx(), img.Bounds().Dy())
}

func (p *pen) polygon(n int, at func(i int) (x, y float64)) {
	for i := range n {
		x, y := at(i)
		if i == 0 {
			p.MoveTo(float32(x), float32(y))
		} else {
			p.LineTo(float32(x), float32(y))
		}
	}
	p.ClosePath()
}

const steps = 48 // corners of a polygon that stands for a circle

func (p *pen) circle(x, y, r float64) { p.ellipse(x, y, r/p.aspect, r) }

func (p *pen) ellipse(x, y, rx, ry float64) {
	p.polygon(steps, func(i int) (float64, float64) {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / steps)
		return x + rx*cos, y + ry*sin
	})
}

// box is a rectangle with round corners.
func (p *pen) box(x, y, w, h, r float64) {
	rx, ry := min(r/p.aspect, w/2), min(r, h/2)
	p.polygon(steps, func(i int) (float64, float64) {
		// Quarter by quarter, each with both of its ends.
		q, k := i/(steps/4), float64(i%(steps/4))/(steps/4-1)
		sin, cos := math.Sincos(math.Pi / 2 * (float64(q) + k))
		cx, cy := x+w-rx, y+h-ry
		if q == 1 || q == 2 {
			cx = x + rx
		}
		if q >= 2 {
			cy = y + ry
		}
		return cx + rx*cos, cy + ry*sin
	})
}

// line has round ends.
func (p *pen) line(x0, y0, x1, y1, width float64) {
	a := math.Atan2(y1-y0, (x1-x0)*p.aspect)
	r := width / 2
	p.polygon(steps, func(i int) (float64, float64) {
		x, y, k := x1, y1, i
		if i >= steps/2 {
			x, y, k = x0, y0, i-1
		}
		sin, cos := math.Sincos(a - math.Pi/2 + 2*math.Pi*float64(k)/(steps-2))
		return x + r*cos/p.aspect, y + r*sin
	})
}

// arc is a part of a ring, between two angles in turns; 0 is to the right, 0.25 below.
func (p *pen) arc(x, y, r, width, from, to float64) {
	p.polygon(steps, func(i int) (float64, float64) {
		k, d := float64(i)/(steps/2-1), r+width/2
		if i >= steps/2 {
			k, d = float64(steps-1-i)/(steps/2-1), r-width/2
		}
		sin, cos := math.Sincos(2 * math.Pi * (from + (to-from)*k))
		return x + d*cos/p.aspect, y + d*sin
	})
}

// microphone draws one with a stroke through it, in a square of a side.
func (p *pen) microphone(img *image.RGBA, x, y, side float64, ink color.Color) {
	layer := image.NewRGBA(img.Bounds())
	u := side / 24
	at := func(dx, dy float64) (float64, float64) { return x + dx*u/p.aspect, y + dy*u }
	mx, my := at(8.6, 2)
	p.box(mx, my, 6.8*u/p.aspect, 12.6*u, 3.4*u)
	cx, cy := at(12, 11.2)
	p.arc(cx, cy, 6.6*u, 2*u, 0, 0.5)
	x0, y0 := at(12, 17.6)
	x1, y1 := at(12, 21)
	p.line(x0, y0, x1, y1, 2*u)
	p.fill(layer, ink)
	x0, y0 = at(3.4, 3)
	x1, y1 = at(20.6, 20.6)
	p.line(x0, y0, x1, y1, 5*u)
	p.erase(layer)
	p.line(x0, y0, x1, y1, 2.2*u)
	p.fill(layer, ink)
	draw.Draw(img, img.Bounds(), layer, image.Point{}, draw.Over)
}

// erase takes away what was drawn where the shape is.
func (p *pen) erase(img *image.RGBA) {
	for i, a := range p.mask(img.Bounds()).Pix {
		for k := range 4 {
			img.Pix[4*i+k] = byte(int(img.Pix[4*i+k]) * (255 - int(a)) / 255)
		}
	}
}

// mask gives how much of each sample the shape covers.
func (p *pen) mask(r image.Rectangle) *image.Alpha {
	mask := image.NewAlpha(r)
	p.Draw(mask, r, image.Opaque, image.Point{})
	p.Reset(r.Dx(), r.Dy())
	return mask
}

// person draws head and shoulders, in a square of a side.
func (p *pen) person(x, y, side float64) {
	u := side / 24
	at := func(dx, dy float64) (float64, float64) { return x + dx*u/p.aspect, y + dy*u }
	cx, cy := at(12, 7.6)
	p.circle(cx, cy, 4.6*u)
	cx, cy = at(12, 21)
	p.polygon(steps, func(i int) (float64, float64) { // the upper half of an ellipse
		sin, cos := math.Sincos(math.Pi * float64(i) / (steps - 1))
		return cx + 8.4*u*cos/p.aspect, cy - 7*u*sin
	})
}

// display draws the outline of a screen on its foot, in a square of a side.
func (p *pen) display(img *image.RGBA, x, y, side float64, ink color.Color) {
	u := side / 24
	at := func(dx, dy float64) (float64, float64) { return x + dx*u/p.aspect, y + dy*u }
	layer := image.NewRGBA(img.Bounds())
	bx, by := at(1.5, 3.5)
	p.box(bx, by, 21*u/p.aspect, 14.5*u, 2.4*u)
	p.fill(layer, ink)
	bx, by = at(3.3, 5.3)
	p.box(bx, by, 17.4*u/p.aspect, 10.9*u, 0.9*u)
	p.erase(layer)
	for _, l := range [][4]float64{{12, 18, 12, 21}, {8, 21.4, 16, 21.4}} {
		x0, y0 := at(l[0], l[1])
		x1, y1 := at(l[2], l[3])
		p.line(x0, y0, x1, y1, 1.8*u)
		p.fill(layer, ink)
	}
	draw.Draw(img, img.Bounds(), layer, image.Point{}, draw.Over)
}
