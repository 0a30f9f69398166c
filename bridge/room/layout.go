package room

import (
	"github.com/roombridge/roombridge/bridge"
)

// keypad reads the keys of a terminal: a star and then a digit chooses the
// layout, 1 to 5 in the order of bridge.Layouts, 0 the room's.
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

// Digit implements bridge.Seat.
func (s *seat) Digit(d rune) {
	s.room.mu.Lock()
	l, chosen := s.keys.press(d, s.room.now())
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
	e.mu.Lock()
	en := e.rooms[name]
	e.mu.Unlock()
	if en == nil {
		return false
	}
	r := en.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if l == "" {
		l = bridge.LayoutAuto
	}
	if r.layout != l {
		r.layout = l
		r.log.Info("layout", "layout", l)
		r.wake()
	}
	return true
}

var (
	_ bridge.Arranger     = (*seat)(nil)
	_ bridge.RoomArranger = (*Engine)(nil)
)
