package room

import (
	"net/netip"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

func TestCanvasFor(t *testing.T) {
	all := []media.Codec{media.H264, media.H263, media.H263P, media.H261, media.VP8}
	caps := transcode.Capabilities{VideoEncode: all}
	h264 := media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 100, Level: 40}}
	h261 := media.Format{Codec: media.H261, ClockRate: 90000, Sizes: media.Sizes{CIF: 1, QCIF: 1}}
	h263 := media.Format{Codec: media.H263, ClockRate: 90000, Sizes: media.Sizes{CIF16: 1, CIF4: 1, CIF: 1, QCIF: 1}}
	for _, c := range []struct {
		name          string
		format        media.Format
		bitrate       int
		asked         int
		width, height int
	}{
		{"H.264", h264, 0, 0, 1280, 720},
		{"H.264 at 1 Mbit/s", h264, 1_000_000, 0, 1280, 720},
		{"H.264 at 384 kbit/s", h264, 384_000, 0, 640, 360},
		{"H.264 that asks for less", h264, 1_000_000, 192_000, 352, 288},
		{"H.264 at 64 kbit/s", h264, 64_000, 0, 176, 144},
		{"VP8", media.Format{Codec: media.VP8, ClockRate: 90000}, 0, 0, 1280, 720},
		{"H.261", h261, 384_000, 0, 352, 288},
		{"H.261 at 64 kbit/s", h261, 64_000, 0, 176, 144},
		{"H.261 in QCIF", media.Format{Codec: media.H261, Sizes: media.Sizes{QCIF: 1}}, 384_000, 0, 176, 144},
		{"H.261 in CIF alone at 64 kbit/s", media.Format{Codec: media.H261, Sizes: media.Sizes{CIF: 1}}, 64_000, 0, 352, 288},
		{"H.263", h263, 0, 0, 704, 576},
		{"H.263 at 256 kbit/s", h263, 256_000, 0, 352, 288},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := media.Stream{Kind: media.Video, Direction: media.SendRecv, Send: c.format, Recv: []media.Format{c.format}, SendBitrate: c.bitrate}
			st.Remote = netip.MustParseAddrPort("192.0.2.1:5004")
			got, bytes := canvasFor(st, c.asked, caps)
			if got.width != c.width || got.height != c.height || got.format.Codec != c.format.Codec {
				t.Errorf("%dx%d", got.width, got.height)
			}
			rate := c.bitrate
			if c.asked > 0 {
				rate = c.asked
			}
			if most := rate * 2 / 5 / 8; bytes < noticeBytes(0).least || rate > 0 && bytes > most {
				t.Errorf("%d bytes, at most %d arrive in time", bytes, most)
			}
			held := st
			held.Held = true
			if none, _ := canvasFor(held, 0, caps); none != (canvas{}) {
				t.Error("a screen for who is on hold")
			}
			if none, _ := canvasFor(st, 0, transcode.Capabilities{}); none != (canvas{}) {
				t.Error("a screen that nobody makes")
			}
		})
	}
}

// All that a notice says is asked of the worker.
func TestNoticeRequest(t *testing.T) {
	n := bridge.Notice{Title: "a", Lines: []string{"b"}, Entry: "c", Places: 4, Asks: true, Error: "d", Footer: "e", Waiting: true, Language: "vi"}
	s := canvas{format: media.Format{Codec: media.VP8}, width: 640, height: 360}.request(n, 5000)
	w := s.Notice
	if s.Codec != media.VP8 || s.MaxSize != 5000 || s.Width != 640 || s.Height != 360 || w.Title != "a" || w.Lines[0] != "b" || w.Entry != "c" ||
		w.Places != 4 || !w.Asks || w.Error != "d" || w.Footer != "e" || !w.Waiting {
		t.Errorf("%+v %+v", s, w)
	}
}
