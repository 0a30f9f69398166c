package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// One room with a terminal of SIP, one of H.323 and two browsers: everyone hears
// everyone but themselves, and sees.
func TestSIPAndH323AndTwoBrowsers(t *testing.T) {
	g := startGateway(t, gwOptions{})
	people := []*person{{tone: 700, colour: "red"}, {tone: 1100, colour: "green"}}
	for i, p := range people {
		c := startChrome(t, p.tone, chromedp.Flag("use-file-for-fake-video-capture", camera(t, p.colour)))
		p.page = c.join(t, g, "1001", fmt.Sprintf("Người %d", i+1), "&raw=1")
	}
	b := startBaresip(t, baresipOptions{tone: 440})
	b.dial("sip:1001@" + g.sipUDP)
	d := startDial(t, "h323:1001@"+g.h323, "--tone", "2200", "--duration", "0s", "--name", "Phòng họp")
	tones := map[string]float64{"SIP": 440, "H.323": 2200, "the first browser": 700, "the second browser": 1100}
	for _, p := range people {
		waitFor(t, "three pictures on every page", func() bool { return p.page.decoding() == 3 })
	}
	hearers := map[string]func(hz float64) float64{
		"SIP": b.hears, "the first browser": people[0].page.hears, "the second browser": people[1].page.hears,
	}
	for who, hears := range hearers {
		for whom, hz := range tones {
			if who != whom {
				waitFor(t, who+" to hear "+whom, func() bool { return hears(hz) > 0.03 })
			} else if p := hears(hz); p > 0.01 {
				t.Errorf("%s hears itself: %.3f", who, p)
			}
		}
	}
	d.hangup()
	c := d.completed()
	for whom, hz := range tones {
		if s := share(c, hz); whom == "H.323" && s > 0.02 || whom != "H.323" && s < 0.05 {
			t.Errorf("H.323 hears %s for %.2f of the time: %+v", whom, s, c.Audio.In.Tones)
		}
	}
	if n, err := decoded(c); err != nil || n < 50 || c.Video.In.Width < 160 {
		t.Errorf("H.323 sees %d pictures, %v: %+v", n, err, c.Video.In)
	}
	if c.FirstPictureMS == nil || *c.FirstPictureMS > 5000 { // TestFirstPicture measures it
		t.Errorf("the first picture came after %v ms", c.FirstPictureMS)
	}
	for _, p := range people {
		waitFor(t, "two pictures without the terminal", func() bool { return moving(p.page) == 2 })
	}
	// Who alone speaks now is what the terminal of SIP sees where the room shows the speaker.
	if status := g.send("PATCH", "/rooms/1001", `{"layout": "speaker"}`); status/100 != 2 {
		t.Fatalf("the layout: %d", status)
	}
	b.command("mute", "")
	people[1].page.click("mic")
	waitFor(t, "the first browser's picture at the SIP terminal", func() bool { return sees(b, "red") })
}

// transports are the ways in which H.245 travels, as options of dial, and what the
// gateway counts of them.
var transports = []struct {
	name    string
	options []string
	counts  string
}{
	{"tunnelled", nil, `roombridge_h323_control_total{transport="tunnel"}`},
	{"on a connection of its own", []string{"--h245", "separate"}, `roombridge_h323_control_total{transport="connection"}`},
	{"fast connect", []string{"--fast-connect"}, "roombridge_h323_fast_connects_total"},
	{"fast connect without tunnel", []string{"--fast-connect", "--h245", "separate"}, "roombridge_h323_fast_connects_total"},
}

