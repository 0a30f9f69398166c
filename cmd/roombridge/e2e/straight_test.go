package e2e

import (
	"math"
	"strings"
	"testing"
	"time"
)

// Two terminals alone that speak the same hear each other without a worker. One
// that speaks something else brings it in, and who was there hears all the time.
func TestSoundStraight(t *testing.T) {
	g := startGateway(t, gwOptions{})
	a, b := startBaresip(t, baresipOptions{tone: 440}), startBaresip(t, baresipOptions{tone: 1000})
	for _, x := range []*baresip{a, b} {
		x.dial("sip:1001@" + g.sipUDP)
	}
	waitFor(t, "1 kHz at the first terminal", func() bool { return a.hears(1000) > heard })
	waitFor(t, "440 Hz at the second", func() bool { return b.hears(440) > heard })
	for _, c := range g.calls() {
		if in, out := c.Audio.In, c.Audio.Out; in.Path != "relay" || out.Path != "relay" || !strings.Contains(out.Reason, "both speak opus") {
			t.Errorf("%s: %+v, %+v", c.ID, in, out)
		}
	}
	quiet := time.Hour
	for try := 0; try < 4 && quiet > 40*time.Millisecond; try++ { // what another process disturbed is done again
		within(t, patience, "the worker to end", func() bool { return len(g.workers()) == 0 })
		quiet = visited(t, g, a, b)
	}
	if quiet > 40*time.Millisecond {
		t.Errorf("a terminal heard nothing for %v", quiet)
	}
}

// visited has a third terminal come and go, that needs a worker. It gives the longest time
// meanwhile in which one of the two others heard nothing.
func visited(t *testing.T, g *gw, a, b *baresip) (quiet time.Duration) {
	t.Helper()
	alone := time.Now()
	c := startBaresip(t, baresipOptions{tone: 2200, audio: "PCMA/8000/1"})
	c.dial("sip:1001@" + g.sipUDP)
	waitFor(t, "2.2 kHz at the first terminal", func() bool { return a.hears(2200) > heard })
	waitFor(t, "440 Hz at the third", func() bool { return c.hears(440) > heard })
	if n := len(g.workers()); n != 1 {
		t.Errorf("%d workers", n)
	}
	c.hangup()
	waitFor(t, "sound to be passed on again", func() bool {
		for _, call := range g.calls() {
			if call.Audio.Out.Path != "relay" {
				return false
			}
		}
		return true
	})
	waitFor(t, "440 Hz at the second terminal", func() bool { return b.hears(440) > heard })
	for name, x := range map[string]*baresip{"first": a, "second": b} {
		silent := x.silence(time.Since(alone))
		t.Logf("the %s terminal heard nothing for at most %v", name, silent)
		quiet = max(quiet, silent)
	}
	return quiet
}

// silence is the longest time without sound lately.
func (b *baresip) silence(lately time.Duration) (longest time.Duration) {
	x, rate := b.heardFor(lately.Seconds())
	quiet := 0
	for _, s := range x {
		if quiet++; math.Abs(s) > 0.01 {
			quiet = 0
		}
		longest = max(longest, time.Duration(float64(quiet)/rate*1e9))
	}
	return longest
}
