package bridge

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// fakeLeg records what the core asks of a front-end.
type fakeLeg struct {
	mu      sync.Mutex
	hangups []Cause
	intra   int
	limits  []int
}

func (l *fakeLeg) Hangup(c Cause, _ string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hangups = append(l.hangups, c)
}

func (l *fakeLeg) RequestKeyframe() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.intra++
}

func (l *fakeLeg) LimitBitrate(bps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = append(l.limits, bps)
}

func (l *fakeLeg) hungUp() []Cause {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Cause(nil), l.hangups...)
}

// fakeSeat counts what it is told.
type fakeSeat struct {
	mu                            sync.Mutex
	changed, left, keyframeWanted int
	digits                        string
	layout                        Layout
}

func (s *fakeSeat) MediaChanged() { s.mu.Lock(); s.changed++; s.mu.Unlock() }
func (s *fakeSeat) Digit(d rune)  { s.mu.Lock(); s.digits += string(d); s.mu.Unlock() }
func (s *fakeSeat) KeyframeWanted() {
	s.mu.Lock()
	s.keyframeWanted++
	s.mu.Unlock()
}
func (s *fakeSeat) SetLayout(l Layout) { s.mu.Lock(); s.layout = l; s.mu.Unlock() }
func (s *fakeSeat) Leave()             { s.mu.Lock(); s.left++; s.mu.Unlock() }
func (s *fakeSeat) Status() SeatStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return SeatStatus{VideoIn: PathStatus{PathRelay, "both ends speak H.264"}, Layout: s.layout, Arranged: "single"}
}

func (s *fakeSeat) leaves() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.left
}

// fakeEngine gives seats, or refuses, or holds the answer back until release is closed.
type fakeEngine struct {
	refuse  *Refusal
	release chan struct{}
	asked   chan Terminal
	seat    fakeSeat
}

func (e *fakeEngine) Seat(_ context.Context, t Terminal) (Seat, error) {
	if e.asked != nil {
		e.asked <- t
	}
	if e.release != nil {
		<-e.release
	}
	if e.refuse != nil {
		return nil, e.refuse
	}
	return &e.seat, nil
}

func (e *fakeEngine) Join(context.Context, Join, func([]byte)) (Visitor, error) { return nil, nil }
func (e *fakeEngine) Rooms() []RoomStatus                                       { return nil }
func (e *fakeEngine) Close(context.Context) error                               { return nil }

// newTestCore makes a core on loopback with an engine.
func newTestCore(t *testing.T, e Engine, change func(*Config)) *Core {
	t.Helper()
	plane, err := relay.NewPlane(relay.PlaneConfig{
		Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}), PortMin: 41000, PortMax: 41999, MediaTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Plane: plane, Engine: e, Router: OpenRouter{}, MediaTimeout: time.Minute,
		Capabilities: func(Invite) media.Capabilities { return media.Capabilities{RecvBitrate: 1} },
	}
	if change != nil {
		change(&cfg)
	}
	t.Cleanup(func() {
		if n := plane.Stats().PortsUsed; n != 0 {
			t.Errorf("%d port pairs are left over", n)
		}
		if err := plane.Close(); err != nil {
			t.Error(err)
		}
	})
	return NewCore(cfg)
}

var testInvite = Invite{
	Protocol: "sip", Transport: "udp", Number: "1001",
	Caller: Caller{Addr: netip.MustParseAddrPort("127.0.0.1:5070"), Alias: "sip:group500@127.0.0.1", Name: "Phòng họp 3", Device: "Polycom Group 500"},
}

func incoming(t *testing.T, c *Core, leg Leg) *Call {
	t.Helper()
	call, err := c.Incoming(t.Context(), testInvite, leg)
	if err != nil {
		t.Fatal(err)
	}
	return call
}

func next(t *testing.T, ch <-chan Event, want EventType) Event {
	t.Helper()
	select {
	case ev := <-ch:
		if ev.Type != want {
			t.Fatalf("event %s, want %s", ev.Type, want)
		}
		return ev
	case <-time.After(30 * time.Second):
		t.Fatalf("no %s event", want)
	}
	return Event{}
}
