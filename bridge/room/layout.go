package room

import (
	"github.com/roombridge/roombridge/bridge"
)

// keypad reads the keys of a terminal: a star and then a digit chooses the
// layout, 1 to 5 in the order of bridge.Layouts, 0 the room's. A star and 6 opens
// the microphone of who was silenced, and closes it otherwise.
type keypad struct {
	starred int64 // when the star was pressed; 0: it was not, or is used up
}

// starFor is how long after the star its digit has to come.
const starFor = 4e9 // ns

// press takes a key and gives the layout chosen with it, if it chose one.
func (k *keypad) press(d rune, now int64) (l bridge.Layout, chosen bool) {
	if d == '*' {
		k.starred = now
		return "", false
	}
	starred := k.starred
	k.starred = 0
	if starred == 0 || now-starred > starFor {
		return "", false
	}
	switch n := int(d - '0'); {
	case n == 0:
		return "", true
	case n >= 1 && n <= len(bridge.Layouts):
		return bridge.Layouts[n-1], true
	}
	return "", false
}

// voices tells whether a key opens or closes the microphone.
func (k *keypad) voices(d rune, now int64) bool {
	starred := k.starred
	if d != '6' || starred == 0 || now-starred > starFor {
		return false
	}
	k.starred = 0
	return true
}

// Digit implements bridge.Seat.
func (s *seat) Digit(d rune) {
	s.room.mu.Lock()
	now := s.room.now()
	if s.keys.voices(d, now) {
		s.hush(!s.silenced)
		s.room.wake()
	}
	l, chosen := s.keys.press(d, now)
	s.room.mu.Unlock()
	if chosen {
		s.SetLayout(l)
	}
}

// SetLayout implements bridge.Arranger.
func (s *seat) SetLayout(l bridge.Layout) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.layout != l {
		s.layout = l
		s.room.log.Info("layout", "call", s.callID, "layout", s.wish())
		s.room.wake()
	}
}

// SetRoomLayout implements bridge.RoomArranger.
func (e *Engine) SetRoomLayout(name string, l bridge.Layout) bool {
	return e.lead(name, func(r *room) bool {
		r.setLayout(l)
		return true
	})
}

func (r *room) setLayout(l bridge.Layout) {
	if l == "" {
		l = bridge.LayoutAuto
	}
	if r.layout != l {
		r.layout = l
		r.log.Info("layout", "layout", l)
		r.wake()
	}
}

var (
	_ bridge.Arranger     = (*seat)(nil)
	_ bridge.RoomArranger = (*Engine)(nil)
)
