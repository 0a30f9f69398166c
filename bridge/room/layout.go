package room

import (
	"cmp"

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

// announce has the terminal's picture say which layout was chosen. A picture that
// is passed on, or has one person alone, says nothing.
func (s *seat) announce(l bridge.Layout) {
	s.banner = banner{layoutName(s.terminal.Language, l), s.room.now() + bannerFor}
	s.room.wake()
}

// banner is a text that is shown for a while.
type banner struct {
	text string
	till int64
}

const bannerFor = 2e9 // ns

// at gives the text, "" when its time is over.
func (b banner) at(now int64) string {
	if now >= b.till {
		return ""
	}
	return b.text
}

// layoutNames are what people call layouts, by language.
var layoutNames = map[string]map[bridge.Layout]string{
	"vi": {
		bridge.LayoutAuto: "Bố cục: tự động", bridge.LayoutSpeaker: "Bố cục: người nói", bridge.LayoutOnePlusN: "Bố cục: người nói và mọi người",
		bridge.LayoutGrid: "Bố cục: lưới", bridge.LayoutContent: "Bố cục: tài liệu",
	},
	"en": {
		bridge.LayoutAuto: "Layout: automatic", bridge.LayoutSpeaker: "Layout: speaker", bridge.LayoutOnePlusN: "Layout: speaker and others",
		bridge.LayoutGrid: "Layout: grid", bridge.LayoutContent: "Layout: slides",
	},
}

// layoutName gives a layout's name; in a language that there is none in, it is Vietnamese.
func layoutName(language string, l bridge.Layout) string {
	names, ok := layoutNames[language]
	if !ok {
		names = layoutNames["vi"]
	}
	return names[l]
}

// SetLayout implements bridge.Arranger.
func (s *seat) SetLayout(l bridge.Layout) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	s.announce(cmp.Or(l, s.room.layout))
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
	for _, p := range r.people {
		if p.seat != nil && p.seat.layout == "" {
			p.seat.announce(l)
		}
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
