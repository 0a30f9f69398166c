package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/sip/siptest"
)

// lobby is an engine that only counts who is there.
type lobby struct {
	bridge.Engine
	seated atomic.Int64
	total  atomic.Int64
	digits atomic.Int64
}

func (l *lobby) Seat(context.Context, bridge.Terminal) (bridge.Seat, error) {
	l.seated.Add(1)
	l.total.Add(1)
	return &chair{lobby: l}, nil
}

type chair struct {
	lobby *lobby
	once  sync.Once
}

func (c *chair) MediaChanged()             {}
func (c *chair) Digit(rune)                { c.lobby.digits.Add(1) }
func (c *chair) KeyframeWanted()           {}
func (c *chair) Status() bridge.SeatStatus { return bridge.SeatStatus{} }
func (c *chair) Leave()                    { c.once.Do(func() { c.lobby.seated.Add(-1) }) }

// slowly routes numbers that begin with "slow" after a while.
type slowly struct{ bridge.OpenRouter }

func (s slowly) Route(ctx context.Context, inv bridge.Invite) (bridge.Route, error) {
	if strings.HasPrefix(inv.Number, "slow") {
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Second):
		}
	}
	return s.OpenRouter.Route(ctx, inv)
}

// house is an endpoint with a real core and real streams.
type house struct {
	*Endpoint
	core  *bridge.Core
	plane *relay.Plane
	lobby *lobby
}

func newHouse(t testing.TB, change func(*Config)) *house {
	t.Helper()
	lo := netip.MustParseAddr("127.0.0.1")
	plane, err := relay.NewPlane(relay.PlaneConfig{Address: lo, PortMin: 20000, PortMax: 29999, MediaTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{plane: plane, lobby: &lobby{}}
	h.core = bridge.NewCore(bridge.Config{
		Plane: plane, Engine: h.lobby, Router: slowly{}, MediaTimeout: time.Hour,
		Capabilities: func(bridge.Invite) media.Capabilities { return testCaps() },
	})
	cfg := Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Goodbye: 2 * time.Second}
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg, h.core)
	if err != nil {
		t.Fatal(err)
	}
	h.Endpoint = e
	t.Cleanup(func() { _ = plane.Close() })
	run(t, e)
	return h
}

// empty waits until nothing of any call is left.
func (h *house) empty(t testing.TB, d time.Duration) {
	t.Helper()
	deadline := time.Now().Add(d)
	for {
		s, p := h.Stats(), h.plane.Stats()
		if s.Dialogs == 0 && s.Transactions == 0 && len(h.core.Calls()) == 0 && h.lobby.seated.Load() == 0 && p.PortsUsed == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left over: %d dialogs, %d transactions, %d calls, %d seats, %d ports",
				s.Dialogs, s.Transactions, len(h.core.Calls()), h.lobby.seated.Load(), p.PortsUsed)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestManyCalls runs whole calls at once against the real core.
func TestManyCalls(t *testing.T) {
	h := newHouse(t, nil)
	addr := h.Addrs()[1]
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			p := siptest.Dial(t, addr)
			p.Info = true
			c := p.NewCall(fmt.Sprintf("sip:%d@127.0.0.1", 1000+i%3))
			if i%2 == 0 {
				c.Invite("")
			} else {
				c.Send("INVITE", "", "")
				ok := c.Expect("200")
				c.Learn(ok)
				c.Send("ACK", "", answerTo(ok.Body))
			}
			c.Send("INFO", "Content-Type: application/dtmf", "5")
			c.Expect("200")
			c.Send("INVITE", "", siptest.SDP(2, "sendonly"))
			c.Expect("200")
			c.Send("ACK", "", "")
			c.Send("UPDATE", "", "")
			c.Expect("200")
			c.Hangup()
		})
	}
	wg.Wait()
	h.empty(t, siptest.Patience)
	if n := h.core.Stats().Total; n != 40 {
		t.Errorf("%d calls", n)
	}
}

// TestPlaceByCore calls one house from another.
func TestPlaceByCore(t *testing.T) {
	caller, called := newHouse(t, nil), newHouse(t, nil)
	caller.core.Register("sip", caller.Endpoint)
	for _, transport := range []string{"udp", "tcp"} {
		i := map[string]int{"udp": 0, "tcp": 1}[transport]
		_, host, _ := strings.Cut(called.Addrs()[i], "://")
		call, err := caller.core.Place(t.Context(), bridge.Target{Scheme: "sip", URI: "sip:2002@" + host + ";transport=" + transport, From: "1001"}, "1001")
		if err != nil {
			t.Fatal(err)
		}
		if err := call.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		until(t, "both are seated", func() bool { return caller.lobby.seated.Load() == 1 && called.lobby.seated.Load() == 1 })
		if s := caller.core.Calls(); len(s) != 1 || s[0].State != bridge.StateConnected || s[0].Device != "Roombridge" {
			t.Errorf("status %+v", s)
		}
		call.Hangup(bridge.CauseRemoved, "enough")
		until(t, "both are gone", func() bool { return caller.lobby.seated.Load() == 0 && called.lobby.seated.Load() == 0 })
	}
	_, host, _ := strings.Cut(called.Addrs()[1], "://")
	call, err := caller.core.Place(t.Context(), bridge.Target{Scheme: "sip", URI: "sip:slow1@" + host + ";transport=tcp"}, "1001")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "it is called", func() bool { return called.Stats().Dialogs == 1 })
	call.Hangup(bridge.CauseRemoved, "given up")
	until(t, "no leg is left", func() bool { return called.Stats().Dialogs == 0 && caller.Stats().Dialogs == 0 })
}
