package front

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMailbox(t *testing.T) {
	const most = 64
	m := NewMailbox(most)
	n, settled, over := 0, 0, false
	for i := range 3 * most {
		if m.Offer(func() { n++ }) != (i < most) {
			t.Errorf("of %d, the bound is %d", i, most)
		}
	}
	late := false
	if !m.Post(func() { over = true; m.Post(func() { late = true }) }) {
		t.Error("what counts is dropped")
	}
	m.Run(func() { settled++ }, func() bool { return over })
	if n != most || settled != most+1 || !late {
		t.Errorf("ran %d, settled %d, late %v", n, settled, late)
	}
	if m.Post(func() {}) || m.Offer(func() {}) {
		t.Error("a closed mailbox takes mail")
	}
}

func TestAlarms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMailbox(1)
		s := NewAlarms(m)
		var rang []string
		ring := func(what string) func() { return func() { rang = append(rang, what) } }
		over := false
		m.Post(func() {
			s.After(2*time.Second, ring("second"))
			s.After(time.Second, ring("first"))
			never := s.After(time.Second, ring("never"))
			s.After(500*time.Millisecond, func() { never.Stop(); never.Stop() })
			s.After(3*time.Second, func() {
				s.After(time.Second, ring("too late"))
				s.Stop()
			})
			s.After(5*time.Second, ring("stopped"))
			time.AfterFunc(6*time.Second, func() { m.Post(func() { over = true }) })
		})
		m.Run(nil, func() bool { return over })
		if got := strings.Join(rang, " "); got != "first second" || len(s.set) != 0 {
			t.Errorf("rang: %s; %d are left", got, len(s.set))
		}
		var none *Alarm
		none.Stop()
	})
}

// An alarm that rang while its leg was busy, and was stopped before the leg came to it, does nothing.
func TestStoppedAlarmThatRang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMailbox(1)
		s := NewAlarms(m)
		over := false
		m.Post(func() {
			a := s.After(time.Second, func() { t.Error("it rang") })
			time.Sleep(2 * time.Second)
			a.Stop()
			m.Post(func() { over = true })
		})
		m.Run(nil, func() bool { return over })
	})
}

func TestKeys(t *testing.T) {
	for in, want := range map[string]string{"1": "1", "12#": "12#", "ab*x": "AB*", "": "", strings.Repeat("1", 99): strings.Repeat("1", MaxKeys)} {
		if got := string(Keys(in)); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

// One press that two sources tell of is one; two presses are two.
func TestKeyFilter(t *testing.T) {
	const stream, info = true, false
	type report struct {
		key    rune
		stream bool
		after  time.Duration
	}
	for name, c := range map[string]struct {
		reports []report
		want    string
	}{
		"both":                   {[]report{{'1', stream, 0}, {'1', info, 100}}, "1"},
		"both, twice":            {[]report{{'1', stream, 0}, {'1', info, 10}, {'1', stream, 300}, {'1', info, 310}}, "11"},
		"one runs ahead":         {[]report{{'1', stream, 0}, {'1', stream, 300}, {'1', info, 400}, {'1', info, 700}}, "11"},
		"one source":             {[]report{{'1', info, 0}, {'1', info, 10}, {'1', info, 20}}, "111"},
		"another key":            {[]report{{'1', stream, 0}, {'2', info, 100}}, "12"},
		"crossed":                {[]report{{'1', stream, 0}, {'2', info, 10}, {'1', info, 20}, {'2', stream, 30}}, "12"},
		"long after each other":  {[]report{{'1', stream, 0}, {'1', info, 2000}}, "11"},
		"signalling comes first": {[]report{{'5', info, 0}, {'5', stream, 200}}, "5"},
	} {
		var f KeyFilter
		got, start := "", time.Unix(1000, 0)
		for _, r := range c.reports {
			if f.Admit(r.key, r.stream, start.Add(r.after*time.Millisecond)) {
				got += string(r.key)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	var f KeyFilter
	for range 10000 {
		f.Admit('1', info, time.Unix(1000, 0))
	}
	if len(f.unpaired) > maxUnpaired {
		t.Errorf("%d are remembered", len(f.unpaired))
	}
}

func TestRates(t *testing.T) {
	now := time.Unix(1000, 0)
	r := NewRates(1, 2)
	a, mapped, v6, same := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("::ffff:10.0.0.1"),
		netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	for i, want := range []bool{true, true, false} {
		if r.Allow([]netip.Addr{a, mapped, a}[i], now) != want {
			t.Errorf("number %d of a burst of two: %v", i+1, !want)
		}
	}
	if !r.Allow(a, now.Add(time.Second)) {
		t.Error("the bucket does not fill again")
	}
	if !r.Allow(v6, now) || !r.Allow(same, now) || r.Allow(v6, now) {
		t.Error("IPv6 sources do not count by their /64")
	}
	for i := range 3 * maxSources {
		r.Allow(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), now)
		if r.Len() > maxSources {
			t.Fatalf("%d sources are remembered", r.Len())
		}
	}
	if free := NewRates(-1, 0); !free.Allow(a, now) || free.Len() != 0 {
		t.Error("no bound bounds")
	}
}
