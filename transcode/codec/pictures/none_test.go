//go:build !cgo || nocodecs

package pictures

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
)

// A build without the libraries has no picture codec and says so.
func TestNone(t *testing.T) {
	if len(Decodes())+len(Encodes()) != 0 {
		t.Errorf("decodes %v, encodes %v", Decodes(), Encodes())
	}
	for _, c := range []media.Codec{media.H264, media.H263, media.VP8} {
		if _, err := NewVideoDecoder(c, ""); !errors.Is(err, codec.ErrUnavailable) {
			t.Errorf("%s: %v", c, err)
		}
		s := codec.VideoSettings{Width: 352, Height: 288, FPS: 30, Bitrate: 384_000, Profile: 66, Level: 30}
		if _, err := NewVideoEncoder(c, s); !errors.Is(err, codec.ErrUnavailable) {
			t.Errorf("%s: %v", c, err)
		}
	}
	if _, err := scale.New(); !errors.Is(err, codec.ErrUnavailable) {
		t.Errorf("scaler: %v", err)
	}
	if err := Warm(); err != nil {
		t.Error(err)
	}
}
