package h323

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// Fast connect between two endpoints, and where it is refused the way back to H.245.
func TestFastConnect(t *testing.T) {
	offer := func(c *Config) { c.FastConnect = FastConnectOffer }
	for name, c := range map[string]struct {
		caller, called func(*Config)
		fast           uint64
		control        string
	}{
		"with a tunnel":            {offer, nil, 1, "tunnel"},
		"with a connection":        {func(c *Config) { offer(c); c.NoTunnelling = true }, nil, 1, "connection"},
		"refused":                  {offer, func(c *Config) { c.FastConnect = FastConnectOff }, 0, "tunnel"},
		"refused, on a connection": {offer, func(c *Config) { c.FastConnect, c.NoTunnelling = FastConnectOff, true }, 0, "connection"},
		"not offered":              {nil, offer, 0, "tunnel"},
	} {
		t.Run(name, func(t *testing.T) {
			b, d := newFakeBoard(), newFakeBoard()
			d.port = 30002
			called, caller := serve(t, b, c.called), serve(t, d, c.caller)
			p := placeTo(t, caller, called, d, "1001")
			p.theirs = b.call(t)
			if err := <-p.result; err != nil {
				t.Fatal(err)
			}
			p.untilFlowing(t)
			for _, e := range []*Endpoint{caller, called} {
				until(t, "H.245 is there", func() bool { return e.Stats().Control[c.control] == 1 })
				if s := e.Stats(); s.FastConnect != c.fast || s.ParseErrors != 0 {
					t.Errorf("%+v", s)
				}
			}
			// H.245 carries what fast connect cannot.
			p.ours.leg.RequestKeyframe()
			until(t, "the keyframe is asked for", func() bool { return get(p.theirs, func() bool { return p.theirs.keyframes > 0 }) })
			if !p.ours.flowing() || !p.theirs.flowing() {
				t.Error("H.245 took the channels away")
			}
			p.ours.leg.Hangup(bridge.CauseNormal, "")
			p.theirs.untilEnded(t, bridge.CauseNormal)
		})
	}
}

// The answer to fast connect may come in any message up to Connect.
func TestFastConnectAnsweredEarly(t *testing.T) {
	channel := &h245.OpenLogicalChannel{ForwardLogicalChannelNumber: 1, ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
		DataType:            h245.DataType{NullData: true},
		MultiplexParameters: h245.ForwardMultiplexParameters{None: true},
	}}
	proposal, err := per.Marshal(channel)
	if err != nil {
		t.Fatal(err)
	}
	list := []per.Octets{proposal, {0xff}}
	for name, c := range map[string]struct {
		say  func(o *outgoing)
		want int
	}{
		"CallProceeding": {func(o *outgoing) {
			m := o.proceeding()
			m.body().CallProceeding.FastStart = list
			o.send(m)
		}, 1},
		"Alerting": {func(o *outgoing) {
			m := o.alerting()
			m.body().Alerting.FastStart = list
			o.send(m)
		}, 1},
		"Facility": {func(o *outgoing) {
			o.send(o.reply(wire.Facility, h225.MessageBody{Facility: &h225.FacilityUUIE{
				ProtocolIdentifier: "0.0.8.2250.0.4", Reason: h225.FacilityReason{ForwardedElements: true}, FastStart: list,
			}}))
		}, 1},
		"refused in CallProceeding": {func(o *outgoing) {
			m := o.proceeding()
			m.body().CallProceeding.FastConnectRefused = true
			o.send(m)
		}, 0},
		"H.245 begins instead": {func(o *outgoing) {
			o.send(tunnel(t, o.reply(wire.Facility, *emptyBody()), roundTrip(1)))
		}, 0},
		"nothing until Connect": {func(o *outgoing) {}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := place(t, func(c *Config) { c.FastConnect, c.NoTunnelling = FastConnectOffer, !strings.HasPrefix(name, "H.245") }, func(f *fakeControl) {
				f.fast = []*h245.OpenLogicalChannel{channel}
				f.answered = -1
			})
			if n := len(o.setup.body().Setup.FastStart); n != 1 {
				t.Fatalf("%d proposals", n)
			}
			l := listenAs(t)
			c.say(o)
			m := o.connect()
			m.body().Connect.H245Address = h225.NewTransportAddress(l.addr())
			o.send(m)
			f := <-o.made
			until(t, "the engine is told", func() bool {
				n := 0
				f.note(func() { n = f.answered })
				return n == c.want
			})
			if o.setup.tunnels() {
				o.expect(wire.Facility)
			} else {
				l.accept() // H.245 goes where Connect says, whatever became of fast connect
			}
			if err := <-o.result; err != nil {
				t.Fatal(err)
			}
			o.release(16)
			o.call.untilEnded(t, bridge.CauseNormal)
		})
	}
}

