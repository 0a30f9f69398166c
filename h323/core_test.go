package h323

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// lobby is an engine that only counts who is there.
type lobby struct {
	bridge.Engine
	seated atomic.Int64
	digits atomic.Int64
}

func (l *lobby) Seat(context.Context, bridge.Terminal) (bridge.Seat, error) {
	l.seated.Add(1)
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

// house is an endpoint with a real core and real streams.
type house struct {
	*Endpoint
	core  *bridge.Core
	plane *relay.Plane
	lobby *lobby
}

func newHouse(t testing.TB, first uint16, change func(*Config)) *house {
	t.Helper()
	lo := netip.MustParseAddr("127.0.0.1")
	plane, err := relay.NewPlane(relay.PlaneConfig{Address: lo, PortMin: first, PortMax: first + 499, MediaTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{plane: plane, lobby: &lobby{}}
	h.core = bridge.NewCore(bridge.Config{
		Plane: plane, Engine: h.lobby, Router: bridge.OpenRouter{}, MediaTimeout: time.Hour,
		Capabilities: func(bridge.Invite) media.Capabilities { return testCaps() },
	})
	cfg := Config{Listen: []string{"tcp://127.0.0.1:0"}, Rate: -1}
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg, h.core)
	if err != nil {
		t.Fatal(err)
	}
	h.Endpoint = e
	h.core.Register("h323", e)
	t.Cleanup(func() { _ = plane.Close() })
	run(t, e)
	return h
}

func (h *house) call(t *testing.T, uri string) *bridge.Call {
	t.Helper()
	call, err := h.core.Place(t.Context(), bridge.Target{Scheme: "h323", URI: uri, From: "7001"}, "1001")
	if err != nil {
		t.Fatal(err)
	}
	return call
}

// One house calls another: both seat the call, RTP finds its way, keys are heard once
// though the stream and signalling tell of them, and nothing is left over.
func TestPlaceByCore(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			caller, called := newHouse(t, 38000, w.caller), newHouse(t, 38500, w.called)
			call := caller.call(t, "h323:2002@"+at(called.Endpoint))
			if err := call.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			until(t, "both are seated", func() bool { return caller.lobby.seated.Load() == 1 && called.lobby.seated.Load() == 1 })
			active := func(h *house) bool {
				s := h.core.Calls()
				return len(s) == 1 && s[0].State == bridge.StateConnected && s[0].Protocol == "h323" && s[0].Device == "Roombridge" &&
					s[0].Audio.Out.Codec == "G722" && s[0].Video.In.Codec == "H264"
			}
			until(t, "both ends have their media", func() bool { return active(caller) && active(called) })
			streams, err := call.Streams()
			if err != nil {
				t.Fatal(err)
			}
			streams[0].SendDigit('5', 100)
			until(t, "the key is heard", func() bool { return called.lobby.digits.Load() == 1 })
			call.Handset().Press("5")
			call.Handset().Press("6")
			until(t, "the other key is heard", func() bool { return called.lobby.digits.Load() == 2 })

			call.Hangup(bridge.CauseRemoved, "enough")
			for _, h := range []*house{caller, called} {
				until(t, "nothing is left", func() bool {
					return h.lobby.seated.Load() == 0 && len(h.core.Calls()) == 0 && h.plane.Stats().PortsUsed == 0 && h.Stats().Calls == 0
				})
			}
		})
	}
}

// What the core refuses, and what it gives up.
func TestCoreRefuses(t *testing.T) {
	caller, called := newHouse(t, 39000, func(c *Config) { c.MaxCalls = 1 }), newHouse(t, 39500, nil)
	call := caller.call(t, "h323:"+at(called.Endpoint)) // no number
	if r := bridge.AsRefusal(call.Wait(t.Context())); r.Cause != bridge.CauseNoRoute {
		t.Errorf("without a number: %v", r)
	}
	until(t, "it is over", func() bool { return caller.Stats().Calls == 0 })
	first := caller.call(t, "h323:1001@"+at(called.Endpoint))
	if err := first.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := bridge.AsRefusal(caller.call(t, "h323:1001@"+at(called.Endpoint)).Wait(t.Context())); r.Cause != bridge.CauseCapacity {
		t.Errorf("a call too many: %v", r)
	}
	first.Hangup(bridge.CauseNormal, "")
	until(t, "it is over", func() bool { return caller.Stats().Calls == 0 && called.Stats().Calls == 0 })
	until(t, "no port is left", func() bool { return caller.plane.Stats().PortsUsed == 0 && called.plane.Stats().PortsUsed == 0 })
}

// A gateway that listens where another does, or not on TCP, says so.
func TestListenErrors(t *testing.T) {
	l := listenAs(t)
	for _, listen := range []string{"tcp://" + l.addr().String(), "udp://127.0.0.1:0", "tcp://127.0.0.1", "tcp://127.0.0.1:x", ":"} {
		if _, err := New(Config{Listen: []string{"tcp://127.0.0.1:0", listen}}, nil); err == nil {
			t.Errorf("%s is listened on", listen)
		}
	}
}

// What never served gives its ports back.
func TestClose(t *testing.T) {
	e, err := New(Config{Listen: []string{"tcp://127.0.0.1:0"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	address := at(e)
	e.Close()
	e.Close()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("it still listens: %v", err)
	}
	_ = l.Close()
}

func TestIPv6(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, func(c *Config) { c.Listen = []string{"tcp://[::1]:0"}; c.NoTunnelling = true })
	caller := serve(t, newFakeBoard(), nil)
	p := placeTo(t, caller, e, newFakeBoard(), "1001")
	if err := <-p.result; err != nil {
		t.Fatal(err)
	}
	p.theirs = b.call(t)
	until(t, "sound and picture flow", func() bool { return p.ours.flowing() && p.theirs.flowing() })
	if p.theirs.inv.Number != "1001" || !p.theirs.inv.Caller.Addr.Addr().Is6() {
		t.Errorf("%+v", p.theirs.inv)
	}
	p.ours.leg.Hangup(bridge.CauseNormal, "")
	p.theirs.untilEnded(t, bridge.CauseNormal)
}
