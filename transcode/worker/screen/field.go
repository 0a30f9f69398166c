package screen

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// field is where the entry stands: a box for each place, or one for all where it is not
// known how many there will be.
func (p *Painter) field(m measures, n Notice) item {
	height := int(1.55 * m.digit)
	face := p.Face(Bold, m.digit)
	letters := []rune(n.Entry)
	places := max(n.Places, len(letters))
	cell, gap := 1.15*m.digit, 0.24*m.digit
	if most := float64(m.room) / float64(max(places, 1)); cell+gap > most {
		cell, gap = 0.83*most, 0.17*most
	}
	apart := n.Places > 0 && places <= maxPlaces && cell >= 0.8*m.digit
	return item{above: m.gap * 5 / 4, height: height, draw: func(img *image.RGBA, x, y int) {
		b := box{float64(x), float64(y), float64(x) + cell, float64(y + height)}
		if !apart {
			b.x1 = b.x0 + min(float64(m.room), 9*m.digit)
			p.together(img, b, m, face, letters)
			return
		}
		for i := range places {
			frame(img, b, m, i == min(len(letters), places-1))
			if i < len(letters) {
				symbol(img, (b.x0+b.x1)/2, b, m, face, letters[i])
			}
			b.x0, b.x1 = b.x0+cell+gap, b.x1+cell+gap
		}
	}}
}

// together draws one box with all that was typed, of which the end is shown, and a mark
// where the next letter comes.
func (p *Painter) together(img *image.RGBA, b box, m measures, face *Face, letters []rune) {
	frame(img, b, m, true)
	step := 0.78 * m.digit
	pad := 0.55 * m.digit
	most := max(int((b.x1-b.x0-2*pad)/step), 1)
	if len(letters) > most {
		letters = append([]rune{'…'}, letters[len(letters)-most+1:]...)
	}
	at := b.x0 + pad
	for _, r := range letters {
		symbol(img, at+step/2, b, m, face, r)
		at += step
	}
	if len(letters) < most {
		bar := max(0.045*m.digit, 1)
		middle := (b.y0 + b.y1) / 2
		rounded(img, box{at + bar, middle - 0.45*m.digit, at + 3*bar, middle + 0.45*m.digit}, bar, accentInk, 1)
	}
}

// frame is a box of the field; the active one is where the next letter goes.
func frame(img *image.RGBA, b box, m measures, active bool) {
	radius := 0.2 * m.digit
	rounded(img, b, radius, fieldInk, 0.07)
	if active {
		outline(img, b, radius, max(0.06*m.digit, 1.5), accentInk, 1)
	} else {
		outline(img, b, radius, max(0.04*m.digit, 1), lineInk, 0.5)
	}
}

// bullets are letters that stand for one that nobody shall see.
var bullets = []rune{'•', '●', '∙', '·'}

// symbol draws a letter, or a dot, in the middle of a box's height.
func symbol(img *image.RGBA, cx float64, b box, m measures, face *Face, r rune) {
	middle := (b.y0 + b.y1) / 2
	if slices.Contains(bullets, r) {
		radius := max(0.2*m.digit, 2)
		rounded(img, around(cx, middle, radius, radius), radius, titleInk, 1)
		return
	}
	s := string(r)
	face.Draw(img, int(cx-float64(face.Measure(s))/2+0.5), int(middle+0.36*m.digit+0.5), s, titleInk)
}

// box is a rectangle between two corners, in samples.
type box struct{ x0, y0, x1, y1 float64 }

func around(cx, cy, rx, ry float64) box { return box{cx - rx, cy - ry, cx + rx, cy + ry} }

// distance is how far a point is outside a box with round corners, below 0 inside.
func (b box) distance(x, y, radius float64) float64 {
	dx := max(b.x0+radius-x, x-b.x1+radius)
	dy := max(b.y0+radius-y, y-b.y1+radius)
	if dx <= 0 || dy <= 0 {
		return max(dx, dy) - radius
	}
	return math.Hypot(dx, dy) - radius
}

// rounded fills a box with round corners and smooth edges.
func rounded(img *image.RGBA, b box, radius float64, ink color.RGBA, share float64) {
	radius = min(radius, (b.x1-b.x0)/2, (b.y1-b.y0)/2)
	paint(img, b, 1, ink, func(x, y float64) float64 { return share * cover(-b.distance(x, y, radius)) })
}

// outline draws the edge of such a box, so thick, within it.
func outline(img *image.RGBA, b box, radius, thick float64, ink color.RGBA, share float64) {
	paint(img, b, 1, ink, func(x, y float64) float64 {
		d := -b.distance(x, y, radius)
		return share * min(cover(d), cover(thick-d))
	})
}

// cover is how much of a sample is covered whose middle is so far inside an edge.
func cover(inside float64) float64 { return min(max(inside+0.5, 0), 1) }

// paint lays ink over the samples of a box and those so near to it.
func paint(img *image.RGBA, b box, near int, ink color.RGBA, share func(x, y float64) float64) {
	r := image.Rect(int(b.x0)-near, int(b.y0)-near, int(b.x1)+near+1, int(b.y1)+near+1).Intersect(img.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			a := share(float64(x)+0.5, float64(y)+0.5)
			if a <= 0 {
				continue
			}
			p := img.Pix[img.PixOffset(x, y):]
			p[0], p[1], p[2] = blend(p[0], ink.R, a), blend(p[1], ink.G, a), blend(p[2], ink.B, a)
		}
	}
}

func blend(under, over uint8, share float64) uint8 {
	return uint8(float64(under) + (float64(over)-float64(under))*share + 0.5)
}
