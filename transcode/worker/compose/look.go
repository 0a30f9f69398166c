package compose

import (
	"image/color"

	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// Colours, those of the meeting page's dark theme.
var (
	ground     = color.NRGBA{0x0d, 0x14, 0x1a, 0xff}
	tileTop    = color.NRGBA{0x2a, 0x3a, 0x47, 0xff}
	tileBottom = color.NRGBA{0x1a, 0x26, 0x30, 0xff}
	plateInk   = color.NRGBA{0x09, 0x0f, 0x14, 0xbd}
	nameInk    = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	moreInk    = color.NRGBA{0xc3, 0xd0, 0xda, 0xff}
	slidesInk  = color.NRGBA{0x75, 0x89, 0x9a, 0xff}
	mutedInk   = color.NRGBA{0xff, 0x9d, 0x95, 0xff}
	glowInk    = color.NRGBA{0x2f, 0xd0, 0xb8, 0xff}
)

// hues are the colours of people without a picture.
var hues = [...]color.NRGBA{
	{0x2f, 0x6f, 0x9f, 0xff}, {0x7a, 0x4f, 0xa3, 0xff}, {0xa3, 0x4a, 0x6a, 0xff}, {0x9a, 0x5a, 0x2c, 0xff},
	{0x4b, 0x7a, 0x35, 0xff}, {0x1f, 0x7a, 0x70, 0xff}, {0x46, 0x59, 0xad, 0xff}, {0x8a, 0x5a, 0x86, 0xff},
	{0xa0, 0x50, 0x3f, 0xff}, {0x5f, 0x6f, 0x2e, 0xff}, {0x2c, 0x73, 0x91, 0xff}, {0x6d, 0x5a, 0x9e, 0xff},
}

// hue gives a person's colour, the same as the meeting page.
func hue(owner, name string) color.NRGBA {
	if owner == "" {
		owner = name
	}
	h := uint32(0)
	for _, r := range owner {
		h = h*31 + uint32(r)
	}
	return hues[h%uint32(len(hues))]
}

// colour is one of a picture.
type colour struct{ y, u, v byte }

// look is how things are drawn on one size of canvas. Lengths are in samples.
type look struct {
	screen.Matrix
	width, height int
	aspect        float64 // of a sample
	unit          float64 // of lengths: what a picture of 720 lines has 720 of
	radius        int     // of a tile's corners
	glow          int     // thickness of the line around who speaks
	inset         int     // from a tile's edge to what stands on it
	ground, bars  colour
	glowInk       colour
	corners       [glowLevels + 1]*[4]overlay // made when first needed
}

func newLook(o Options) *look {
	l := &look{Matrix: screen.MatrixFor(o.Height), width: o.Width, height: o.Height, aspect: o.SampleAspect}
	l.unit = min(float64(o.Height), float64(o.Width)*o.SampleAspect*9/16) / 720
	l.radius = even(max(12*l.unit, 4))
	l.glow = even(max(4*l.unit, 2))
	l.inset = even(max(9*l.unit, 2))
	l.ground, l.bars, l.glowInk = l.colour(ground), l.colour(tileBottom), l.colour(glowInk)
	return l
}

func even(x float64) int { return int(x+0.5) &^ 1 }

func (l *look) colour(k color.NRGBA) colour {
	y, u, v := l.YCbCr(int(k.R), int(k.G), int(k.B))
	return colour{y, u, v}
}

// full is the place of a tile that fills the canvas.
func (l *look) full() layout.Rect { return layout.Rect{W: l.width, H: l.height} }
