package h323

import (
	"context"
	"testing"

	"github.com/roombridge/roombridge/bridge"
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

func TestEndpointCallsEndpoint(t *testing.T) {
	b, c := newFakeBoard(), newFakeBoard()
	called, caller := serve(t, b, nil), serve(t, c, nil)
	p := placeTo(t, caller, called, c, "1001")
	p.theirs = b.call(t)
	if err := <-p.result; err != nil {
		t.Fatal(err)
	}
	p.theirs.untilConnected(t)
	p.ours.untilConnected(t)
	inv := p.theirs.inv
	if inv.Number != "1001" || inv.Protocol != "h323" || inv.Caller.Alias != "7001" || inv.Caller.Name != "Phòng A" || inv.Caller.Device != "Roombridge" {
		t.Errorf("%+v", inv)
	}
	p.ours.leg.Hangup(bridge.CauseNormal, "that is all")
	p.theirs.untilEnded(t, bridge.CauseNormal)
	p.ours.untilEnded(t, bridge.CauseNormal)
}
