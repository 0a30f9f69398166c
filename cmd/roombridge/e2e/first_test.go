package e2e

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// nextPicture resolves when another picture than those so far was decoded, and
// tells how long that took.
const nextPicture = `(async () => {
  const count = async () => (await window.spy.stats()).video.reduce((n, v) => n + v.frames, 0);
  const start = performance.now(), before = await count();
  while (await count() === before) {
    if (performance.now() - start > 10000) return -1;
    await new Promise(r => setTimeout(r, 10));
  }
  return performance.now() - start;
})()`

// Ten calls of SIP and ten of H.323 one after another: how long after the answer
// the first picture is there, in the browser and in the terminal. The browser's
// figure includes the start of the terminal's process and the call's set-up.
func TestFirstPicture(t *testing.T) {
	g := startGateway(t, gwOptions{})
	page := startChrome(t, 1000).join(t, g, "1001", "An", "")
	waitFor(t, "the browser to send", func() bool {
		for _, o := range page.stats().Out {
			if o.Frames > 0 {
				return true
			}
		}
		return false
	})
	for _, target := range []string{"sip:1001@" + g.sipUDP, "h323:1001@" + g.h323} {
		scheme, _, _ := strings.Cut(target, ":")
		t.Run(scheme, func(t *testing.T) { firstPicture(t, g, page, target) })
	}
}

func firstPicture(t *testing.T, g *gw, page *tab, target string) {
	var browser, terminal []float64
	for range 10 {
		type outcome struct {
			ms  float64
			err error
		}
		seen := make(chan outcome, 1)
		go func() {
			var ms float64
			err := page.eval(nextPicture, &ms)
			seen <- outcome{ms, err}
		}()
		cmd := exec.Command(filepath.Join(bin, "roombridge"), "dial", target, "--duration", "2s", "--json", "--expect-video",
			"--bind", "127.0.0.1", "--worker", filepath.Join(bin, "roombridge-media"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("dial: %v %s", err, out)
		}
		var report struct {
			Calls []struct {
				First *float64 `json:"first_picture_ms"`
			} `json:"calls"`
		}
		if err := json.Unmarshal(out, &report); err != nil || len(report.Calls) != 1 || report.Calls[0].First == nil {
			t.Fatalf("dial: %v in %s", err, out)
		}
		o := <-seen
		if o.err != nil || o.ms < 0 {
			t.Fatalf("no picture in the browser: %v", o.err)
		}
		browser, terminal = append(browser, o.ms), append(terminal, *report.Calls[0].First)
		waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })
	}
	slices.Sort(browser)
	slices.Sort(terminal)
	t.Logf("first picture, median of 10: in the browser %.0f ms (longest %.0f), in the terminal %.0f ms (longest %.0f)",
		browser[5], browser[9], terminal[5], terminal[9])
	if browser[5] >= 1000 || terminal[5] >= 1000 {
		t.Errorf("browser %.0f, terminal %.0f", browser, terminal)
	}
}
