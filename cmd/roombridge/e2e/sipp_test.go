package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// inARow is the mix of 1,000 calls: how many of each scenario, and the room.
// Three rooms are busy all the time; the others come and go with single calls,
// and a media worker with each of them.
var inARow = []struct {
	scenario string
	calls    int
	room     string
}{
	{"plain", 250, "2001"}, {"late", 120, "2001"}, {"hold", 100, "2002"}, {"update", 100, "2002"}, {"refresh", 80, "2003"},
	{"prack", 60, "2003"}, {"cancel", 60, "2004"}, {"cancelearly", 40, "2002"}, {"empty", 60, "2003"}, {"lostack", 15, "2003"},
	{"noack", 15, "2003"}, {"info", 50, "2004"}, {"lateprack", 40, "2005"}, {"vanish", 10, vanishing}, {"stranger", 20, "2007"},
}

// vanishing is the room whose terminals lose their power.
const vanishing = "2006"

// together is the mix of 100 calls that are up at the same time.
var together = []struct {
	scenario string
	calls    int
}{
	{"plain", 25}, {"late", 15}, {"hold", 15}, {"update", 10}, {"refresh", 10}, {"prack", 5}, {"lateprack", 5},
	{"empty", 10}, {"lostack", 5},
}

// spread is over which the calls of a row begin: 40 a second.
const spread = 25 * time.Second

// Whatever terminals do in 1,000 calls in a row and 100 at once, over UDP and
// over TCP: no call fails, and nothing is left of them afterwards.
func TestManyCalls(t *testing.T) {
	t.Setenv("ROOMBRIDGE_LOG_LEVEL", "info") // a trace of every message would be what is measured
	t.Setenv("GOGC", "25")                   // the collector's goal stays near what lives
	g := startGateway(t, gwOptions{})
	playAll(t, g, []sipp{{scenario: "plain", calls: 5, spread: time.Second, transport: "udp", room: "1000", dir: t.TempDir()}})
	g.free(t)
	before := g.metrics()
	for _, transport := range []string{"tcp", "udp"} { // what UDP leaves for 32 s comes last
		t.Run("1000 in a row over "+transport, func(t *testing.T) { row(t, g, transport) })
		t.Run("100 at once over "+transport, func(t *testing.T) { crowd(t, g, transport) })
	}
	g.nothingLeft(t, before)
	g.memoryBack(t, before)
	after := g.metrics()
	for _, name := range []string{"go_goroutines", "process_open_fds", nextGC, resident} {
		t.Logf("%-32s %10.0f before, %10.0f after", name, before[name], after[name])
	}
	t.Logf("messages repeated by the gateway: %.0f", after["roombridge_sip_retransmissions_total"])
	for _, name := range []string{"roombridge_sip_parse_errors_total", "roombridge_sip_limited_total", "roombridge_media_worker_restarts_total"} {
		if n, ok := after[name]; !ok || n > 0 {
			t.Errorf("%s is %.0f", name, n)
		}
	}
}

// row plays the mix. Over TCP some have a connection for each call, others one
// for all.
func row(t *testing.T, g *gw, transport string) {
	var runs []sipp
	for i, s := range inARow {
		runs = append(runs, sipp{scenario: s.scenario, calls: s.calls, spread: spread, transport: transport,
			shared: i%2 == 1 && s.room != vanishing, room: s.room, dir: t.TempDir()})
	}
	stop := make(chan struct{})
	var helpers sync.WaitGroup
	memory := &growth{from: g.metrics(), half: 500}
	helpers.Go(func() { g.hangUp(stop, vanishing) })
	helpers.Go(func() { memory.watch(g, stop) })
	results := playAll(t, g, runs)
	close(stop)
	helpers.Wait()
	table(t, "1,000 calls in a row over "+transport, results)
	g.free(t)
	memory.end = g.metrics()
	memory.judge(t)
}

// hangUp ends every call to a number until stop is closed.
func (g *gw) hangUp(stop chan struct{}, number string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for _, c := range g.calls() {
			if c.Number == number && c.State == "connected" {
				g.api(http.MethodDelete, "/calls/"+c.ID, nil)
			}
		}
	}
}

// crowd has 100 calls up at the same time, half of them in one room, and hangs
// up all of them at once.
func crowd(t *testing.T, g *gw, transport string) {
	var runs []sipp
	total := 0
	for i, s := range together {
		room := "3000"
		if i >= 2 {
			room = fmt.Sprintf("30%02d", i)
		}
		runs = append(runs, sipp{scenario: s.scenario, calls: s.calls, spread: 2 * time.Second, transport: transport,
			shared: i%2 == 1, room: room, crowd: true, dir: t.TempDir()})
		total += s.calls
	}
	played := make(chan []sippResult)
	go func() { played <- playAll(t, g, runs); close(played) }()
	t.Cleanup(func() {
		for range played { // a test that gives up waits for its processes
		}
	})
	start := time.Now()
	within(t, time.Minute, "everybody to be there", func() bool {
		ready := 0
		for _, s := range runs {
			ready += s.ready()
		}
		return ready == total
	})
	took := time.Since(start)
	there := g.calls()
	for _, c := range there {
		if c.State != "connected" {
			t.Errorf("call %s to %s is %s", c.ID, c.Number, c.State)
		}
	}
	if len(there) != total {
		t.Errorf("%d calls at once, want %d", len(there), total)
	}
	var all sync.WaitGroup
	for _, c := range there {
		all.Go(func() { g.api(http.MethodDelete, "/calls/"+c.ID, nil) })
	}
	all.Wait()
	table(t, fmt.Sprintf("%d calls at once over %s, all up after %.1f s", len(there), transport, took.Seconds()), <-played)
	g.free(t)
}
