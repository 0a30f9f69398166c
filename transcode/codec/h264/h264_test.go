//go:build cgo && !nocodecs

package h264

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	bitstream "github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/avcodec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

// card draws a picture with edges, gradients and some noise.
func card(w, h int) []byte {
	p := make([]byte, w*h*3/2)
	r := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for y := range h {
		for x := range w {
			v := 40 + x*100/w + y*60/h
			if (x/16+y/16)%3 == 0 {
				v += 40
			}
			p[y*w+x] = byte(v + r.IntN(4))
		}
	}
	for i := range p[w*h:] {
		p[w*h+i] = byte(118 + i%20)
	}
	return p
}

func stream(units [][]byte) (b []byte) {
	for _, u := range units {
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

func psnr(a, b []byte) float64 {
	var sum float64
	for i := range a {
		sum += math.Pow(float64(a[i])-float64(b[i]), 2)
	}
	return 10 * math.Log10(255*255/max(sum/float64(len(a)), 1e-9))
}

var sizes = []struct {
	w, h  int
	level uint8
}{{176, 144, 10}, {352, 288, 11}, {352, 288, 12}, {640, 360, 30}, {768, 448, 22}, {1024, 576, 31}, {1280, 720, 31}, {1920, 1080, 40}}

// Each size in each profile decodes to what was encoded, keeps to the slices'
// bound and says what it is in its SPS.
func TestStill(t *testing.T) {
	for _, profile := range []uint8{66, 77, 100} {
		for _, s := range sizes {
			picture := card(s.w, s.h)
			units, err := EncodeStill(StillConfig{Width: s.w, Height: s.h, Profile: profile, Level: s.level, MaxNAL: 1200}, picture)
			if err != nil {
				t.Fatalf("%+v: %v", s, err)
			}
			if sps := units[0]; sps[0]&0x1f != typeSPS || sps[1] != profile || sps[3] != s.level || profile == 66 && sps[2]&0x40 == 0 {
				t.Errorf("%+v, profile %d: SPS % x", s, profile, sps[:4])
			}
			total, largest := measure(units)
			if largest > 1200 {
				t.Errorf("%+v: a unit of %d bytes", s, largest)
			}
			if units[1][0]&0x1f != typePPS || units[2][0]&0x1f != typeIDR || total < 500 {
				t.Errorf("%+v: %d units, %d bytes", s, len(units), total)
			}
			checkDecodes(t, units, picture, s.w, s.h)
		}
	}
}

// decoded gives the picture of an access unit as I420, and whether it is damaged.
func decoded(t *testing.T, d codec.VideoDecoder, units ...[]byte) ([]byte, bool) {
	t.Helper()
	p, damaged, err := d.Decode(stream(units))
	if err != nil || p == nil {
		t.Fatalf("no picture: %v", err)
	}
	defer p.Release()
	return codectest.Raw(p), damaged
}

func newDecoder(t *testing.T) codec.VideoDecoder {
	t.Helper()
	d, err := avcodec.NewDecoder(media.H264)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func checkDecodes(t *testing.T, units [][]byte, picture []byte, w, h int) {
	t.Helper()
	got, damaged := decoded(t, newDecoder(t), units...)
	if damaged || len(got) != len(picture) {
		t.Fatalf("%dx%d: damaged %v, %d bytes", w, h, damaged, len(got))
	}
	if p := psnr(picture, got); p < 32 {
		t.Errorf("%dx%d: PSNR %.1f dB", w, h, p)
	}
}

// What follows a still says "as before": the gateway makes such pictures, and
// the decoder shows the still on.
func TestStillGoesOn(t *testing.T) {
	for _, profile := range []uint8{66, 77, 100} {
		units, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: profile, Level: 30, MaxNAL: 1200}, card(640, 360))
		if err != nil {
			t.Fatal(err)
		}
		skips, err := bitstream.NewSkips(units[0], units[1])
		if err != nil {
			t.Fatalf("profile %d: %v", profile, err)
		}
		d := newDecoder(t)
		first, _ := decoded(t, d, units...)
		for i := range 40 {
			nal, err := skips.Next(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, damaged := decoded(t, d, nal); damaged || !bytes.Equal(got, first) {
				t.Fatalf("profile %d: picture %d differs, or is damaged (%v)", profile, i, damaged)
			}
		}
	}
}

func TestStillSize(t *testing.T) {
	picture := card(640, 360)
	for _, most := range []int{60000, 20000, 8000} {
		units, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: 66, Level: 30, MaxSize: most, MaxNAL: 1400}, picture)
		if err != nil {
			t.Fatal(err)
		}
		if total, _ := measure(units); total > most {
			t.Errorf("%d bytes, %d are allowed", total, most)
		}
	}
	if _, err := EncodeStill(StillConfig{Width: 640, Height: 360, Profile: 66, Level: 30, MaxSize: 100}, picture); err == nil {
		t.Error("a picture in 100 bytes")
	}
}

func BenchmarkStill720p(b *testing.B) {
	picture := card(1280, 720)
	for b.Loop() {
		if _, err := EncodeStill(StillConfig{Width: 1280, Height: 720, Profile: 66, Level: 31, MaxNAL: 1200}, picture); err != nil {
			b.Fatal(err)
		}
	}
}
