package h323

import (
	"context"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// placed is a call between two endpoints.
type placed struct {
	from, to     *Endpoint
	ours, theirs *fakeCall
	result       chan error
	cancel       context.CancelFunc
}

// placeTo calls one endpoint from the other.
func placeTo(t testing.TB, from, to *Endpoint, b *fakeBoard, alias string) *placed {
	t.Helper()
	p := &placed{from: from, to: to, ours: &fakeCall{board: b}, result: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	t.Cleanup(cancel)
	go func() {
		p.result <- from.place(ctx, p.ours, bridge.Target{Scheme: "h323", URI: "h323:" + alias + "@" + at(to), From: "7001", Name: "Phòng A"})
	}()
	return p
}

// flowing tells whether sound and picture go both ways.
func (c *fakeCall) flowing() bool {
	s := c.session()
	a, v := s.Find(media.Audio, media.Main), s.Find(media.Video, media.Main)
	return a != nil && v != nil && a.Active() && v.Active() && a.Direction == media.SendRecv && v.Direction == media.SendRecv
}

// untilFlowing waits until both ends of the call send and receive, and checks that
// they send to each other.
func (p *placed) untilFlowing(t testing.TB) {
	t.Helper()
	until(t, "sound and picture flow", func() bool { return p.ours.flowing() && p.theirs.flowing() })
	for _, k := range []media.Kind{media.Audio, media.Video} {
		ours, theirs := p.ours.session(), p.theirs.session()
		a, b := ours.Find(k, media.Main), theirs.Find(k, media.Main)
		if a.Send.Codec != b.Recv[0].Codec || b.Send.Codec != a.Recv[0].Codec || a.Send.PT != b.Recv[0].PT {
			t.Errorf("%v: we send %v %d, they receive %v %d", k, a.Send.Codec, a.Send.PT, b.Recv[0].Codec, b.Recv[0].PT)
		}
		if !a.RemoteRTCP.IsValid() || a.Remote == b.Remote {
			t.Errorf("%v: to %v and %v", k, a.Remote, a.RemoteRTCP)
		}
	}
}

// ways are how H.245 may travel between two endpoints.
var ways = map[string]struct {
	caller, called func(*Config)
	control        string
}{
	"tunnelled":          {nil, nil, "tunnel"},
	"the caller cannot":  {noTunnelling, nil, "connection"},
	"the called cannot":  {nil, noTunnelling, "connection"},
	"neither can":        {noTunnelling, noTunnelling, "connection"},
	"within a few ports": {noTunnelling, fewPorts, "connection"},
}

func noTunnelling(c *Config) { c.NoTunnelling = true }
func fewPorts(c *Config)     { c.NoTunnelling, c.Ports = true, PortRange{41720, 41739} }

func TestEndpointCallsEndpoint(t *testing.T) {
	for name, w := range ways {
		t.Run(name, func(t *testing.T) {
			b, c := newFakeBoard(), newFakeBoard()
			c.port = 30002
			called, caller := serve(t, b, w.called), serve(t, c, w.caller)
			p := placeTo(t, caller, called, c, "1001")
			p.theirs = b.call(t)
			if err := <-p.result; err != nil {
				t.Fatal(err)
			}
			p.theirs.untilConnected(t)
			p.ours.untilConnected(t)
			p.untilFlowing(t)
			inv := p.theirs.inv
			if inv.Number != "1001" || inv.Protocol != "h323" || inv.Caller.Alias != "7001" || inv.Caller.Name != "Phòng A" || inv.Caller.Device != "Roombridge" {
				t.Errorf("%+v", inv)
			}
			p.ours.leg.Hangup(bridge.CauseNormal, "that is all")
			p.theirs.untilEnded(t, bridge.CauseNormal)
			p.ours.untilEnded(t, bridge.CauseNormal)
			for _, e := range []*Endpoint{caller, called} {
				if s := e.Stats(); s.Control[w.control] != 1 || s.ParseErrors != 0 || s.Ended["normal"] != 1 {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}
