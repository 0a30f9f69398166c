package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/confine"
)

// build makes the worker, with cgo or without, and gives its path.
func build(t *testing.T, cgo string, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), transcode.WorkerName)
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, args...), ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

func output(t *testing.T, path string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = []string{}
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", path, args, err, words.String())
	}
	return out
}

// Each build says what it can do: the one without codecs bridges G.711 and
// G.722 and G.722.1, and hears Opus.
func TestCapabilities(t *testing.T) {
	for name, path := range map[string]string{"no cgo": build(t, "0"), "nocodecs": build(t, os.Getenv("CGO_ENABLED"), "-tags", "nocodecs")} {
		var c transcode.Capabilities
		if err := json.Unmarshal(output(t, path, "-capabilities"), &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Version != wire.Version || !c.Mixes("PCMU") || !c.Mixes("PCMA") || !c.Mixes("G722") || !c.Mixes("G7221") || c.Mixes("G729") ||
			!c.Decodes("opus") || c.Encodes("opus") || c.Stills() || c.Decodes("H264") {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// After confinement nothing that reaches beyond the process works any more.
func TestSelfCheck(t *testing.T) {
	if runtime.GOOS != "linux" {
		return
	}
	builds := map[string]string{"no cgo": build(t, "0")}
	if os.Getenv("CGO_ENABLED") != "0" {
		builds["usual"] = build(t, "1")
	}
	for name, path := range builds {
		var list []confine.Check
		if err := json.Unmarshal(output(t, path, "-selfcheck"), &list); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(list) < 15 {
			t.Errorf("%s: only %d things were tried", name, len(list))
		}
		for _, c := range list {
			want := "operation not permitted"
			if strings.HasPrefix(c.What, "memory") {
				want = "cannot allocate memory"
			}
			if !c.Refused || c.Error != want {
				t.Errorf("%s: %s: %s", name, c.What, c.Error)
			}
		}
	}
}

// Started by hand, it says that this is no use.
func TestStartedByHand(t *testing.T) {
	cmd := exec.Command(build(t, "0"))
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "started by the gateway") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestReport(t *testing.T) {
	for in, want := range map[string]transcode.Confinement{
		"7":                      {NoNewPrivs: true, Limits: true, Landlock: 7},
		"0\nlandlock: not there": {NoNewPrivs: true, Limits: true, Missing: []string{"landlock: not there"}},
		"1\nno_new_privs: x":     {Limits: true, Landlock: 1, Missing: []string{"no_new_privs: x"}},
		"1\nlimits: x\nnice: y":  {NoNewPrivs: true, Landlock: 1, Missing: []string{"limits: x", "nice: y"}},
	} {
		got := report(options{restricted: in})
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("%q: %s, want %s", in, a, b)
		}
	}
}
