package room

import (
	"net/netip"
	"sync"
	"testing"

	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

// spy binds sockets of which it sees the DTLS alerts that are sent.
type spy struct {
	*wire.Loops
	mu     sync.Mutex
	alerts int
}

type spied struct {
	wire.Socket
	spy *spy
}

func (s *spy) ListenShared(at netip.AddrPort) ([]wire.Socket, error) {
	list, err := s.Loops.ListenShared(at)
	for i := range list {
		list[i] = spied{list[i], s}
	}
	return list, err
}

func (s spied) Write(to netip.AddrPort, data [][]byte) int {
	for _, d := range data {
		if d[0] == dtlsAlert {
			s.spy.mu.Lock()
			s.spy.alerts++
			s.spy.mu.Unlock()
		}
	}
	return s.Socket.Write(to, data)
}

func (s *spy) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.alerts
}

// pion's DTLS is let go of when the browser has the keys; the browser hears of
// it at the end, and media, ICE restarts and other offers go on until then.
func TestParting(t *testing.T) {
	loops, err := wire.NewLoops(1, nil)
	if err != nil {
		t.Fatal(err)
	}
	eye := &spy{Loops: loops}
	r := newRig(t, func(c *Config) { c.Binder = eye })
	t.Cleanup(func() { _ = loops.Close() })
	g := r.guest("An", roomtest.Options{Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	e := r.engine.rooms["1001"].room
	e.mu.Lock()
	s := e.people[0].visitor.session
	e.mu.Unlock()
	r.eventually("parting words", func() bool {
		s.parting.mu.Lock()
		defer s.parting.mu.Unlock()
		return len(s.parting.words) == 1
	})
	for _, restart := range []bool{false, true} {
		r.must(g.AddSlots(1))
		r.must(g.Offer(r.ctx(), restart))
		frames := g.Slot(0).Stats().Frames
		r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > frames+5 }))
		r.must(m.frames(r.ctx(), 5))
	}
	if !s.connected() || eye.count() != 0 {
		t.Errorf("connected %v, %d alerts", s.connected(), eye.count())
	}
	r.must(g.Say("leave", nil))
	if eye.count() != 1 {
		t.Errorf("%d alerts at the end", eye.count())
	}
}
