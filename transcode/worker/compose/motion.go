package compose

import (
	"time"

	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/layout"
)

// motionTime is how long tiles take to their new places.
const motionTime = 220 * time.Millisecond

// motion brings tiles from the places of one arrangement to those of the next. Who stays
// glides, who comes appears, who goes fades.
type motion struct {
	from  *codec.Picture // what was seen last, held; nil when nothing moves
	start time.Duration
	moves []move
	gone  []layout.Rect // in from
}

// move is of one tile. One that comes has no place to come from.
type move struct {
	*tile
	from, to layout.Rect
	comes    bool
}

// glides tells whether the tile moves. Then its edge and its labels are drawn where it is seen,
// in their own size, and not with its picture.
func (v move) glides() bool { return !v.comes && v.from != v.to }

func (m *motion) stop() {
	if m.from != nil {
		m.from.Release()
		m.from = nil
	}
	for _, v := range m.moves {
		if v.bare {
			v.bare, v.version = false, v.c.version()
		}
	}
	m.moves, m.gone = m.moves[:0], m.gone[:0]
}

// goesOn tells whether something moves still, and ends what is over.
func (m *motion) goesOn(now time.Duration) bool {
	if m.from != nil && now-m.start >= motionTime {
		m.stop()
	}
	return m.from != nil
}

// progress is how far tiles have come, of 256: fast first, then gently.
func (m *motion) progress(now time.Duration) int {
	left := 1 - min(max(float64(now-m.start)/float64(motionTime), 0), 1)
	return int(256 * (1 - left*left*left))
}

// at is the place of a tile at a time.
func (v move) at(progress int) layout.Rect {
	if v.comes {
		return v.to
	}
	between := func(a, b int) int { return (a + (b-a)*progress/256) &^ 1 }
	return layout.Rect{X: between(v.from.X, v.to.X), Y: between(v.from.Y, v.to.Y), W: between(v.from.W, v.to.W), H: between(v.from.H, v.to.H)}
}

// draw makes a picture of a time in between. to has the tiles at their new places.
func (m *motion) draw(dst, to *codec.Picture, ground colour, now time.Duration) {
	k := m.progress(now)
	fill(dst, layout.Rect{W: dst.Width, H: dst.Height}, ground)
	for _, r := range m.gone {
		copyRect(dst, m.from, r)
		if !m.covered(r) {
			tint(dst, r.X, r.Y, r.W, r.H, ground, k)
		}
	}
	for pass := range 3 { // those that move are above those that stay, and who comes is above all
		for _, v := range m.moves {
			switch {
			case pass == 0 && !v.comes && !v.glides():
				copyRect(dst, to, v.to)
			case pass == 1 && v.glides():
				stretch(dst, v.at(k), to, v.to)
				v.decorate(dst, v.at(k))
			case pass == 2 && v.comes:
				mix(dst, to, v.to, k)
			}
		}
	}
}

// covered tells whether somebody comes to where somebody was.
func (m *motion) covered(r layout.Rect) bool {
	for _, v := range m.moves {
		if v.comes && v.to.X <= r.X && v.to.Y <= r.Y && v.to.X+v.to.W >= r.X+r.W && v.to.Y+v.to.H >= r.Y+r.H {
			return true
		}
	}
	return false
}

// mix blends a place of one picture into the same one of another, of which it gets share parts of 256.
func mix(dst, src *codec.Picture, r layout.Rect, share int) {
	mixPlane(dst.Y[r.Y*dst.StrideY+r.X:], dst.StrideY, src.Y[r.Y*src.StrideY+r.X:], src.StrideY, r.W, r.H, share)
	d, s := r.Y/2*dst.StrideC+r.X/2, r.Y/2*src.StrideC+r.X/2
	mixPlane(dst.U[d:], dst.StrideC, src.U[s:], src.StrideC, r.W/2, r.H/2, share)
	mixPlane(dst.V[d:], dst.StrideC, src.V[s:], src.StrideC, r.W/2, r.H/2, share)
}

func mixPlane(dst []byte, ds int, src []byte, ss, w, h, share int) {
	for y := range h {
		d, s := dst[y*ds:y*ds+w], src[y*ss:y*ss+w]
		for x, v := range s {
			d[x] = byte((int(d[x])*(256-share) + int(v)*share) >> 8)
		}
	}
}
