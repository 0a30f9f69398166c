package sip

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

// oldPictures is H.264 as in testCaps, and behind it what a media worker adds.
func oldPictures() []media.Format {
	list := testCaps().Video
	for _, c := range []media.Codec{media.VP8, media.H263P, media.H263, media.H261} {
		f := media.Format{Codec: c, ClockRate: 90000}
		if c != media.VP8 {
			f.Sizes = media.Sizes{QCIF: 1, CIF: 1}
		}
		list = append(list, f)
	}
	return list
}

const oldHead = "v=0\r\no=room 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\n"

// oldOffers are terminals without H.264, in the spellings that they use.
var oldOffers = []struct {
	name, offer, answer string
	codec               media.Codec
	w, fps              int
}{
	{"H.263 alone", "m=video 40002 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\na=fmtp:34 CIF=1;QCIF=1;MAXBR=5120\r\n",
		"m=video 30002 RTP/AVP 34\r\n", media.H263, 352, 30},
	{"H.263 with blanks", "m=video 40002 RTP/AVP 34\r\na=rtpmap:34 H263/90000\r\na=fmtp:34 QCIF=2 MAXBR=2180\r\n",
		"a=fmtp:34 CIF=1;QCIF=1\r\n", media.H263, 176, 15},
	{"H.263+", "m=video 40002 RTP/AVP 96 34\r\na=rtpmap:96 H263-1998/90000\r\na=fmtp:96 CUSTOM=640,480,1;CIF=2;QCIF=1;J=1\r\na=rtpmap:34 H263/90000\r\n",
		"a=rtpmap:96 H263-1998/90000\r\n", media.H263P, 352, 15},
	{"H.261 alone", "m=video 40002 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\na=fmtp:31 CIF=1;QCIF=1\r\n",
		"m=video 30002 RTP/AVP 31\r\n", media.H261, 352, 30},
	{"VP8 alone", "m=video 40002 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\na=fmtp:98 max-fs=3600;max-fr=30\r\n",
		"a=rtpmap:98 VP8/90000\r\n", media.VP8, 1280, 30},
}

func TestOldTerminals(t *testing.T) {
	for _, x := range oldOffers {
		t.Run(x.name, func(t *testing.T) {
			b := newFakeBoard()
			b.caps.Video = oldPictures()
			c := siptest.Dial(t, serve(t, b, nil).Addrs()[0]).NewCall("sip:1001@127.0.0.1")
			c.Send("INVITE", "", oldHead+x.offer)
			ok := c.Expect("200")
			if !strings.Contains(ok.Body, x.answer) {
				t.Errorf("no %q in\n%s", x.answer, ok.Body)
			}
			c.Learn(ok)
			c.Send("ACK", "", "")
			call := b.call(t)
			call.untilConnected(t)
			v := call.session().Streams[1]
			if w, _, fps := media.PictureFor(v.Send, v.SendBitrate); v.Direction != media.SendRecv || v.Send.Codec != x.codec || w != x.w || fps != x.fps {
				t.Errorf("%d wide %d/s: %+v", w, fps, v)
			}
			c.Hangup()
			call.untilEnded(t, bridge.CauseNormal)
		})
	}
}

// Without a media worker the call has sound, and says why it has no picture.
func TestOldTerminalsWithoutWorker(t *testing.T) {
	for _, x := range oldOffers {
		b := newFakeBoard()
		c := siptest.Dial(t, serve(t, b, nil).Addrs()[0]).NewCall("sip:1001@127.0.0.1")
		c.Send("INVITE", "", oldHead+x.offer)
		ok := c.Expect("200")
		if !strings.Contains(ok.Body, "m=audio 30000") || !strings.Contains(ok.Body, "m=video 0 ") {
			t.Errorf("%s:\n%s", x.name, ok.Body)
		}
		c.Learn(ok)
		c.Send("ACK", "", "")
		call := b.call(t)
		call.untilConnected(t)
		if v := call.session().Streams[1]; v.Active() || !strings.HasPrefix(v.Refused, "no video codec in common: the far end has ") {
			t.Errorf("%s: %+v", x.name, v)
		}
		c.Hangup()
		call.untilEnded(t, bridge.CauseNormal)
	}
}
