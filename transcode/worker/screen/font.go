// Package screen draws text and still pictures: names beside people's
// pictures, and the pictures that a terminal is shown, a room's name in large
// letters and lines of text below it.
package screen

import (
	"fmt"
	"os"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Weight is how heavy letters are.
type Weight int

// Weights.
const (
	Regular Weight = iota
	Bold
	weights
)

// fontFiles are tried in this order, for each letter anew: what one font has
// not, the next may have. The first two have all Vietnamese letters.
var fontFiles = []family{
	{"/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf"},
	{"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"},
	{"/usr/share/fonts/truetype/noto/NotoSansLao-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSansLao-Bold.ttf"},
	{"/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf", "/usr/share/fonts/truetype/noto/NotoSansThai-Bold.ttf"},
}

// family is a font in its weights.
type family [weights]string

// FontFiles gives the files that NewPainter may open.
func FontFiles() []string {
	var files []string
	for _, f := range fontFiles {
		files = append(files, f[:]...)
	}
	return files
}

const maxFont = 8 << 20

// Painter draws. It holds its fonts in memory, opens nothing after it was made
// and may be used by several goroutines.
type Painter struct {
	fonts   [weights][]*sfnt.Font // the best first, at least one
	name    string
	grounds grounds
}

// NewPainter loads the fonts that are found, and one that is built in to have one at
// least. It has no Vietnamese letters.
func NewPainter() (*Painter, error) {
	p := &Painter{name: "built in"}
	for _, files := range fontFiles {
		for w, path := range files {
			f := load(path)
			if f == nil {
				continue
			}
			if len(p.fonts[Regular]) == 0 {
				p.name = path
			}
			p.fonts[w] = append(p.fonts[w], f)
		}
	}
	for w, data := range [weights][]byte{goregular.TTF, gobold.TTF} {
		f, err := opentype.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("screen: built-in font: %w", err)
		}
		p.fonts[w] = append(p.fonts[w], f)
	}
	return p, nil
}

// load gives nil for what is no usable font.
func load(path string) *sfnt.Font {
	if info, err := os.Stat(path); err != nil || info.Size() > maxFont {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	f, err := opentype.Parse(data)
	if err != nil {
		return nil
	}
	return f
}

// Font says where the first font came from.
func (p *Painter) Font() string { return p.name }
