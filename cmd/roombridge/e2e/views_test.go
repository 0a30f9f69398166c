package e2e

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
)

// shown is the call of a terminal, by its codec.
func (g *gw) shown(codec string) (c call, ok bool) {
	list := g.calls()
	i := slices.IndexFunc(list, func(c call) bool { return c.Video.Out.Codec == codec })
	if i < 0 {
		return c, false
	}
	return list[i], true
}

// Terminals that have no codec of pictures in common meet in a room: two are
// shown one another, three see two pictures in one, and a media worker that dies
// meanwhile costs them no more than a moment.
func TestUnlikeTerminals(t *testing.T) {
	g := startGateway(t, gwOptions{})
	terminals := map[string]*dialing{}
	dial := func(codec, name, wire string, more ...string) {
		args := append([]string{"sip:1001@" + g.sipUDP, "--duration", "0s", "--codec", codec}, more...)
		terminals[wire] = startDial(t, args...)
		waitFor(t, name, func() bool { _, ok := g.shown(wire); return ok })
	}
	sees := func(codec, path string) {
		t.Helper()
		waitFor(t, fmt.Sprintf("%s to be served by %s", codec, path), func() bool {
			c, ok := g.shown(codec)
			return ok && c.Video.Out.Path == path && c.Video.Out.Width > 0 && c.Video.Out.FPS > 5 && c.Video.Out.Reason != ""
		})
		c, _ := g.shown(codec)
		t.Logf("%s: %d by %d, %.1f pictures a second, %d bit/s: %s", codec, c.Video.Out.Width, c.Video.Out.Height, c.Video.Out.FPS, c.Video.Out.Bitrate, c.Video.Out.Reason)
	}
	dial("h263", "a terminal of H.263", "H263")
	dial("h264", "a terminal of H.264", "H264")
	sees("H263", "transcode")
	sees("H264", "transcode")
	dial("vp8", "a terminal of VP8", "VP8", "--dtmf", "*2")
	sees("H263", "compose")
	sees("H264", "compose")
	sees("VP8", "transcode") // its keys chose the speaker

	for _, pid := range g.workers() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	frames := map[string]int{}
	for codec := range terminals {
		c, _ := g.shown(codec)
		frames[codec] = c.Video.Out.Packets
	}
	for codec := range terminals {
		waitFor(t, "pictures of another worker", func() bool { c, _ := g.shown(codec); return c.Video.Out.Packets > frames[codec]+50 })
	}
	for codec, d := range terminals {
		d.hangup()
		if in := d.completed().Video.In; in.Lost > 0 || in.Frames == 0 || in.Undecodable > 0 {
			t.Errorf("%s: %d pictures, %d packets lost, %d pictures undecodable", codec, in.Frames, in.Lost, in.Undecodable)
		}
	}
}
