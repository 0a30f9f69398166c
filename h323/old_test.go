package h323

import (
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// oldPictures is H.264 as in testCaps, and behind it what a media worker adds.
func oldPictures() []media.Format {
	list := testCaps().Video
	for _, c := range []media.Codec{media.H263P, media.H263, media.H261} {
		f := media.Format{Codec: c, ClockRate: 90000, Sizes: media.Sizes{QCIF: 1, CIF: 1}}
		list = append(list, f)
	}
	return list
}

// Calls with terminals that have one codec from before H.264, in both directions, with and
// without fast connect.
func TestOldTerminals(t *testing.T) {
	all := oldPictures()
	for _, only := range all[1:] {
		for _, fast := range []FastConnect{FastConnectAccept, FastConnectOffer} {
			for _, calling := range []bool{true, false} {
				b, c := newFakeBoard(), newFakeBoard()
				c.port = 30002
				old, gateway := c, b
				if !calling {
					old, gateway = b, c
				}
				old.caps.Video, gateway.caps.Video = []media.Format{only}, all
				called, caller := serve(t, b, nil), serve(t, c, func(cfg *Config) { cfg.FastConnect = fast })
				p := placeTo(t, caller, called, c, "1001")
				p.theirs = b.call(t)
				if err := <-p.result; err != nil {
					t.Fatal(err)
				}
				p.theirs.untilConnected(t)
				p.untilFlowing(t)
				s := p.theirs.session()
				v := s.Find(media.Video, media.Main)
				if w, _, _ := media.PictureFor(v.Send, v.SendBitrate); v.Send.Codec != only.Codec || w != 352 {
					t.Errorf("%s, fast connect %s, calling %v: %+v", only.Codec, fast, calling, v)
				}
				p.ours.leg.Hangup(bridge.CauseNormal, "")
				p.theirs.untilEnded(t, bridge.CauseNormal)
				p.ours.untilEnded(t, bridge.CauseNormal)
			}
		}
	}
}

// Without a media worker the gateway has no codec for such a terminal's picture: the call
// has sound, and says why.
func TestOldTerminalWithoutWorker(t *testing.T) {
	b, c := newFakeBoard(), newFakeBoard()
	c.port = 30002
	c.caps.Video = oldPictures()[2:]
	p := placeTo(t, serve(t, c, nil), serve(t, b, nil), c, "1001")
	p.theirs = b.call(t)
	if err := <-p.result; err != nil {
		t.Fatal(err)
	}
	sound := func(c *fakeCall) bool {
		s := c.session()
		a := s.Find(media.Audio, media.Main)
		return a != nil && a.Active() && a.Direction == media.SendRecv
	}
	until(t, "sound flows", func() bool { return sound(p.ours) && sound(p.theirs) })
	s := p.theirs.session()
	if v := s.Find(media.Video, media.Main); v.Active() || v.Refused != "no video codec in common: the far end has H263, H261, we have H264" {
		t.Errorf("%+v", v)
	}
	p.ours.leg.Hangup(bridge.CauseNormal, "")
	p.theirs.untilEnded(t, bridge.CauseNormal)
}
