package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/bench/chart"
)

// cutReading is what the API said of a call at a time.
type cutReading struct {
	at      time.Duration
	bitrate int
	width   int
	fps     float64
}

// A terminal's line is cut from 2 Mbit/s to 300 kbit/s for a while: the
// picture that is encoded for it becomes small, the sound stays, and the picture is
// back at full quality soon after.
func TestLineCut(t *testing.T) {
	if !namespaced(t) {
		return
	}
	wire := newLine(t)
	wire.delay.Store(int64(20 * time.Millisecond))
	g := startGateway(t, gwOptions{address: near})
	browser := startChrome(t, 1000, chromedp.Flag("use-file-for-fake-video-capture", matrixRaw(t, 1280, 720, 25)))
	var faults []string
	for attempt := range 3 { // what the rest of the machine disturbed is measured again
		if faults = cutOnce(t, wire, g, browser, fmt.Sprint("cut", attempt)); len(faults) == 0 {
			return
		}
		t.Logf("attempt %d: %s", attempt+1, strings.Join(faults, "; "))
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// cutOnce cuts the line during one call and tells what was wrong.
func cutOnce(t *testing.T, wire *line, g *gw, browser *chrome, room string) (faults []string) {
	t.Helper()
	const (
		before = 20 * time.Second
		during = 20 * time.Second
		after  = 15 * time.Second
	)
	wire.rate.Store(2_300_000) // with what headers take
	page := browser.join(t, g, room, "An", "&raw=1")
	defer page.cancel()
	d := dialFar(t, "--duration", "0s", "--mode0", "--record", t.TempDir(), "sip:"+room+"@"+g.sipUDP)
	waitFor(t, "a transcoded picture", func() bool {
		c := g.calls()
		return len(c) == 1 && c[0].Video.Out.Path == "transcode" && c[0].Video.Out.Width > 0
	})
	start := time.Now()
	var readings []cutReading
	watch := func(until time.Duration) {
		for time.Since(start) < until {
			if c := g.calls(); len(c) == 1 {
				v := c[0].Video.Out
				readings = append(readings, cutReading{time.Since(start), v.Bitrate, v.Width, v.FPS})
			}
			<-time.After(250 * time.Millisecond)
		}
	}
	watch(before)
	wire.rate.Store(300_000)
	watch(before + during)
	wire.rate.Store(2_300_000)
	watch(before + during + after)
	d.hangup()
	c := d.completed()
	waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })

	full := cutMean(readings, before-5*time.Second, before)
	cut := cutMean(readings, before+5*time.Second, before+during)
	t.Logf("before the cut %.0f kbit/s at %d wide; during it %.0f kbit/s at %d; the sound's longest gap was %.0f ms, %d of %d packets of it lost",
		full.kbps, full.width, cut.kbps, cut.width, c.Audio.In.LongestGapMS, c.Audio.In.Lost, c.Audio.In.Packets)
	if cut.kbps > 300 || cut.kbps < 60 {
		faults = append(faults, fmt.Sprintf("%.0f kbit/s during the cut", cut.kbps))
	}
	back := time.Duration(0)
	for _, r := range readings {
		if r.at > before+during && back == 0 && r.width >= full.width && float64(r.bitrate) > 0.8*1000*full.kbps {
			back = r.at - before - during
		}
	}
	t.Logf("the picture was back after %v", back.Round(100*time.Millisecond))
	if back == 0 || back > 5*time.Second+500*time.Millisecond { // readings are a quarter of a second apart, and means of one
		faults = append(faults, fmt.Sprintf("the picture was back at full quality after %v", back))
	}
	if share := share(c, 1000); share < 0.9 {
		faults = append(faults, fmt.Sprintf("the browser's tone fills %.2f of the time", share))
	}
	if file := os.Getenv("E2E_CHART"); file != "" { // for the documentation
		drawCut(t, file, readings)
	}
	return faults
}

type cutFigures struct {
	kbps  float64
	width int
}

func cutMean(all []cutReading, from, to time.Duration) (f cutFigures) {
	n := 0
	for _, r := range all {
		if r.at >= from && r.at < to {
			f.kbps += float64(r.bitrate) / 1000
			f.width = max(f.width, r.width)
			n++
		}
	}
	f.kbps /= float64(max(n, 1))
	return f
}

// drawCut draws rate, height and rate of pictures over time.
func drawCut(t *testing.T, file string, all []cutReading) {
	t.Helper()
	var x, rate, width, fps []float64
	for _, r := range all {
		x = append(x, r.at.Seconds())
		rate = append(rate, float64(r.bitrate)/1000)
		width = append(width, float64(r.width))
		fps = append(fps, r.fps)
	}
	f, err := os.Create(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	series := func(name, color string, y []float64) []chart.Series {
		return []chart.Series{{Name: name, Color: color, X: x, Y: y}}
	}
	err = chart.Write(f,
		chart.Panel{Title: "A line cut from 2 Mbit/s to 300 kbit/s from 20 s to 40 s", X: "s", Y: "kbit/s", Time: true, Series: series("picture", "#06c", rate)},
		chart.Panel{Title: "Width of the picture", X: "s", Y: "pixels", Time: true, Series: series("width", "#083", width)},
		chart.Panel{Title: "Pictures a second", X: "s", Y: "1/s", Time: true, Series: series("rate", "#a40", fps)},
	)
	if err != nil {
		t.Error(err)
	}
}

// dialFar is startDial from the far end of the line.
func dialFar(t *testing.T, args ...string) *dialing {
	t.Helper()
	return startDialAs(t, []string{"ip", "netns", "exec", "far"}, far, args...)
}
