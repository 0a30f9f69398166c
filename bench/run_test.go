package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/roombridge/roombridge/bench/proc"
)

// TestMain makes the test binary the benchmark itself where it is started as such.
func TestMain(m *testing.M) {
	if os.Getenv(insideVariable) != "" || os.Getenv("BENCH_TEST") != "" {
		_ = os.Unsetenv("BENCH_TEST")
		main()
		return
	}
	os.Exit(m.Run())
}

// Every kind of leg comes up at the real gateway and gets what the other sends.
func TestRun(t *testing.T) {
	if testing.Short() || len(proc.Allowed()) < 2 {
		t.Skip("this needs time and two processors")
	}
	if exec.Command("unshare", "--user", "--map-root-user", "--net", "true").Run() != nil && os.Geteuid() != 0 {
		t.Skip("no network namespace is allowed")
	}
	out := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-peers", "roombridge,floor", "-cases", "rtp-rtp,rtp-cm,gcm-rtp,rtp-webrtc,webrtc-rtp,fan-10",
		"-streams", "2", "-rounds", "1", "-seconds", "0.5", "-warm", "1", "-patience", "0", "-json", out)
	cmd.Env = append(os.Environ(), "BENCH_TEST=1")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, f := range r.Measurements {
		got[f.Case+" "+f.Relay] = true
		if f.Packets == 0 || f.Loss > 0 || f.CPU <= 0 || f.P50 <= 0 || f.P99 < f.P50 || f.RSS <= 0 {
			t.Errorf("%+v", f)
		}
	}
	if len(got) != 7 { // the floor has rtp-rtp only
		t.Errorf("measured: %v", got)
	}
	if r.Processor == "" || r.Gateway == "" || len(r.Relays) != 2 || len(r.Medians) != 7 {
		t.Errorf("the report is %+v", r)
	}
}
