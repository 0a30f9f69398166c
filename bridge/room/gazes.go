package room

import (
	"math"

	"github.com/roombridge/roombridge/bridge/relay"
)

// gazes knows which tracks participants are shown as they are, and how much of
// them they take.
type gazes map[*relay.Track]gaze

// gaze is what the two viewers of a track take that take most, bit/s.
type gaze struct {
	first, second int
	who           *viewer // the first
}

// take looks at everyone once.
func (g gazes) take(people []*participant) {
	clear(g)
	for _, p := range people {
		if p.seat != nil && p.seat.viewer != nil {
			g.add(p.seat.viewer)
		}
		if p.visitor != nil {
			for _, s := range p.visitor.slots {
				g.add(s.viewer)
			}
		}
	}
}

func (g gazes) add(v *viewer) {
	if v.track == nil {
		return
	}
	takes := v.limits.Bitrate
	if takes == 0 {
		takes = math.MaxInt
	}
	z := g[v.track]
	switch {
	case z.who == nil || takes > z.first:
		z = gaze{takes, z.first, v}
	case takes > z.second:
		z.second = takes
	}
	g[v.track] = z
}

// at tells whether anybody is shown a track.
func (g gazes) at(t *relay.Track) bool { return g[t].who != nil }

// closer tells whether somebody else than a viewer is shown a track who takes
// clearly more bits of it than a limit, of which 0 is none.
func (g gazes) closer(t *relay.Track, but *viewer, limit int) bool {
	z := g[t]
	takes := z.first
	if z.who == but {
		takes = z.second
	}
	return limit > 0 && takes > limit/4*5
}
