package e2e

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// workers gives the process ids of the gateway's media workers.
func (g *gw) workers() []int {
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(g.cmd.Process.Pid)).Output()
	var pids []int
	for _, f := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(f); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// The media worker is killed in a call: the sound is back within a second and
// nobody is dropped.
func TestWorkerKilled(t *testing.T) {
	g := startGateway(t, gwOptions{})
	page := startChrome(t, 1000).join(t, g, "1001", "An", "&raw=1")
	b := startBaresip(t, baresipOptions{tone: 440, audio: "PCMA/8000/1"}) // Opus would be passed on, without a worker
	b.dial("sip:1001@" + g.sipUDP)
	waitFor(t, "440 Hz in the browser", func() bool { return page.hears(440) > heard })
	waitFor(t, "1 kHz at the terminal", func() bool { return b.hears(1000) > heard })
	before := g.calls()[0].ID
	for round := range 3 {
		// Whoever listens notes when the sound went and when it was back.
		var ok bool
		if err := page.eval(watchSound, &ok); err != nil || !ok {
			t.Fatalf("listening: %v", err)
		}
		pids := g.workers()
		if len(pids) != 1 {
			t.Fatalf("workers: %v", pids)
		}
		if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "another worker", func() bool { p := g.workers(); return len(p) == 1 && p[0] != pids[0] })
		waitFor(t, "440 Hz in the browser again", func() bool { return page.hears(440) > heard })
		var silent float64
		if err := page.eval(`window.spy.silence()`, &silent); err != nil {
			t.Fatal(err)
		}
		t.Logf("round %d: the sound was away for %.0f ms", round+1, silent)
		if silent > 1000 {
			t.Errorf("round %d: the sound was away for %.0f ms", round+1, silent)
		}
		waitFor(t, "1 kHz at the terminal again", func() bool { return b.hears(1000) > heard })
	}
	if c := g.calls(); len(c) != 1 || c[0].ID != before || c[0].State != "connected" {
		t.Errorf("the calls afterwards: %+v", c)
	}
	if page.decoding() == 0 || moving(page) != 1 {
		t.Errorf("the picture stands: %s", page.dump())
	}
}

// watchSound notes the longest time without sound from now on.
const watchSound = `(async () => {
  await window.spy.hears(440, 0);
  const an = window.spy.ac.createAnalyser(); an.fftSize = 512;
  window.spy.ac.createMediaStreamSource(new MediaStream([window.spy.track])).connect(an);
  const x = new Float32Array(512); let last = performance.now(), longest = 0;
  const id = setInterval(() => {
    an.getFloatTimeDomainData(x);
    const now = performance.now();
    if (x.some(v => Math.abs(v) > 0.01)) { longest = Math.max(longest, now - last); last = now; }
  }, 5);
  window.spy.silence = () => { clearInterval(id); return longest; };
  return true;
})()`

// SIGTERM: BYE to every terminal, browsers told, gone within five seconds.
func TestTermination(t *testing.T) {
	g := startGateway(t, gwOptions{})
	page := startChrome(t, 1000).join(t, g, "1001", "An", "")
	terminals := []*baresip{startBaresip(t, baresipOptions{tone: 440}), startBaresip(t, baresipOptions{tone: 500, transport: "tcp"})}
	for _, b := range terminals {
		b.dial("sip:1001@" + g.sipUDP)
	}
	waitFor(t, "both pictures", func() bool { return page.decoding() == 2 })
	start := time.Now()
	_ = g.cmd.Process.Signal(os.Signal(syscall.SIGTERM))
	for i, b := range terminals {
		waitFor(t, "a terminal to be told", func() bool {
			return strings.Contains(b.log.String(), "session closed") || strings.Contains(b.log.String(), "terminated")
		})
		t.Logf("terminal %d was told after %v", i+1, time.Since(start).Round(time.Millisecond))
	}
	waitFor(t, "the browser to be told", func() bool {
		var code string
		_ = page.eval(`window.spy.last.bye ? window.spy.last.bye.code : ''`, &code)
		return code == "shutdown"
	})
	<-g.exited
	took := time.Since(start)
	t.Logf("gone after %v", took.Round(time.Millisecond))
	if took > 5*time.Second {
		t.Errorf("the gateway took %v", took)
	}
	if code := g.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d", code)
	}
}
