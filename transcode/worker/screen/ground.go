package screen

import (
	"image"
	"sync"
)

// grounds keeps the backgrounds of a few sizes: drawing one takes longer than
// all that is written on it.
type grounds struct {
	mu   sync.Mutex
	made map[image.Point]*image.RGBA
}

const maxGrounds = 8

// ground fills with the background.
func (p *Painter) ground(img *image.RGBA) {
	g := &p.grounds
	size := img.Rect.Size()
	g.mu.Lock()
	defer g.mu.Unlock()
	made := g.made[size]
	if made == nil {
		made = image.NewRGBA(img.Rect)
		background(made)
		if g.made == nil || len(g.made) == maxGrounds {
			g.made = make(map[image.Point]*image.RGBA)
		}
		g.made[size] = made
	}
	copy(img.Pix, made.Pix)
}
