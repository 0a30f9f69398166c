package h323

import (
	"testing"
	"testing/synctest"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/wire"
)

// A full mailbox drops what can be done without, and nothing else.
func TestFullMailbox(t *testing.T) {
	m := newMailbox()
	ran := make(map[string]int)
	note := func(what string) func() { return func() { ran[what]++ } }
	for range maxMail {
		if !m.Offer(note("offered")) {
			t.Fatal("it is full too early")
		}
	}
	if m.Offer(note("offered")) {
		t.Error("there is no bound")
	}
	if !m.deliver(note("delivered")) || !m.Post(note("posted")) {
		t.Error("what counts is dropped")
	}
	m.run(func() {}, func() bool { return true })
	if ran["offered"] != maxMail || ran["delivered"] != 1 || ran["posted"] != 1 || len(m.slots) != 0 {
		t.Errorf("%v, %d slots are held", ran, len(m.slots))
	}
	if m.Post(note("late")) || m.Offer(note("late")) || m.deliver(note("late")) {
		t.Error("it takes more than will run")
	}
}

// A leg that cannot keep up hears its terminal and is hung up all the same.
func TestHangupOfABusyLeg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		e := m.endpoint(b)
		made := fakeControls(e, nil)
		p := m.connect(e)
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		p.expect(wire.Connect)
		call, f := b.call(t), <-made
		l := e.find(testCallID)
		busy := make(chan struct{})
		l.box.Post(func() { <-busy })
		synctest.Wait()
		for range 2 * maxMail {
			call.leg.RequestKeyframe()
		}
		p.send(tunnel(t, p.message(wire.Facility, *emptyBody()), roundTrip(1)))
		synctest.Wait()
		call.leg.Hangup(bridge.CauseRemoved, "enough")
		close(busy)
		p.expect(wire.ReleaseComplete)
		p.expectEnd()
		call.untilEnded(t, bridge.CauseRemoved)
		if f.keyed > maxMail || len(f.heard()) != 1 {
			t.Errorf("%d keyframes asked for, heard %v", f.keyed, f.heard())
		}
	})
}
