package e2e

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// person is one browser of the large meeting: its tone and its camera's colour.
type person struct {
	tone   float64
	colour string
	page   *tab
}

// Three browsers and two terminals: everyone hears everyone but themselves,
// the terminals' picture follows the speaker, and cameras and people that come
// back leave no black picture.
func TestThreeBrowsersTwoTerminals(t *testing.T) {
	g := startGateway(t, gwOptions{})
	people := []*person{{tone: 700, colour: "red"}, {tone: 1100, colour: "green"}, {tone: 1500, colour: "blue"}}
	for i, p := range people {
		c := startChrome(t, p.tone, chromedp.Flag("use-file-for-fake-video-capture", camera(t, p.colour)))
		p.page = c.join(t, g, "1001", fmt.Sprintf("Người %d", i+1), "&raw=1")
	}
	terminals := []*baresip{startBaresip(t, baresipOptions{tone: 440}), startBaresip(t, baresipOptions{tone: 2200})}
	terminalTones := []float64{440, 2200}
	for _, b := range terminals {
		b.dial("sip:1001@" + g.sipUDP)
	}
	for _, p := range people {
		waitFor(t, "four pictures on every page", func() bool { return p.page.decoding() == 4 })
	}

	if dir := os.Getenv("E2E_SHOTS"); dir != "" { // for people who want to look
		for size, wh := range map[string][2]int64{"phone": {390, 844}, "laptop": {1366, 768}, "room": {1920, 1080}} {
			_ = chromedp.Run(people[0].page.ctx, chromedp.EmulateViewport(wh[0], wh[1]))
			waitFor(t, "the pictures to be laid out", func() bool { return moving(people[0].page) == 4 })
			people[0].page.shot(filepath.Join(dir, size+".png"))
		}
		_ = chromedp.Run(people[0].page.ctx, chromedp.EmulateViewport(1366, 768))
	}

	t.Run("everyone hears everyone but themselves", func(t *testing.T) {
		tones := []float64{people[0].tone, people[1].tone, people[2].tone, terminalTones[0], terminalTones[1]}
		for i, own := range tones {
			for _, other := range tones {
				part := func() float64 {
					if i < len(people) {
						return people[i].page.hears(other)
					}
					return terminals[i-len(people)].hears(other)
				}
				if other != own {
					waitFor(t, fmt.Sprintf("%v Hz to hear %v Hz", own, other), func() bool { return part() > 0.03 })
				} else if p := part(); p > 0.01 {
					t.Errorf("%v Hz hears itself: %.3f", own, p)
				}
			}
		}
	})

	t.Run("the terminals' picture follows the speaker", func(t *testing.T) {
		if status := g.send("PATCH", "/rooms/1001", `{"layout": "speaker"}`); status/100 != 2 {
			t.Fatalf("the layout: %d", status)
		}
		for _, b := range terminals {
			b.command("mute", "")
		}
		for _, p := range people {
			p.page.click("mic")
		}
		var all []time.Duration
		for round := range 6 {
			p := people[round%len(people)]
			p.page.click("mic")
			start := time.Now() // the person begins to speak
			took := make([]time.Duration, len(terminals))
			var wg sync.WaitGroup
			for i, b := range terminals {
				wg.Go(func() {
					for took[i] = time.Since(start); took[i] < patience && !sees(b, p.colour); {
						took[i] = time.Since(start)
					}
					took[i] = time.Since(start)
				})
			}
			wg.Wait()
			for i, d := range took {
				t.Logf("terminal %d sees %s after %v", i+1, p.colour, d.Round(10*time.Millisecond))
			}
			all = append(all, took...)
			p.page.click("mic")
		}
		// Three browsers and two terminals encode and decode on the machine that
		// is measured, so that single changes take longer.
		slices.Sort(all)
		if median := all[len(all)/2]; median > time.Second {
			t.Errorf("the terminals followed the speaker after %v, median of %d", median, len(all))
		}
	})

	t.Run("a camera that comes back leaves no black picture", func(t *testing.T) {
		first, second := people[0].page, people[1].page
		first.click("camera")
		waitFor(t, "the picture to be gone", func() bool { return moving(second) == 3 })
		first.click("camera")
		start := time.Now()
		waitFor(t, "the picture to come back", func() bool { return moving(second) == 4 })
		t.Logf("the camera is back after %v", time.Since(start).Round(10*time.Millisecond))
	})

	t.Run("a person who comes back leaves no black picture", func(t *testing.T) {
		people[2].page.click("leave")
		waitFor(t, "the place to be empty", func() bool { return moving(people[0].page) == 3 })
		people[2].page.cancel()
		c := startChrome(t, people[2].tone, chromedp.Flag("use-file-for-fake-video-capture", camera(t, people[2].colour)))
		people[2].page = c.join(t, g, "1001", "Người 3", "&raw=1")
		waitFor(t, "four pictures for who came back", func() bool { return moving(people[2].page) == 4 })
		waitFor(t, "four pictures for who stayed", func() bool { return moving(people[0].page) == 4 })
		terminals[1].hangup()
		waitFor(t, "three pictures without the terminal", func() bool { return moving(people[0].page) == 3 })
		terminals[1].dial("sip:1001@" + g.sipUDP)
		waitFor(t, "four pictures with the terminal", func() bool { return moving(people[0].page) == 4 })
	})
}

// moving counts the page's video elements that are shown, have a picture and
// advance, apart from one's own.
func moving(p *tab) int {
	var n int
	err := p.eval(`(async () => {
  const all = [...document.querySelectorAll('video')].filter(v => v.videoWidth > 0 && v.offsetParent !== null && v.srcObject &&
    v.srcObject.getVideoTracks().some(t => t.readyState === 'live' && !t.muted && window.spy.pcs.some(p => p.getReceivers().some(r => r.track === t))));
  const at = all.map(v => v.currentTime);
  await new Promise(r => setTimeout(r, 300));
  return all.filter((v, i) => v.currentTime > at[i]).length;
})()`, &n)
	if err != nil {
		return -1
	}
	return n
}

// sees tells whether the picture that a terminal decodes now is mostly of a
// primary colour.
func sees(b *baresip, colour string) bool {
	shot := b.snapshot()
	for range 100 {
		if img := decodePNG(shot); img != nil {
			return dominant(img) == colour
		}
		<-time.After(5 * time.Millisecond)
	}
	return false
}

// decodePNG gives the picture in a file, or nil while it is not whole.
func decodePNG(path string) image.Image {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	img, _, err := image.Decode(f)
	if err != nil {
		return nil
	}
	return img
}

func dominant(img image.Image) string {
	var r, g, b uint64
	box := img.Bounds()
	for y := box.Min.Y; y < box.Max.Y/2; y += 8 {
		for x := box.Min.X; x < box.Max.X; x += 8 {
			pr, pg, pb, _ := img.At(x, y).RGBA()
			r, g, b = r+uint64(pr), g+uint64(pg), b+uint64(pb)
		}
	}
	switch {
	case r > 2*g && r > 2*b:
		return "red"
	case g > 2*r && g > 2*b:
		return "green"
	case b > 2*r && b > 2*g:
		return "blue"
	}
	return "none"
}