// What is proposed to us can be rubbish, or more than anybody needs.
func TestFastConnectOfRubbish(t *testing.T) {
	b := newFakeBoard()
	e := serve(t, b, nil)
	p := connectTo(t, at(e))
	p.send(p.setup("1001", func(_ *message, s *h225.SetupUUIE) {
		for range 200 {
			s.FastStart = append(s.FastStart, per.Octets{0xff, 0xff})
		}
	}))
	p.expect(wire.CallProceeding)
	if m := p.expect(wire.Connect); !m.body().Connect.FastConnectRefused || m.body().Connect.FastStart != nil {
		t.Errorf("%+v", m.body().Connect)
	}
	p.release(16)
	b.call(t).untilEnded(t, bridge.CauseNormal)
	if s := e.Stats(); s.ParseErrors != maxProposals {
		t.Errorf("%d were looked at", s.ParseErrors)
	}
}

// Keys, keyframes, less bitrate, hold and its end, both ways and in every way of H.245.
func TestWithinACallOfTwo(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			b, d := newFakeBoard(), newFakeBoard()
			d.port = 30002
			called, caller := serve(t, b, w.called), serve(t, d, w.caller)
			p := placeTo(t, caller, called, d, "1001")
			p.theirs = b.call(t)
			if err := <-p.result; err != nil {
				t.Fatal(err)
			}
			p.untilFlowing(t)
			for _, x := range []struct{ from, to *fakeCall }{{p.ours, p.theirs}, {p.theirs, p.ours}} {
				x.from.leg.(bridge.Handset).Press("12#")
				until(t, "the keys are heard", func() bool { return get(x.to, func() bool { return x.to.digits == "12#" }) })
				x.from.leg.RequestKeyframe()
				until(t, "the keyframe is asked for", func() bool { return get(x.to, func() bool { return x.to.keyframes > 0 }) })
				x.from.leg.LimitBitrate(300_000)
				until(t, "less is sent", func() bool {
					s := x.to.session()
					v := s.Find(media.Video, media.Main)
					return v.SendBitrate > 0 && v.SendBitrate <= 300_000
				})
				x.from.leg.(bridge.Handset).Hold(true)
				until(t, "it is held", func() bool {
					s := x.to.session()
					a, v := s.Find(media.Audio, media.Main), s.Find(media.Video, media.Main)
					return !(a.Active() && a.Direction.Sends() && !a.Held) && !(v.Active() && v.Direction.Sends() && !v.Held)
				})
				x.from.leg.(bridge.Handset).Hold(false)
				p.untilFlowing(t)
			}
			p.theirs.leg.Hangup(bridge.CauseRemoved, "enough")
			p.ours.untilEnded(t, bridge.CauseNormal)
			p.theirs.untilEnded(t, bridge.CauseRemoved)
		})
	}
}

// Ends that have nothing in common part with a reason.
func TestNoCommonMedia(t *testing.T) { synctest.Test(t, testNoCommonMedia) }

func testNoCommonMedia(t *testing.T) {
	b, d := newFakeBoard(), newFakeBoard()
	b.caps.Audio = []media.Format{{Codec: media.PCMU, ClockRate: 8000, Channels: 1}}
	d.caps.Audio = []media.Format{{Codec: media.G722, ClockRate: 8000, Channels: 1}}
	b.caps.Video, d.caps.Video = nil, nil
	m := newMemory(t)
	called, caller := m.endpoint(b), m.endpoint(d)
	caller.dial = func(_ context.Context, to netip.AddrPort) (net.Conn, error) {
		ours, theirs := memPipe(netip.MustParseAddrPort("10.0.0.9:33000"), to)
		called.takeIn(theirs)
		return ours, nil
	}
	p := &placed{ours: &fakeCall{board: d}, result: make(chan error, 1)}
	go func() { p.result <- caller.place(t.Context(), p.ours, bridge.Target{URI: "h323:1001@10.0.0.1"}) }()
	p.theirs = b.call(t)
	<-p.result
	time.Sleep(time.Minute)
	ours, theirs := get(p.ours, func() bridge.Cause { return p.ours.ended[0] }), get(p.theirs, func() bridge.Cause { return p.theirs.ended[0] })
	if ours != bridge.CauseMedia && theirs != bridge.CauseMedia {
		t.Errorf("ended by %v and %v", ours, theirs)
	}
}
