// Package screen draws the still pictures that a terminal is shown: a room's
// name in large letters and lines of text below it.
package screen

import (
	"fmt"
	"os"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// fontFiles are tried in this order. Both have all Vietnamese letters.
var fontFiles = []string{
	"/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
	"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
}

// FontFiles gives the files that NewPainter may open.
func FontFiles() []string { return append([]string(nil), fontFiles...) }

const maxFont = 8 << 20

// Painter draws. It holds its font in memory and opens nothing after it was made.
type Painter struct {
	font *sfnt.Font
	name string
}

// NewPainter loads the first font found, and a built-in one when there is none.
func NewPainter() (*Painter, error) {
	for _, path := range fontFiles {
		if info, err := os.Stat(path); err != nil || info.Size() > maxFont {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if f, err := opentype.Parse(data); err == nil {
			return &Painter{font: f, name: path}, nil
		}
	}
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("screen: built-in font: %w", err)
	}
	return &Painter{font: f, name: "built in"}, nil
}

// Font says where the font came from.
func (p *Painter) Font() string { return p.name }

func (p *Painter) face(size float64) (font.Face, error) {
	return opentype.NewFace(p.font, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
}
