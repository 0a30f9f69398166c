package compose

import (
	"image"
	"time"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// The line around who speaks comes and goes in so many levels.
const (
	glowLevels = 5
	glowStep   = 30 * time.Millisecond
)

// glow is how far the line around a tile has come.
type glow struct {
	on    bool
	level int // of glowLevels
	since time.Duration
}

// step moves the glow to where it should be at a time, and tells whether it changed.
func (g *glow) step(now time.Duration) bool {
	goal := 0
	if g.on {
		goal = glowLevels
	}
	if g.level == goal {
		g.since = now
		return false
	}
	n := int((now - g.since) / glowStep)
	if n <= 0 {
		return false
	}
	g.since = now
	if g.level < goal {
		g.level = min(g.level+n, goal)
	} else {
		g.level = max(g.level-n, goal)
	}
	return true
}

// edge rounds a tile's corners and draws the line around it. Slides keep their corners.
func (l *look) edge(dst *codec.Picture, r layout.Rect, level int, square bool) {
	if square && level == 0 {
		return
	}
	k := min(l.radius, even(float64(min(r.W, r.H)/2)-1))
	if k < l.radius {
		return
	}
	if level > 0 {
		share := 256 * level / glowLevels
		tint(dst, r.X+k, r.Y, r.W-2*k, l.glow, l.glowInk, share)
		tint(dst, r.X+k, r.Y+r.H-l.glow, r.W-2*k, l.glow, l.glowInk, share)
		tint(dst, r.X, r.Y+k, l.glow, r.H-2*k, l.glowInk, share)
		tint(dst, r.X+r.W-l.glow, r.Y+k, l.glow, r.H-2*k, l.glowInk, share)
	}
	c := l.cornersAt(level)
	c[0].lay(dst, r.X, r.Y)
	c[1].lay(dst, r.X+r.W-k, r.Y)
	c[2].lay(dst, r.X, r.Y+r.H-k)
	c[3].lay(dst, r.X+r.W-k, r.Y+r.H-k)
}

// cornersAt gives the corners, with the ground outside and a part of the line inside.
func (l *look) cornersAt(level int) *[4]overlay {
	if l.corners[level] == nil {
		l.corners[level] = l.drawCorners(level)
	}
	return l.corners[level]
}

func (l *look) drawCorners(level int) *[4]overlay {
	k := l.radius
	all := image.NewRGBA(image.Rect(0, 0, 2*k, 2*k))
	side, line := float64(2*k), float64(l.glow)
	pen := newPen(all, l.aspect)
	pen.box(0, 0, side, side, float64(k))
	inside := pen.mask(all.Rect)
	pen.box(line, line, side-2*line, side-2*line, float64(k)-line)
	core := pen.mask(all.Rect)
	for i := range inside.Pix {
		out := 255 - int(inside.Pix[i])
		ring := (int(inside.Pix[i]) - int(core.Pix[i])) * level / glowLevels
		p := all.Pix[4*i:]
		for j, k := range [3][2]uint8{{ground.R, glowInk.R}, {ground.G, glowInk.G}, {ground.B, glowInk.B}} {
			p[j] = byte((out*int(k[0]) + ring*int(k[1])) / 255)
		}
		p[3] = byte(out + ring)
	}
	var four [4]overlay
	for i := range four {
		part := image.NewRGBA(image.Rect(0, 0, k, k))
		for y := range k {
			from := all.PixOffset(i%2*k, i/2*k+y)
			copy(part.Pix[y*part.Stride:(y+1)*part.Stride], all.Pix[from:])
		}
		four[i] = *l.overlay(part)
	}
	return &four
}
