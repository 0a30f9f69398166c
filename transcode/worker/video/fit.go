package video

import "github.com/roombridge/roombridge/transcode/codec"

// Rect is a place in a picture, in luma samples. All numbers are even.
type Rect struct{ X, Y, W, H int }

// aspectOf gives the width of a sample over its height where nobody tells: 12:11 in
// CIF and its relatives (ITU-T H.263 table 5), whatever codec a terminal sends them with, else 1.
func aspectOf(width, height int) float64 {
	switch [2]int{width, height} {
	case [2]int{128, 96}, [2]int{176, 144}, [2]int{352, 288}, [2]int{704, 576}, [2]int{1408, 1152}:
		return 12.0 / 11
	}
	return 1
}

// sameShape is how much two shapes may differ and still count as one.
const sameShape = 0.02

// fit gives the place in a picture of width and height in which p is shown
// whole in its shape. Beside it the picture is black.
func fit(p *codec.Picture, width, height int, aspect float64) Rect {
	own := float64(p.SampleAspect)
	if own == 0 {
		own = aspectOf(p.Width, p.Height)
	}
	shape := own * float64(p.Width) / float64(p.Height) // on the screen
	room := aspect * float64(width) / float64(height)
	switch {
	case shape > room*(1+sameShape):
		h := max(even(float64(height)*room/shape), 2)
		return Rect{0, (height - h) / 4 * 2, width, h}
	case shape < room*(1-sameShape):
		w := max(even(float64(width)*shape/room), 2)
		return Rect{(width - w) / 4 * 2, 0, w, height}
	}
	return Rect{0, 0, width, height}
}

func even(v float64) int { return int(v/2+0.5) * 2 }

// blacken paints a picture black (ITU-R BT.601).
func blacken(p *codec.Picture) {
	for i := range p.Y {
		p.Y[i] = 16
	}
	for i := range p.U {
		p.U[i] = 128
	}
	for i := range p.V {
		p.V[i] = 128
	}
}
