package compose

import (
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// banner is a text that stands above everything for a moment.
type banner struct {
	text    string
	overlay *overlay // nil: nothing is drawn
}

// set takes the text of a scene.
func (b *banner) set(l *look, p *screen.Painter, s *transcode.Scene) {
	text := s.Banner
	if s.Layout == transcode.Single {
		text = ""
	}
	if text == b.text {
		return
	}
	b.text, b.overlay = text, nil
	size, room := l.letters(l.height)*1.25, l.width-4*l.inset
	name := p.Face(screen.Bold, size).Shorten(screen.Clean(text, maxName), room-2*l.pad(size, room)-1)
	if name == "" {
		return
	}
	if box := l.newPlate(p, screen.Bold, size, false, name, room); box != nil {
		box.face.Draw(box, box.offset, box.base, name, nameInk)
		b.overlay = l.overlay(box.RGBA)
	}
}

// lay draws it in the middle above.
func (b *banner) lay(dst *codec.Picture, l *look) {
	o := b.overlay
	if o == nil {
		return
	}
	if y := 3 * l.inset; y+o.h <= l.height {
		o.lay(dst, (l.width-o.w)/2&^1, y&^1)
	}
}