// A terminal meets a browser in every way of H.245: both see and hear one another,
// video is relayed.
func TestH323MeetsBrowser(t *testing.T) {
	g := startGateway(t, gwOptions{})
	browser := startChrome(t, 1000)
	for i, c := range transports {
		t.Run(c.name, func(t *testing.T) {
			room := fmt.Sprintf("10%02d", i+1)
			page := browser.join(t, g, room, "An", "&raw=1")
			defer page.cancel()
			before := g.metrics()[c.counts]
			d := startDial(t, append(c.options, "h323:"+room+"@"+g.h323, "--duration", "0s")...)
			waitFor(t, "the terminal's picture in the browser", func() bool { return page.decoding() > 0 })
			page.flows(20, 3*time.Second)
			waitFor(t, "the terminal's 440 Hz in the browser", func() bool { return page.hears(440) > heard })
			list := g.calls()
			if len(list) != 1 {
				t.Fatalf("%d calls, want 1", len(list))
			}
			got := list[0]
			if got.Protocol != "h323" || got.Device != "Roombridge dial" || got.Number != room || got.Video.In.Path != "relay" || got.Video.Out.Path != "relay" {
				t.Errorf("the API says %+v", got)
			}
			d.hangup()
			call := d.completed()
			if n, err := decoded(call); err != nil || n < 50 || call.Video.In.FPS < 15 {
				t.Errorf("the terminal sees %d pictures, %v: %+v", n, err, call.Video.In)
			}
			if s := share(call, 1000); s < heard {
				t.Errorf("the terminal hears 1 kHz for %.2f of the time", s)
			}
			if n := g.metrics()[c.counts] - before; n != 1 {
				t.Errorf("%s went up by %.0f", c.counts, n)
			}
			waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })
		})
	}
}

// What terminals of H.323 do in a call: hold it, ask for keyframes, ask for less. The
// one that they see is a terminal of H.323 as well, which is asked in turn.
func TestH323InCall(t *testing.T) {
	g := startGateway(t, gwOptions{})
	run := func(t *testing.T, options ...string) (seen, shown dial.Call) {
		t.Helper()
		source := startDial(t, "h323:1001@"+g.h323, "--duration", "0s", "--tone", "1000", "--ports", "40000-40999")
		waitFor(t, "the other terminal", func() bool { list := g.calls(); return len(list) == 1 && list[0].Video.In.Keyframes > 0 })
		d := startDial(t, append([]string{"h323:1001@" + g.h323, "--duration", "8s", "--ports", "41000-41999"}, options...)...)
		seen = d.completed()
		source.hangup()
		shown = source.completed()
		waitFor(t, "the calls to be gone", func() bool { return len(g.calls()) == 0 })
		return seen, shown
	}
	plain, source := run(t)
	if n, err := decoded(plain); err != nil || n < 150 || share(plain, 1000) < 0.9 {
		t.Errorf("%d pictures, %v, %+v", n, err, plain.Audio.In)
	}
	for _, way := range transports[:2] {
		t.Run(way.name, func(t *testing.T) {
			held, _ := run(t, append(way.options, "--hold", "2s")...)
			if ms := held.Video.In.LongestFreezeMS; ms < 1900 || ms > 5000 || held.Video.In.Frames < 100 {
				t.Errorf("the picture stood for %.0f ms while the call was held for 2 s: %+v", ms, held.Video.In)
			}
			if ms := held.Audio.In.LongestGapMS; ms < 1900 || ms > 4000 || held.Audio.In.Late > 10 {
				t.Errorf("there was no sound for %.0f ms: %+v", ms, held.Audio.In)
			}
			asked, shown := run(t, append(way.options, "--refresh", "500ms")...)
			if n := shown.Video.Out.KeyframeRequests; n < source.Video.Out.KeyframeRequests+5 || asked.Video.In.Keyframes < plain.Video.In.Keyframes+2 {
				t.Errorf("%d keyframes were asked for, %d come, %d without: %+v", n, asked.Video.In.Keyframes, plain.Video.In.Keyframes, asked.Video.In)
			}
			// It asks after two seconds; what came before is part of the mean, all the more on a slow machine.
			for _, long := range []string{"14s", "40s"} {
				if asked, shown = run(t, append(way.options, "--take", "120000", "--duration", long)...); asked.Video.In.Bitrate <= 180_000 {
					break
				}
			}
			if rate := asked.Video.In.Bitrate; rate > 180_000 || rate == 0 || shown.Video.Out.LimitBPS > 120_000 || shown.Video.Out.FramesLeftOut == 0 {
				t.Errorf("%d bit/s come where 120,000 were asked for, %d without: %+v", rate, plain.Video.In.Bitrate, shown.Video.Out)
			}
		})
	}
}
