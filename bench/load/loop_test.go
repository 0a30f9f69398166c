package load

import (
	"net/netip"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// wire connects two legs with nothing between them.
func wire(t *testing.T, l *Loop, suite media.Suite) (from, to *Leg) {
	t.Helper()
	var legs [2]*Leg
	for i := range legs {
		leg, err := l.Open()
		if err != nil {
			t.Fatal(err)
		}
		legs[i] = leg
	}
	for i, leg := range legs {
		if err := leg.Connect(legs[1-i].Addr()); err != nil {
			t.Fatal(err)
		}
	}
	if suite == media.SuiteNone {
		return legs[0], legs[1]
	}
	var keys [2]media.Key
	for i := range keys {
		keys[i], _ = secure.GenerateKey(suite)
	}
	for i, leg := range legs {
		in, err := secure.NewInbound(suite, keys[1-i])
		if err != nil {
			t.Fatal(err)
		}
		out, err := secure.NewOutbound(suite, keys[i])
		if err != nil {
			t.Fatal(err)
		}
		leg.Secure(in, out)
	}
	return legs[0], legs[1]
}

func TestLoopMeasuresItself(t *testing.T) {
	for name, c := range map[string]struct {
		suite   media.Suite
		segment bool
		joined  bool
	}{"plain": {}, "segmented": {segment: true}, "joined": {segment: true, joined: true}, "sealed": {suite: media.AEADGCM128, joined: true}} {
		t.Run(name, func(t *testing.T) {
			l, err := NewLoop(Config{Addr: loopback, Packets: 7, Rate: 30, Size: 1200, Segment: c.segment, Joined: c.joined})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			secured := c.suite != media.SuiteNone
			for range 3 {
				from, to := wire(t, l, c.suite)
				s := from.Send(&Source{PT: 97, Secured: secured})
				to.Receive(&Sink{PT: 97, Secured: secured, Sample: 4}, s)
			}
			l.Start()
			_ = l.Measure(100*time.Millisecond, func(bool) {}) // the sinks find their sources
			begun := make(chan bool, 2)
			r := l.Measure(time.Second, func(b bool) { begun <- b })[0]
			if !<-begun || <-begun {
				t.Error("the marks are not begin and end")
			}
			for i := 0; i < 20 && r.Expected < 3*7*10; i++ { // the machine was busy
				r = l.Measure(time.Second, func(bool) {})[0]
			}
			if r.Expected < 3*7*10 || // a third of what a machine sends that is not busy
				r.Received != r.Expected || r.Duplicates+r.Failed+r.Strange+r.Moved+r.Refused > 0 {
				t.Errorf("expected %d, received %d, duplicates %d, failed %d, strange %d, moved %d, refused %d",
					r.Expected, r.Received, r.Duplicates, r.Failed, r.Strange, r.Moved, r.Refused)
			}
			if r.Delay.Count() < r.Expected*9/10 || r.Delay.Max() <= 0 || r.Delay.Max() > int64(time.Second) {
				t.Errorf("%d delays of %d packets, the longest %d ns", r.Delay.Count(), r.Expected, r.Delay.Max())
			}
			if n := r.Late.Count(); n < 3*10 {
				t.Errorf("%d bursts were compared with their plan", n)
			}
		})
	}
}

// What is lost between source and sink is counted, and a keyframe request heard.
func TestLoopCountsLoss(t *testing.T) {
	l, err := NewLoop(Config{Addr: loopback, Packets: 7, Rate: 30, Size: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	from, to := wire(t, l, media.SuiteNone)
	s := from.Send(&Source{PT: 97})
	k := to.Receive(&Sink{PT: 97}, s)
	l.Start()
	_ = l.Measure(100*time.Millisecond, func(bool) {})
	var lost int
	r := l.Measure(time.Second, func(begin bool) {
		if !begin {
			return
		}
		// PLI (RFC 4585 6.3.1), and a sink that hears nothing for a while.
		_ = to.Write([]byte{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2})
		l.Do(func() { k.PT = 96; lost = int(s.seq - s.from) })
		time.Sleep(200 * time.Millisecond)
		l.Do(func() { k.PT = 97; lost = int(s.seq-s.from) - lost })
	})[0]
	if got := int(r.Lost()); got < lost-14 || got > lost+14 || lost < 14 {
		t.Errorf("lost %d, want about %d", got, lost)
	}
	l.Do(func() {
		if from.PLIs != 1 || s.keyAt == 0 {
			t.Errorf("%d requests for a keyframe, the last keyframe in burst %d", from.PLIs, s.keyAt)
		}
	})
}

// Bursts are spread evenly over the period, and a plan never drifts.
func TestPlanIsEven(t *testing.T) {
	l := &Loop{cfg: Config{Rate: 30}, sources: make([]*Source, 8), start: 1e9}
	period := int64(time.Second) / 30
	last := int64(0)
	for round := range int64(100) {
		for i := range l.sources {
			l.round, l.next = round, i
			plan := l.plan()
			if d := plan - last; last != 0 && (d < period/8-1 || d > period/8+8) {
				t.Fatalf("burst %d of round %d comes %d ns after the one before", i, round, d)
			}
			last = plan
		}
	}
	if want := 1e9 + 99*period + period*7/8; last != want {
		t.Errorf("the last burst is at %d, want %d", last, want)
	}
}

func TestFaults(t *testing.T) {
	good := func() *Report {
		r := &Report{}
		for range 1000 {
			r.Late.Add(1000)
		}
		return r
	}
	if f := good().Fault(); f != "" {
		t.Errorf("a good report: %s", f)
	}
	for name, spoil := range map[string]func(r *Report){
		"nothing sent": func(r *Report) { r.Late = Histogram{} },
		"late": func(r *Report) {
			for range 20 {
				r.Late.Add(int64(2 * lateMost))
			}
		},
		"very late": func(r *Report) {
			for range 5 {
				r.Late.Add(int64(2 * veryLate))
			}
		},
		"skips":   func(r *Report) { r.Skips = 1 },
		"refused": func(r *Report) { r.Refused = 1 },
		"overrun": func(r *Report) { r.Overrun = 1 },
	} {
		r := good()
		if spoil(r); r.Fault() == "" {
			t.Errorf("%s: counts", name)
		}
	}
}

func TestOverrun(t *testing.T) {
	line := " 1234: 0100007F:C350 0100007F:4E20 01 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000000000 17"
	if n := overrun(line, map[uint64]bool{50000: true}); n != 17 {
		t.Errorf("%d drops, want 17", n)
	}
	if n := overrun(line, map[uint64]bool{50001: true}); n != 0 {
		t.Errorf("another's drops counted: %d", n)
	}
}

func TestWide(t *testing.T) {
	packet := func(ext ...byte) []byte {
		return append(append(make([]byte, 12), 0xbe, 0xde, 0, byte(len(ext)/4)), ext...)
	}
	for name, c := range map[string]struct {
		b    []byte
		want uint16
		ok   bool
	}{
		"alone":      {packet(0x41, 1, 2, 0), 0x102, true},
		"behind":     {packet(0x30, '1', 0, 0, 0x41, 3, 4, 0), 0x304, true},
		"another":    {packet(0x51, 1, 2, 0), 0, false},
		"cut":        {packet(0x30, '1', 0, 0x41), 0, false},
		"other kind": {packet(0x40, 1, 0, 0), 0, false},
	} {
		c.b[0] = 0x90
		if n, ok := wide(c.b, 4); n != c.want || ok != c.ok {
			t.Errorf("%s: %#x, %v", name, n, ok)
		}
		c.b[0] = 0x80
		if _, ok := wide(c.b, 4); ok {
			t.Errorf("%s: read without the extension bit", name)
		}
	}
}

func FuzzWide(f *testing.F) {
	f.Add(append([]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0xbe, 0xde, 0, 1, 0x41, 1, 2, 0), uint8(4))
	f.Fuzz(func(_ *testing.T, b []byte, id uint8) {
		if len(b) >= headerSize {
			_, _ = wide(b, id)
		}
	})
}
