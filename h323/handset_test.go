package h323

import (
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

// What a person does at a terminal of ours reaches the H.245 engine, in order.
func TestHandset(t *testing.T) {
	b, c := newFakeBoard(), newFakeBoard()
	called, caller := serve(t, b, nil), serve(t, c, nil)
	made := fakeControls(caller, nil)
	p := placeTo(t, caller, called, c, "1001")
	p.theirs = b.call(t)
	if err := <-p.result; err != nil {
		t.Fatal(err)
	}
	h, ok := p.ours.leg.(bridge.Handset)
	if !ok {
		t.Fatal("the leg is no handset")
	}
	h.Press("12")
	h.Hold(true)
	h.Press("#")
	h.Hold(false)
	p.ours.leg.Hangup(bridge.CauseNormal, "")
	p.ours.untilEnded(t, bridge.CauseNormal)
	h.Press("9") // too late
	f := <-made
	f.note(func() {
		if f.pressed != "12#" || !slices.Equal(f.holds, []bool{true, false}) {
			t.Errorf("pressed %q, held %v", f.pressed, f.holds)
		}
	})
}

// The H.245 engine of a call of ours knows what answers when it has to, as that of a
// call of theirs: its quirks go by maker.
func TestEngineKnowsTheDevice(t *testing.T) {
	b, c := newFakeBoard(), newFakeBoard()
	called, caller := serve(t, b, func(c *Config) { c.Product, c.Version = "TANDBERG", "F9" }), serve(t, c, nil)
	theirs, ours := fakeControls(called, nil), fakeControls(caller, nil)
	p := placeTo(t, caller, called, c, "1001")
	p.theirs = b.call(t)
	if err := <-p.result; err != nil {
		t.Fatal(err)
	}
	for want, made := range map[string]<-chan *fakeControl{"TANDBERG F9": ours, "Roombridge": theirs} {
		f := <-made
		if got := f.cfg.Device(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	p.ours.leg.Hangup(bridge.CauseNormal, "")
	p.ours.untilEnded(t, bridge.CauseNormal)
	p.theirs.untilEnded(t, bridge.CauseNormal)
}
