package h323

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

// 200 connections that stall at every octet of a Setup and of what follows it do not
// disturb a call: its far end is answered at once all along, and new calls get through.
func TestStallingConnections(t *testing.T) {
	const together = 200
	b, c := newFakeBoard(), newFakeBoard()
	c.port = 30002
	called := serve(t, b, func(c *Config) { c.Limits.PerSource = 2 * together })
	caller := serve(t, c, nil)
	running := placeTo(t, caller, called, c, "1001")
	running.theirs = b.call(t)
	running.untilFlowing(t)
	watched := connectTo(t, at(called))
	watched.send(watched.setup("1002", nil))
	watched.expect(wire.CallProceeding)
	watched.expect(wire.Connect)

	stream := stallStream(t, watched)
	var took []time.Duration
	ask := func() {
		start := time.Now()
		watched.send(watched.message(wire.StatusInquiry, h225.MessageBody{StatusInquiry: &h225.StatusInquiryUUIE{
			ProtocolIdentifier: "0.0.8.2250.0.4", CallIdentifier: h225.CallIdentifier{GUID: testCallID},
		}}))
		for m := watched.next(patience); ; m = watched.next(patience) {
			if m == nil {
				t.Fatal("the running call is not answered")
			}
			if m.q.Type == wire.Status {
				break
			}
		}
		took = append(took, time.Since(start))
	}
	for first := 0; first <= len(stream); first += together {
		var stalled []net.Conn
		for i := range together {
			s, err := net.Dial("tcp", at(called))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Write(stream[:(first+i)%(len(stream)+1)]); err != nil {
				t.Fatal(err)
			}
			stalled = append(stalled, s)
			if i%10 == 0 {
				ask()
			}
		}
		extra := placeTo(t, caller, called, c, "1003")
		if err := <-extra.result; err != nil {
			t.Error(err)
		}
		extra.ours.leg.Hangup(bridge.CauseNormal, "")
		for _, s := range stalled {
			_ = s.Close()
		}
		ask()
	}
	slices.Sort(took)
	most := took[len(took)*9/10] // other processes may disturb the rest
	t.Logf("%d positions, a Status came within %v, nine in ten within %v", len(stream), took[len(took)-1], most)
	if most > 2*time.Second {
		t.Errorf("a Status took %v", most)
	}
	if !running.ours.flowing() || get(running.theirs, func() int { return len(running.theirs.ended) }) != 0 {
		t.Error("the running call was disturbed")
	}
	running.ours.leg.Hangup(bridge.CauseNormal, "")
	running.theirs.untilEnded(t, bridge.CauseNormal)
	watched.release(16)
	watched.expectEnd()
}

// stallStream is what a terminal sends: a Setup, H.245 within a Facility, and the end.
func stallStream(t *testing.T, p *peer) []byte {
	t.Helper()
	var stream []byte
	for _, m := range []*message{
		p.setup("1004", nil), tunnel(t, p.message(wire.Facility, *emptyBody()), roundTrip(1), roundTrip(2)),
		p.message(wire.ReleaseComplete, h225.MessageBody{ReleaseComplete: &h225.ReleaseCompleteUUIE{ProtocolIdentifier: "0.0.8.2250.0.4"}}),
	} {
		content, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if stream, err = wire.AppendPacket(stream, content); err != nil {
			t.Fatal(err)
		}
	}
	return stream
}

// Many calls one after the other and at once, hung up by either end: all go well, and
// nothing is left over.
func TestManyCalls(t *testing.T) {
	const calls, together = 300, 50
	b, c := newFakeBoard(), newFakeBoard()
	called, caller := serve(t, b, nil), serve(t, c, nil)
	go func() {
		for range calls {
			<-b.calls
		}
	}()
	var wg sync.WaitGroup
	next := make(chan int)
	for range together {
		wg.Go(func() {
			for i := range next {
				p := placeTo(t, caller, called, c, "1001")
				if err := <-p.result; err != nil {
					t.Errorf("call %d: %v", i, err)
					continue
				}
				until(t, "sound and picture flow", p.ours.flowing)
				p.ours.leg.Hangup(bridge.CauseNormal, "")
				p.cancel()
			}
		})
	}
	for i := range calls {
		next <- i
	}
	close(next)
	wg.Wait()
	until(t, "nothing is left over", func() bool {
		x, y := caller.Stats(), called.Stats()
		return x.Calls+y.Calls == 0 && x.Connections+y.Connections == 0
	})
	if s := called.Stats(); s.Ended["normal"] != calls || s.ParseErrors != 0 {
		t.Errorf("%+v", s)
	}
}
