package e2e

import "testing"

// A terminal that is not ours and knows only H.263 meets others that know one codec each:
// everybody's picture comes to everybody.
func TestOldTerminalsMeet(t *testing.T) {
	g := startGateway(t, gwOptions{})
	b := startBaresip(t, baresipOptions{tone: 440, video: "H263", size: "352x288", audio: "PCMA"})
	b.dial("sip:old@" + g.sipUDP)
	for _, x := range []struct{ target, codec, name string }{
		{"h323:old@" + g.h323, "h261", "H261"}, {"sip:old@" + g.sipUDP, "h264", "H264"}, {"sip:old@" + g.sipUDP, "vp8", "VP8"},
	} {
		d := startDial(t, "--codec", x.codec, "--duration", "0s", x.target)
		waitFor(t, "the picture of "+x.name+" and H263, both ways", func() bool {
			good := 0
			for _, c := range g.calls() {
				if v := c.Video; v.In.Path == "transcode" && v.Out.Path == "transcode" && v.Out.FPS > 5 && v.Out.Codec == v.In.Codec &&
					(v.In.Codec == "H263" && v.Out.Width == 352 || v.In.Codec == x.name) {
					good++
				}
			}
			return good == 2
		})
		shot := b.snapshot()
		waitFor(t, "a picture at the terminal with H.263", func() bool { return colourful(shot) })
		d.hangup()
		c := d.completed()
		if v := c.Video.In; v.Codec != x.name || v.Frames < 10 || v.Damaged > 0 {
			t.Errorf("%s sees %+v", x.name, v)
		}
		waitFor(t, "it to be gone", func() bool { return len(g.calls()) == 1 })
	}
	b.hangup()
}
