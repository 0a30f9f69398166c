package compose

import (
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// nearest is a scaler for tests: it takes the nearest sample, and counts.
type nearest struct{ calls int }

func (n *nearest) Scale(dst *codec.Picture, to scale.Rect, src *codec.Picture, from scale.Rect) error {
	n.calls++
	sample := func(d []byte, ds int, s []byte, ss, by int) {
		for y := range to.H / by {
			for x := range to.W / by {
				d[(to.Y/by+y)*ds+to.X/by+x] = s[(from.Y+y*by*from.H/to.H)/by*ss+(from.X+x*by*from.W/to.W)/by]
			}
		}
	}
	sample(dst.Y, dst.StrideY, src.Y, src.StrideY, 1)
	sample(dst.U, dst.StrideC, src.U, src.StrideC, 2)
	sample(dst.V, dst.StrideC, src.V, src.StrideC, 2)
	return nil
}

func painter(t testing.TB) *screen.Painter {
	t.Helper()
	p, err := screen.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func compositor(t testing.TB, w, h int) (*Compositor, *nearest) {
	t.Helper()
	n := &nearest{}
	c, err := New(Options{Width: w, Height: h, Painter: painter(t), Scaler: n})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, n
}

// plain makes a picture of one colour.
func plain(w, h int, y, u, v byte) *codec.Picture {
	p := codec.Allocate(w, h)
	for i := range p.Y {
		p.Y[i] = y
	}
	for i := range p.U {
		p.U[i], p.V[i] = u, v
	}
	return p
}

// streams are sources of pictures.
type streams map[transcode.StreamID]*codec.Picture

func (s streams) source(id transcode.StreamID) *codec.Picture {
	if p := s[id]; p != nil {
		return p.Retain()
	}
	return nil
}

// rgb converts a picture to look at it.
func rgb(p *codec.Picture) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	kr, kb := 0.299, 0.114
	if p.Height >= 720 {
		kr, kb = 0.2126, 0.0722
	}
	clip := func(x float64) uint8 { return uint8(math.Round(min(max(x, 0), 255))) }
	for y := range p.Height {
		for x := range p.Width {
			l := (float64(p.Y[y*p.StrideY+x]) - 16) * 255 / 219
			at := y/2*p.StrideC + x/2
			b := l + (float64(p.U[at])-128)*255/112*(1-kb)
			r := l + (float64(p.V[at])-128)*255/112*(1-kr)
			g := (l - kr*r - kb*b) / (1 - kr - kb)
			img.SetRGBA(x, y, color.RGBA{clip(r), clip(g), clip(b), 255})
		}
	}
	return img
}

// keep writes a picture to COMPOSE_DIR, to look at.
func keep(t *testing.T, p *codec.Picture, name string) {
	t.Helper()
	dir := os.Getenv("COMPOSE_DIR")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, rgb(p)); err != nil {
		t.Fatal(err)
	}
}
