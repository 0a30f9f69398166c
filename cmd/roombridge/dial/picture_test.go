package dial

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/player/clip"
)

// Terminals of each picture codec call one another over SIP and H.323.
func TestOldTerminalsCall(t *testing.T) {
	for _, x := range []struct {
		scheme, picture, file string
		codec                 media.Codec
		width                 int
	}{
		{"sip", "h264-high", ".h264", media.H264, 640},
		{"sip", "h263", ".h263", media.H263, 352},
		{"sip", "h263p", ".h263", media.H263P, 352},
		{"sip", "h261", ".h261", media.H261, 352},
		{"sip", "vp8", ".ivf", media.VP8, 640},
		{"h323", "h263", ".h263", media.H263, 352},
		{"h323", "h263p", ".h263", media.H263P, 352},
		{"h323", "h261", ".h261", media.H261, 352},
	} {
		t.Run(x.scheme+" "+x.picture, func(t *testing.T) {
			var dir string
			o := Options{Picture: x.picture, Duration: 2 * time.Second}
			r, far := conversing(t, Options{Picture: x.picture}, o, 15, func(o *Options, addr map[string]string) {
				dir = t.TempDir()
				o.Target, o.Record = fmt.Sprintf("sip:1001@%s;transport=tcp", addr["tcp"]), dir
				if x.scheme == "h323" {
					o.Target = "h323:1001@" + addr["h323"]
				}
			})
			for _, c := range []Call{r.Calls[0], far.Calls[0]} {
				if c.Result != Completed || c.Video == nil || len(c.Warnings) != 0 {
					t.Errorf("%s (%s), %q", c.Result, c.Reason, c.Warnings)
					continue
				}
				if v := c.Video.In; v.Codec != string(x.codec) || v.Width != x.width || v.Frames < 15 || v.Damaged > 0 {
					t.Errorf("sees %+v", v)
				}
			}
			files, _ := filepath.Glob(filepath.Join(dir, "*"+x.file))
			if len(files) != 1 {
				t.Fatalf("recorded %v", files)
			}
			if c, err := clip.OpenAs(files[0], x.codec, 0); err != nil || c.Width != x.width || len(c.Units) < 15 {
				t.Errorf("%s: %v", files[0], err)
			}
		})
	}
}

func TestPictureAsAsked(t *testing.T) {
	for _, x := range []struct {
		o     Options
		codec media.Codec
		sizes media.Sizes
		n     int
	}{
		{Options{}, media.H264, media.Sizes{}, 2},
		{Options{Picture: "H264-HIGH", Mode0: true}, media.H264, media.Sizes{}, 1},
		{Options{Picture: "h263"}, media.H263, media.Sizes{QCIF: 1, CIF: 1}, 1},
		{Options{Picture: "h261", QCIF: true}, media.H261, media.Sizes{QCIF: 1}, 1},
		{Options{Picture: "vp8"}, media.VP8, media.Sizes{}, 1},
	} {
		x.o.Target = "sip:1001@127.0.0.1"
		s, err := x.o.read()
		if err != nil {
			t.Errorf("%+v: %v", x.o, err)
			continue
		}
		v := s.capability.Video
		if len(v) != x.n || v[0].Codec != x.codec || v[0].Sizes != x.sizes || s.clip == nil || s.clip.Codec != x.codec {
			t.Errorf("%s: %+v", x.o.Picture, v)
		}
		if high := v[0].H264.Profile == 100; high != (x.n == 1 && x.codec == media.H264) {
			t.Errorf("%s: %+v", x.o.Picture, v)
		}
	}
	for _, o := range []Options{
		{Target: "sip:1001@127.0.0.1", Picture: "h265"},
		{Target: "h323:1001@127.0.0.1", Picture: "vp8"},
		{Target: "sip:1001@127.0.0.1", Picture: "h261", Video: "../../../bridge/player/clip/testpicture.ivf"},
	} {
		if _, err := o.read(); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
