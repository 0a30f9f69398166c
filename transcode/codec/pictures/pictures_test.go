//go:build cgo && !nocodecs

package pictures

import (
	"encoding/base64"
	"errors"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

func TestUnknown(t *testing.T) {
	if _, err := NewVideoDecoder("theora", ""); !errors.Is(err, codec.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := NewVideoEncoder("theora", codec.VideoSettings{}); !errors.Is(err, codec.ErrUnavailable) {
		t.Error(err)
	}
}

// A stream whose parameter sets are in the signalling alone is decoded.
func TestParameterSets(t *testing.T) {
	e, err := NewVideoEncoder(media.H264, codec.VideoSettings{Width: 320, Height: 180, FPS: 15, Bitrate: 200_000, Profile: 66, Level: 13})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	picture := codectest.Moving(t, 320, 180, 1)[0]
	out, err := e.Encode(picture, 0, true)
	if err != nil || len(out.Units) != 3 {
		t.Fatalf("%d units, %v", len(out.Units), err)
	}
	sets := base64.StdEncoding.EncodeToString(out.Units[0]) + ", " + base64.StdEncoding.EncodeToString(out.Units[1]) + ",!,AAAA"
	d, err := NewVideoDecoder(media.H264, sets)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, damaged, err := d.Decode(append([]byte{0, 0, 1}, out.Units[2]...))
	if err != nil || damaged || p == nil {
		t.Fatalf("%v, %v, %v", p, damaged, err)
	}
	defer p.Release()
	if psnr := codectest.PSNR(p, picture); psnr < 30 {
		t.Errorf("%.1f dB", psnr)
	}
}

func TestLists(t *testing.T) {
	if !slices.Contains(Decodes(), media.H264) || !slices.Contains(Encodes(), media.H264) {
		t.Errorf("decodes %v, encodes %v", Decodes(), Encodes())
	}
}
