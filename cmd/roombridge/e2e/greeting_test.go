package e2e

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/cmd/roombridge/dial"
)

// greetingHz is the tone that tests take for a recorded greeting.
const greetingHz = 700

// greetsWithTone is a gateway with a recording of the default tenant's, and one of another's.
func greetsWithTone(t *testing.T) *gw {
	t.Helper()
	prompts := t.TempDir()
	for tenant, hz := range map[string]float64{"default": greetingHz, "acme": 1100} {
		dir := filepath.Join(prompts, "greetings", tenant)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		writeTone(t, filepath.Join(dir, "gala.wav"), hz, 3)
	}
	g := startGateway(t, gwOptions{extra: fmt.Sprintf("reception: {prompts: %s}", prompts)})
	g.rule("1003", `{"number":"1003","room":"board","greeting":"Chào mừng","greeting_sound":"gala"}`)
	return g
}

// rule enters a rule of the default tenant's, which is in force then.
func (g *gw) rule(number, rule string) {
	g.t.Helper()
	if status := g.send("PUT", "/numbers/"+number, rule); status/100 != 2 {
		g.t.Fatalf("number %s: %d", number, status)
	}
	test := fmt.Sprintf(`{"number":%q}`, number)
	waitFor(g.t, "the number", func() bool { return g.send("POST", "/numbers/test", test) == http.StatusOK })
}

// A recording is heard by who is welcomed, and by nobody in the room.
func TestRecordedGreeting(t *testing.T) {
	g := greetsWithTone(t)
	const foreign = `{"number":"1004","room":"board","greeting_sound":"../acme/gala"}`
	if status := g.send("PUT", "/numbers/1004", foreign); status != http.StatusUnprocessableEntity {
		t.Errorf("a recording of another tenant's: %d", status)
	}
	b := startBaresip(t, baresipOptions{tone: 440})
	b.dial("sip:1003@" + g.sipUDP)
	g.reaches("welcome", "board")
	waitFor(t, "the greeting", func() bool { return b.hears(greetingHz) > 0.5 })
	g.reaches("", "board")
	waitFor(t, "the end of the greeting", func() bool { return b.hears(greetingHz) < 0.1 })
	b.hangup()
}

// The channels of an H.323 call are opened after it was answered: the greeting is heard all the same, and
// all of it.
func TestRecordedGreetingByH323(t *testing.T) {
	g := greetsWithTone(t)
	for _, more := range [][]string{nil, {"--h245", "separate"}, {"--fast-connect"}} {
		t.Run(strings.Join(more, " "), func(t *testing.T) {
			g.t = t
			d := startDial(t, append([]string{"h323:1003@" + g.h323, "--duration", "0s"}, more...)...)
			g.reaches("welcome", "board")
			g.reaches("", "board")
			d.hangup()
			in := d.completed().Audio.In
			i := slices.IndexFunc(in.Tones, func(tone dial.Tone) bool { return math.Abs(tone.Hz-greetingHz) < 20 })
			if i < 0 || in.Tones[i].Share < 0.4 || slices.ContainsFunc(in.Tones, func(tone dial.Tone) bool { return math.Abs(tone.Hz-1100) < 20 }) {
				t.Errorf("heard %+v", in.Tones)
			}
			waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
		})
	}
}

// Where espeak-ng is installed the greeting's text and the name of the room are heard, and from the beginning; where it
// may not be used a prompt welcomes.
func TestSpokenGreeting(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip(err)
	}
	const rule = `{"number":"1003","room":"board","language":"en","greeting":"Good morning and welcome to the general assembly of our society"}`
	for speech, least := range map[string]float64{"auto": 3, "off": 0.2} {
		t.Run(speech, func(t *testing.T) {
			g := startGateway(t, gwOptions{extra: "reception: {speech: " + speech + "}"})
			g.rule("1003", rule)
			b := startBaresip(t, baresipOptions{tone: 440})
			b.dial("sip:1003@" + g.sipUDP) // on a busy machine the voice may be too late for the first
			g.reaches("", "board")
			b.hangup()
			waitFor(t, "the end of the call", func() bool { return len(g.calls()) == 0 })
			b.dial("sip:1003@" + g.sipUDP)
			g.reaches("welcome", "board")
			begun := time.Now()
			waitFor(t, "a voice", func() bool { x, _ := b.heard(); return loudest(x) > 0.02 })
			first := time.Since(begun)
			g.reaches("", "board")
			spoken := b.voiced()
			t.Logf("speech %s: a voice after %v, for %.1f s", speech, first.Round(10*time.Millisecond), spoken)
			if spoken < least || speech == "off" && spoken > 1.5 {
				t.Errorf("%.1f s of speech", spoken)
			}
			b.hangup()
		})
	}
}

// voiced is for how many seconds of the last twenty somebody spoke.
func (b *baresip) voiced() (seconds float64) {
	x, rate := b.heardFor(20)
	for part := range slices.Chunk(x, max(int(rate/10), 1)) {
		if loudest(part) > 0.02 {
			seconds += 0.1
		}
	}
	return seconds
}
