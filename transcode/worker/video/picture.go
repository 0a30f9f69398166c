package video

import (
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/transcode/codec"
)

// shot is a picture on its way to encoders. Who has one holds the picture.
type shot struct {
	picture *codec.Picture
	id      uint64 // of all pictures of the engine
	pts     int64  // 90 kHz
	at      time.Duration
	single  bool // at is when its frame's last packet came
}

func (s shot) retain() shot {
	s.picture.Retain()
	return s
}

// drop gives the picture up, if there is one.
func (s *shot) drop() {
	if s.picture != nil {
		s.picture.Release()
	}
	*s = shot{}
}

// newest holds the last good picture of an input.
type newest struct {
	mu   sync.Mutex
	shot shot
}

// set takes a picture over.
func (n *newest) set(s shot) {
	n.mu.Lock()
	old := n.shot
	n.shot = s
	n.mu.Unlock()
	old.drop()
}

// get gives the picture, held for the caller, or one that is nil.
func (n *newest) get() shot {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shot.picture == nil {
		return shot{}
	}
	return n.shot.retain()
}

// meter has the mean of times since it was read.
type meter struct {
	n   int
	sum time.Duration
}

func (m *meter) add(d time.Duration) { m.n++; m.sum += d }

// read gives the mean in µs and begins anew.
func (m *meter) read() float64 {
	n, sum := m.n, m.sum
	*m = meter{}
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n) / 1e3
}

// delays keeps times since they were read.
type delays struct{ list []time.Duration }

const mostDelays = 256

func (d *delays) add(v time.Duration) {
	if len(d.list) < mostDelays {
		d.list = append(d.list, v)
	}
}

// read gives the median and the most in ms, and begins anew.
func (d *delays) read() (p50, most float64) {
	if len(d.list) == 0 {
		return 0, 0
	}
	slices.Sort(d.list)
	p50, most = ms(d.list[len(d.list)/2]), ms(d.list[len(d.list)-1])
	d.list = d.list[:0]
	return p50, most
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
