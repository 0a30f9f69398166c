package e2e

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// inARowH323 is the mix of 1,000 calls of H.323: what the terminals do, how many of
// them, for how long, and the room.
var inARowH323 = []struct {
	name    string
	options []string
	calls   int
	lasting string
	room    string
}{
	{"tunnelled", nil, 300, "300ms", "2001"},
	{"own connection", []string{"--h245", "separate"}, 300, "300ms", "2001"},
	{"fast connect", []string{"--fast-connect"}, 200, "300ms", "2002"},
	{"fast connect, own connection", []string{"--fast-connect", "--h245", "separate"}, 100, "300ms", "2002"},
	{"digits", []string{"--dtmf", "12#", "--dtmf-signalled"}, 50, "1500ms", "2003"},
	{"hold", []string{"--hold", "300ms"}, 30, "2600ms", "2004"},
	{"packets of mode 0", []string{"--mode0", "--codecs", "PCMA"}, 20, "500ms", "2005"},
}

// heldH323 is what calls of H.323 take beside the rest.
var heldH323 = []string{"roombridge_h323_calls", "roombridge_h323_connections"}

// Whatever terminals of H.323 do in 1,000 calls in a row and 100 at once: no call
// fails, and nothing is left of them afterwards.
func TestManyH323Calls(t *testing.T) {
	t.Setenv("ROOMBRIDGE_LOG_LEVEL", "info")
	t.Setenv("GOGC", "25")
	g := startGateway(t, gwOptions{})
	startDial(t, "h323:1000@"+g.h323, "--calls", "5", "--duration", "1s", "--decode", "0").allCompleted(5)
	g.free(t)
	before := g.metrics()
	t.Run("1000 in a row", func(t *testing.T) { rowH323(t, g) })
	t.Run("100 at once", func(t *testing.T) { crowdH323(t, g) })
	g.nothingLeft(t, before)
	within(t, time.Minute, "every connection of H.323 to be gone", func() bool {
		now := g.metrics()
		for _, name := range heldH323 {
			if v, ok := now[name]; !ok || v > 0 {
				return false
			}
		}
		return true
	})
	g.memoryBack(t, before)
	after := g.metrics()
	for _, name := range []string{"go_goroutines", "process_open_fds", nextGC, resident} {
		t.Logf("%-32s %10.0f before, %10.0f after", name, before[name], after[name])
	}
	for _, name := range []string{"roombridge_h323_parse_errors_total", "roombridge_h323_limited_total", "roombridge_media_worker_restarts_total"} {
		if n, ok := after[name]; !ok || n > 0 {
			t.Errorf("%s is %.0f", name, n)
		}
	}
}

// allCompleted checks that every call of a run was a good one.
func (d *dialing) allCompleted(calls int) *dial.Report {
	d.t.Helper()
	r := d.report()
	if r.Summary.Placed != calls || r.Summary.Completed != calls {
		d.t.Errorf("%d calls, %d completed: %v", r.Summary.Placed, r.Summary.Completed, r.Summary.Causes)
		for _, c := range r.Calls { // the first shows what it is
			if c.Result != dial.Completed {
				d.t.Logf("%s: %s %s", c.Result, c.Cause, c.Reason)
				break
			}
		}
	}
	return r
}

// rowH323 plays the mix, 25 calls a second.
func rowH323(t *testing.T, g *gw) {
	const spread = 40 * time.Second
	memory := &growth{from: g.metrics(), half: 500}
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { memory.watch(g, stop) })
	var runs []*dialing
	for i, m := range inARowH323 {
		first := 34000 + 800*i
		runs = append(runs, startDial(t, append(m.options, "h323:"+m.room+"@"+g.h323, "--calls", strconv.Itoa(m.calls), "--ramp", spread.String(),
			"--duration", m.lasting, "--decode", "0", "--video", none(m.calls > 100), "--ports", portRange(first, m.calls))...))
	}
	for i, m := range inARowH323 {
		s := runs[i].allCompleted(m.calls).Summary
		if s.SetupMS != nil {
			t.Logf("%-30s %4d calls, setup median %.0f ms, longest %.0f ms", m.name, m.calls, s.SetupMS.P50, s.SetupMS.Max)
		}
	}
	close(stop)
	watching.Wait()
	g.free(t)
	memory.end = g.metrics()
	memory.judge(t)
}

// none leaves the picture to the smaller runs: a machine that is small plays both ends.
func none(without bool) string {
	if without {
		return dial.None
	}
	return ""
}

func portRange(first, calls int) string { return fmt.Sprintf("%d-%d", first, first+4*calls-1) }

// crowdH323 has 100 calls up at the same time in every way of H.245, and hangs up all
// of them at once.
func crowdH323(t *testing.T, g *gw) {
	const each = 25
	var runs []*dialing
	for i, way := range transports {
		runs = append(runs, startDial(t, append(way.options, "h323:30"+strconv.Itoa(10+i)+"@"+g.h323, "--calls", strconv.Itoa(each), "--ramp", "2s",
			"--duration", "0s", "--decode", "0", "--video", "none", "--ports", portRange(34000+100*i, each))...))
	}
	start := time.Now()
	var there []call
	within(t, time.Minute, "everybody to be there", func() bool {
		there = g.calls()
		up := 0
		for _, c := range there {
			if c.State == "connected" && c.Audio.In.Packets > 0 {
				up++
			}
		}
		return up == each*len(transports)
	})
	t.Logf("%d calls were up after %.1f s", len(there), time.Since(start).Seconds())
	var all sync.WaitGroup
	for _, c := range there {
		all.Go(func() { g.api(http.MethodDelete, "/calls/"+c.ID, nil) })
	}
	all.Wait()
	for _, d := range runs {
		d.allCompleted(each)
	}
	g.free(t)
}
