package e2e

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// readings are the gateway's metrics at one moment, by series.
type readings map[string]float64

// metrics scrapes the gateway.
func (g *gw) metrics() readings {
	g.t.Helper()
	req, err := http.NewRequest(http.MethodGet, g.web+"/metrics", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer e2e")
	r, err := client.Do(req)
	if err != nil {
		g.t.Fatalf("metrics: %v", err)
	}
	defer func() { _ = r.Body.Close() }()
	if r.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(r.Body)
		g.t.Fatalf("metrics: %s %s", r.Status, body)
	}
	out := readings{}
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		name, value, ok := strings.Cut(s.Text(), "} ")
		if ok {
			name += "}"
		} else if name, value, ok = strings.Cut(s.Text(), " "); !ok {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			out[name] = v
		}
	}
	return out
}

// held is what calls take of a gateway and have to give back.
var held = []string{
	`roombridge_media_ports{state="used"}`, "roombridge_media_workers", "roombridge_rooms",
	"roombridge_sip_dialogs", "roombridge_sip_transactions", "roombridge_sip_connections",
}

// about is how far a process may be from where it was: a connection of the
// test's own to the API that idles or is closed, the collector's workers.
var about = map[string]float64{"go_goroutines": 6, "process_open_fds": 4}

// nothingLeft waits until the gateway is as it was before, and reports what is
// left over. Transactions over UDP live for 32 s after the last call (RFC 3261
// timer J), and so does a BYE that is not answered.
func (g *gw) nothingLeft(t *testing.T, before readings) {
	t.Helper()
	var left []string
	defer func() {
		if len(left) > 0 {
			t.Logf("left over: %s", strings.Join(left, ", "))
		}
	}()
	within(t, 40*time.Second+patience, "the gateway to be as before", func() bool {
		left = g.left(before)
		return len(left) == 0
	})
}

// within is waitFor for what takes longer.
func within(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(d)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (g *gw) left(before readings) (left []string) {
	if n := len(g.calls()); n > 0 {
		left = append(left, strconv.Itoa(n)+" calls")
	}
	now := g.metrics()
	for _, name := range held {
		v, ok := now[name]
		if !ok || v > 0 {
			left = append(left, name+" "+show(v))
		}
	}
	for name, margin := range about {
		if now[name] > before[name]+margin {
			left = append(left, name+" "+show(now[name])+", before "+show(before[name]))
		}
	}
	return left
}

// free waits until the calls have given back what others may want, which is
// not to wait for anybody's answer: a BYE that is not answered takes 32 s.
func (g *gw) free(t *testing.T) {
	t.Helper()
	within(t, 15*time.Second, "calls, rooms, ports and workers to be gone", func() bool {
		now := g.metrics()
		return len(g.calls()) == 0 && now[held[0]]+now[held[1]]+now[held[2]]+now["roombridge_participants{kind=\"terminal\"}"] == 0
	})
}

// The collector's next goal follows what lives, a quarter above it: the only
// series that does not count garbage.
const (
	nextGC   = "go_memstats_next_gc_bytes"
	aboveGC  = 1.25
	resident = "process_resident_memory_bytes"
)

// memoryBack waits until about as much lives in memory as before. The scrapes
// themselves bring the collector to run.
func (g *gw) memoryBack(t *testing.T, before readings) {
	t.Helper()
	waitFor(t, "the memory to be given back", func() bool { return g.metrics()[nextGC] < before[nextGC]+4<<20 })
}

// growth follows the gateway's memory while calls come and go.
type growth struct {
	from, middle, end readings
	half              float64 // calls
}

// watch notes the reading at half the calls.
func (m *growth) watch(g *gw, stop chan struct{}) {
	const calls = "roombridge_calls_started_total"
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if now := g.metrics(); now[calls]-m.from[calls] >= m.half {
			m.middle = now
			return
		}
	}
}

// mostPerCall bounds what one call may leave for the 32 s in which its
// transactions live: some ten messages, with bodies of 2 kB at most.
const mostPerCall = 32 << 10

// judge prints and bounds the growth over the second half.
func (m *growth) judge(t *testing.T) {
	t.Helper()
	if m.middle == nil {
		t.Error("no reading at half the calls")
		return
	}
	for _, name := range []string{resident, nextGC, "go_goroutines", "process_open_fds", "roombridge_sip_transactions"} {
		t.Logf("%-32s %10.0f at the start, %10.0f at half, %10.0f at the end", name, m.from[name], m.middle[name], m.end[name])
	}
	perCall := (m.end[nextGC] - m.middle[nextGC]) / aboveGC / m.half
	t.Logf("live memory grew by %.1f kB for each call of the second half, transactions by %.1f", perCall/1024,
		(m.end["roombridge_sip_transactions"]-m.middle["roombridge_sip_transactions"])/m.half)
	if perCall > mostPerCall {
		t.Errorf("live memory grew by %.0f bytes for each call", perCall)
	}
}

func show(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
