package h323

import (
	"io"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/wire"
)

// A connection has its time for the Setup, however it is spent.
func TestHalfOpen(t *testing.T) {
	setup, err := new(peer).setup("1001", nil).encode()
	if err != nil {
		t.Fatal(err)
	}
	packet, _ := wire.AppendPacket(nil, setup)
	for name, spend := range map[string]func(p *peer){
		"nothing":    func(*peer) {},
		"a part":     func(p *peer) { _, _ = p.c.Write(packet[:len(packet)-1]) },
		"keep-alive": func(p *peer) { every(p, time.Second, wire.KeepAlive) },
		"an octet a second": func(p *peer) {
			go func() {
				for i := range packet {
					if _, err := p.c.Write(packet[i : i+1]); err != nil {
						return
					}
					time.Sleep(time.Second)
				}
			}()
		},
		"status enquiries": func(p *peer) {
			q, _ := wire.AppendPacket(nil, []byte{8, 2, 0, 5, 0x75})
			every(p, time.Second, q)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory(t)
				e := m.endpoint(newFakeBoard())
				start := time.Now()
				p := m.connect(e)
				spend(p)
				p.expectEnd()
				if d := time.Since(start); d != 10*time.Second {
					t.Errorf("it lasted %v", d)
				}
				time.Sleep(2 * time.Second) // the writer notices
			})
		})
	}
}

// every writes something again and again until the connection ends.
func every(p *peer, d time.Duration, b []byte) {
	go func() {
		for {
			if _, err := p.c.Write(b); err != nil {
				return
			}
			time.Sleep(d)
		}
	}()
}

// While the core thinks, a terminal hears Alerting; after the core's time it is refused.
func TestSlowRouting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		b.hold = make(chan struct{})
		e := m.endpoint(b)
		fakeControls(e, nil)
		p := m.connect(e)
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		start := time.Now()
		if a := p.expect(wire.Alerting).body().Alerting; time.Since(start) != 2*time.Second || string(a.CallIdentifier.GUID) != string(testCallID) {
			t.Errorf("%+v after %v", a, time.Since(start))
		}
		r := p.next(time.Hour)
		if r == nil || r.q.Type != wire.ReleaseComplete || time.Since(start) != routeTime {
			t.Errorf("%+v after %v", r, time.Since(start))
		}
		p.expectEnd()
	})
}

// A flood of messages is read slowly, and answered.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		e := m.endpoint(b)
		fakeControls(e, nil)
		p := m.connect(e)
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		p.expect(wire.Connect)
		p.send(tunnel(t, p.message(wire.Facility, *emptyBody()), roundTrip(1)))
		start := time.Now()
		for range 2*maxBurst + 100 {
			p.raw([]byte{8, 2, 0, 77, 0x75})
			p.expect(wire.Status)
		}
		if d := time.Since(start); d < 2*time.Second || d > 5*time.Second {
			t.Errorf("read within %v", d)
		}
		p.release(16)
		b.call(t).untilEnded(t, bridge.CauseNormal)
	})
}

// In a call silence is no fault, half a packet is.
func TestQuietCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		e := m.endpoint(b)
		fakeControls(e, nil)
		p := m.connect(e)
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		p.expect(wire.Connect)
		p.send(tunnel(t, p.message(wire.Facility, *emptyBody()), roundTrip(1)))
		time.Sleep(8 * time.Hour)
		call := b.call(t)
		if n := get(call, func() int { return len(call.ended) }); n != 0 {
			t.Fatal("a quiet call ended")
		}
		_, _ = p.c.Write([]byte{3, 0, 0})
		start := time.Now()
		p.expectEnd()
		if d := time.Since(start); d != 10*time.Second {
			t.Errorf("half a packet lasted %v", d)
		}
		call.untilEnded(t, bridge.CauseSignalling)
	})
}

// A far end that does not read is given up, and holds its own call up alone.
func TestFarEndDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		e := m.endpoint(b)
		theirs, ours := memPipe(netip.MustParseAddrPort("10.0.0.9:33000"), netip.MustParseAddrPort("10.0.0.1:1720"))
		e.takeIn(ours)
		setup, _ := new(peer).setup("1001", nil).encode()
		packet, _ := wire.AppendPacket(nil, setup)
		_, _ = theirs.Write(packet)
		time.Sleep(writeTimeout + time.Millisecond)
		if _, err := theirs.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the connection is %v", err)
		}
		synctest.Wait()
		if s := e.Stats(); s.Calls != 0 || s.Connections != 0 {
			t.Errorf("%+v", s)
		}
		_ = theirs.Close()
	})
}

func TestBounds(t *testing.T) {
	b := newFakeBoard()
	b.hold = make(chan struct{})
	e := serve(t, b, func(c *Config) {
		c.MaxCalls = 2
		c.Limits = ConnectionLimits{Connections: 4, PerSource: 3}
	})
	var calls []*peer
	for range 2 {
		p := connectTo(t, at(e))
		p.send(p.setup("1001", nil))
		p.expect(wire.CallProceeding)
		calls = append(calls, p)
	}
	p := connectTo(t, at(e))
	p.send(p.setup("1001", nil))
	if cause, _, text := p.expectRelease(); cause != 42 || text == "" {
		t.Errorf("a call too many is refused by %d, %q", cause, text)
	}
	p.expectEnd()
	until(t, "its place is free", func() bool { return e.Stats().Connections == 2 })
	idle := connectTo(t, at(e))
	until(t, "it is there", func() bool { return e.Stats().Connections == 3 })
	connectTo(t, at(e)).expectEnd()
	if s := e.Stats(); s.Limited != 1 {
		t.Errorf("%+v", s)
	}
	for _, p := range append(calls, idle) {
		p.close()
	}
	until(t, "all are gone", func() bool { s := e.Stats(); return s.Connections == 0 && s.Calls == 0 })
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.accepted != 0 || len(e.sources) != 0 {
		t.Errorf("%d counted, of %v", e.accepted, e.sources)
	}
}

// At the end of the gateway every terminal hears ReleaseComplete, in whatever state
// its call is, and Serve returns in time.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		b := newFakeBoard()
		e := newEndpoint(Config{Rate: -1, Log: b.log}, b)
		e.dial = m.dialer(netip.MustParseAddrPort("10.0.0.1:1720"))
		fakeControls(e, nil)
		ctx, stop := contextWithStop()
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = e.Serve(ctx)
		}()
		<-e.Ready()
		up := m.connect(e)
		up.send(up.setup("1001", nil))
		up.expect(wire.CallProceeding)
		up.expect(wire.Connect)
		idle := m.connect(e)
		o := &outgoing{e: e, call: &fakeCall{board: b}, result: make(chan error, 1)}
		o.start(t, "h323:1001@10.0.0.7")
		o.peer = newPeer(t, <-m.dialled)
		o.receiveSetup()
		synctest.Wait()
		stop()
		for _, p := range []*peer{up, o.peer} {
			if cause, reason, _ := p.expectRelease(); cause != 41 || reason != "adaptiveBusy" {
				t.Errorf("cause %d, %s", cause, reason)
			}
		}
		o.refusal(t, bridge.CauseShutdown)
		idle.expectEnd()
		start := time.Now()
		<-served
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("Serve took %v", d)
		}
		late := m.connect(e)
		late.expectEnd()
	})
}
