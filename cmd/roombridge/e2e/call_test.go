package e2e

import (
	"fmt"
	_ "image/png"
	"strings"
	"testing"
	"time"
)

// Parts of a tone in what is heard: bursts fill seven tenths of the time.
const (
	heard  = 0.3
	silent = 0.05
)

// A terminal dials 1001 while a browser is in the room: both see and hear one
// another, video is relayed, whatever the transport and the encryption.
func TestTerminalMeetsBrowser(t *testing.T) {
	cases := []struct {
		name, transport, menc, keying string
	}{
		{"UDP in clear", "udp", "", "none"},
		{"TCP with SDES", "tcp", "srtp-mand", "sdes"},
		{"TLS with SDES", "tls", "srtp-mand", "sdes"},
		{"UDP with DTLS-SRTP", "udp", "dtls_srtp", "dtls"},
	}
	g := startGateway(t, gwOptions{})
	browser := startChrome(t, 1000)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			room := fmt.Sprintf("10%02d", i+1)
			page := browser.join(t, g, room, "An", "&raw=1")
			defer page.cancel()
			b := startBaresip(t, baresipOptions{tone: 440, transport: c.transport, menc: c.menc})
			target := g.sipUDP
			if c.transport == "tls" {
				target = g.sipTLS
			}
			b.dial(fmt.Sprintf("sip:%s@%s;transport=%s", room, target, c.transport))
			meet(t, g, page, b)
			got := g.calls()
			if len(got) != 1 {
				t.Fatalf("%d calls, want 1", len(got))
			}
			checkRelayed(t, got[0], room, c.keying)
			b.hangup()
			waitFor(t, "the call to be gone", func() bool { return len(g.calls()) == 0 })
		})
	}
}

// meet waits until both ends see and hear one another, then measures.
func meet(t *testing.T, g *gw, page *tab, b *baresip) {
	t.Helper()
	waitFor(t, "the terminal's picture in the browser", func() bool { return page.decoding() > 0 })
	page.flows(20, 4*time.Second)
	waitFor(t, "the terminal's 440 Hz in the browser", func() bool { return page.hears(440) > heard })
	waitFor(t, "the browser's 1 kHz at the terminal", func() bool { return b.hears(1000) > heard })
	if p := page.hears(1000); p > silent {
		t.Errorf("the browser hears itself: %.2f", p)
	}
	if p := b.hears(440); p > silent {
		t.Errorf("the terminal hears itself: %.2f", p)
	}
	shot := b.snapshot()
	waitFor(t, "the browser's picture at the terminal", func() bool { return colourful(shot) })
}

// colourful tells whether a PNG shows more than a flat surface.
func colourful(path string) bool {
	img := decodePNG(path)
	if img == nil {
		return false
	}
	seen := map[uint32]bool{}
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y += 8 {
		for x := r.Min.X; x < r.Max.X; x += 8 {
			a, b, c, _ := img.At(x, y).RGBA()
			seen[a>>13<<6|b>>13<<3|c>>13] = true
		}
	}
	return len(seen) > 3
}

func checkRelayed(t *testing.T, c call, room, keying string) {
	t.Helper()
	for way, f := range map[string]flow{"in": c.Video.In, "out": c.Video.Out} {
		if f.Path != "relay" || f.Reason == "" || f.Codec != "H264" || f.Packets == 0 || f.Width == 0 || f.Keyframes == 0 {
			t.Errorf("video %s: %+v", way, f)
		}
	}
	if c.Audio.In.Packets == 0 || c.Audio.Out.Packets == 0 || c.Audio.In.Reason == "" {
		t.Errorf("audio: %+v", c.Audio)
	}
	if c.Video.Encryption != keying || c.Audio.Encryption != keying {
		t.Errorf("encryption is %s and %s, want %s", c.Audio.Encryption, c.Video.Encryption, keying)
	}
	if c.Number != room || c.Room != room || c.State != "connected" || c.Direction != "in" || c.Protocol != "sip" || !strings.Contains(c.Device, "baresip") {
		t.Errorf("the API says %+v", c)
	}
}
