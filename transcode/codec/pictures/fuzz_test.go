//go:build cgo && !nocodecs

package pictures

import (
	"encoding/binary"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// fuzz decodes frames that have their lengths in two bytes in front.
func fuzz(f *testing.F, c media.Codec) {
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := NewVideoDecoder(c, "")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		for frames := 0; len(b) >= 2 && frames < 8; frames++ {
			n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
			p, damaged, err := d.Decode(b[2 : 2+n])
			b = b[2+n:]
			if err != nil && (p != nil || !damaged) {
				t.Fatal("an error, and a picture")
			}
			if p == nil {
				continue
			}
			if p.Width > codec.MaxWidth || p.Height > codec.MaxHeight || p.Check(p.Width, p.Height) != nil {
				t.Fatalf("a picture of %dx%d", p.Width, p.Height)
			}
			touch(p.Y)
			touch(p.U)
			touch(p.V)
			p.Release()
		}
	})
}

// touch reads the ends of a plane.
func touch(plane []byte) byte { return plane[0] + plane[len(plane)-1] }

func FuzzH264(f *testing.F)  { fuzz(f, media.H264) }
func FuzzH265(f *testing.F)  { fuzz(f, media.H265) }
func FuzzVP8(f *testing.F)   { fuzz(f, media.VP8) }
func FuzzVP9(f *testing.F)   { fuzz(f, media.VP9) }
func FuzzAV1(f *testing.F)   { fuzz(f, media.AV1) }
func FuzzH263P(f *testing.F) { fuzz(f, media.H263P) }
func FuzzH263(f *testing.F)  { fuzz(f, media.H263) }
func FuzzH261(f *testing.F)  { fuzz(f, media.H261) }
