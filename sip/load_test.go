//go:build load

package sip

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestSipp runs the scenarios of testdata/sipp with sipp: 1,000 calls in a
// row and 100 at once, by UDP and TCP. No call may fail and nothing of them
// may be left. `go test -tags load -run TestSipp -timeout 20m ./sip`
func TestSipp(t *testing.T) {
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Fatal("sipp is not installed (apt-get install sip-tester)")
	}
	h := newHouse(t, func(c *Config) { c.Rate, c.Burst = 1000, 2000 })
	before := runtime.NumGoroutine()
	for i, proto := range []string{"udp", "tcp"} {
		_, target, _ := strings.Cut(h.Addrs()[i], "://")
		for _, x := range []struct {
			scenario, service string
			calls, at, rate   int
		}{
			{"basic", "1001", 1000, 1, 50},
			{"basic", "1001", 500, 100, 100},
			{"lateoffer", "1001", 300, 100, 50},
			{"hold", "1001", 300, 100, 50},
			{"refresh", "1001", 300, 100, 50},
			{"prack", "1001", 300, 100, 50},
			{"cancel", "slow1001", 300, 100, 50},
			{"lostack", "1001", 100, 100, 50},
		} {
			if proto == "tcp" && x.scenario == "lostack" { // by UDP sipp takes repetitions itself
				x.scenario = "lostack-tcp"
			}
			t.Run(fmt.Sprintf("%s %s %dx%d", proto, x.scenario, x.calls, x.at), func(t *testing.T) {
				sipp(t, proto, target, x.scenario, x.service, x.calls, x.at, x.rate)
			})
		}
	}
	h.empty(t, 45*time.Second) // the transactions live for 32 s after the last answer
	until(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before+4 })
	s := h.Stats()
	t.Logf("%d seated, %d retransmissions, %d parse errors, ended %v, refused %v", h.lobby.total.Load(), s.Retransmissions, s.ParseErrors, s.Ended, s.Refused)
	if s.ParseErrors != 0 || s.Limited != 0 {
		t.Errorf("stats %+v", s)
	}
}

func sipp(t *testing.T, proto, target, scenario, service string, calls, at, rate int) {
	t.Helper()
	mode := map[string]string{"udp": "u1", "tcp": "t1"}[proto]
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(ctx, "sipp", target, "-sf", file, "-s", service, "-t", mode, "-i", "127.0.0.1", "-mi", "127.0.0.1",
		"-m", fmt.Sprint(calls), "-l", fmt.Sprint(at), "-r", fmt.Sprint(rate), "-nostdin", "-trace_err", "-recv_timeout", "10000", "-timeout", "280s")
	cmd.Dir = dir
	start := time.Now()
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Logf("%d calls in %v", calls, time.Since(start).Round(time.Millisecond))
		return
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "*errors.log"))
	for _, l := range logs {
		b, _ := os.ReadFile(l)
		t.Logf("%.3000s", b)
	}
	t.Fatalf("sipp: %v\n%.1500s", err, string(out[max(0, len(out)-1500):]))
}
