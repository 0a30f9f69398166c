package worker

import (
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/h264"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/payload"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

var asked = transcode.Notice{
	Title: "Phòng họp Hội đồng Quản trị", Lines: []string{"Nhập mã PIN rồi bấm phím #"}, Entry: "••", Places: 6, Asks: true,
	Error: "Mã PIN không đúng. Còn hai lần thử.", Footer: "Bấm * để xoá",
}

// A notice in every codec is decoded as it was drawn, within the bytes and packets allowed.
func TestNoticeInEveryCodec(t *testing.T) {
	if !h264.Available {
		return
	}
	painter, err := screen.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	r := requests{painter: painter}
	for _, c := range []struct {
		codec     media.Codec
		w, h      int
		bytes     int
		leastPSNR float64
	}{
		{media.H264, 1280, 720, 40_000, 36}, {media.H264, 640, 360, 16_000, 34}, {media.H264, 176, 144, 3200, 28},
		{media.VP8, 1280, 720, 40_000, 40}, {media.VP8, 640, 360, 16_000, 40},
		{media.H263P, 352, 288, 12_000, 30}, {media.H263P, 176, 144, 3200, 24}, {media.H263, 704, 576, 24_000, 30}, {media.H263, 352, 288, 12_000, 30},
		{media.H263, 176, 144, 3200, 24}, {media.H261, 352, 288, 12_000, 30}, {media.H261, 176, 144, 3200, 24},
	} {
		t.Run(fmt.Sprintf("%s %dx%d", c.codec, c.w, c.h), func(t *testing.T) {
			if !slices.Contains(pictures.Encodes(), c.codec) {
				t.Skip("not in this build")
			}
			s := transcode.Still{Codec: c.codec, Width: c.w, Height: c.h, Profile: 66, Level: 31, MaxNAL: 1100, MaxSize: c.bytes, Notice: &asked}
			begun := time.Now()
			units, err := r.picture(s)
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(begun)
			total := 0
			for _, u := range units {
				if total += len(u); len(u) > 1100 {
					t.Errorf("a packet of %d bytes", len(u))
				}
			}
			p := decoded(t, s, units)
			psnr := lumaPSNR(t, &r, s, p)
			t.Logf("%d bytes in %d units, %.1f dB, made in %v", total, len(units), psnr, took.Round(time.Millisecond))
			if total > c.bytes || psnr < c.leastPSNR {
				t.Errorf("%d bytes, %.1f dB", total, psnr)
			}
			show(t, p, fmt.Sprintf("%s-%dx%d", c.codec, c.w, c.h))
		})
	}
}

// decoded puts the packets together as a receiver does.
func decoded(t *testing.T, s transcode.Still, units [][]byte) *codec.Picture {
	t.Helper()
	var data []byte
	if s.Codec == media.H264 {
		for _, u := range units {
			data = append(append(data, 0, 0, 0, 1), u...)
		}
	} else {
		a, err := payload.NewAssembler(s.Codec)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range units {
			if f, ok := a.Push(uint16(i), 90, i == len(units)-1, u); ok {
				if f.Damaged || !f.Key {
					t.Errorf("damaged %v, key %v", f.Damaged, f.Key)
				}
				data = slices.Clone(f.Data)
			}
		}
	}
	d, err := pictures.NewVideoDecoder(s.Codec, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	p, damaged, err := d.Decode(data)
	if err != nil || damaged || p == nil || p.Width != s.Width || p.Height != s.Height {
		t.Fatalf("picture %v, damaged %v, %v", p != nil, damaged, err)
	}
	t.Cleanup(p.Release)
	return p
}

func lumaPSNR(t *testing.T, r *requests, s transcode.Still, p *codec.Picture) float64 {
	img, err := r.paint(s)
	if err != nil {
		t.Fatal(err)
	}
	drawn, sum := screen.I420(img), 0.0
	for y := range s.Height {
		for x := range s.Width {
			d := float64(drawn[y*s.Width+x]) - float64(p.Y[y*p.StrideY+x])
			sum += d * d
		}
	}
	return 10 * math.Log10(255*255*float64(s.Width*s.Height)/max(sum, 1))
}

// show keeps a picture to look at, in SCREEN_DIR.
func show(t *testing.T, p *codec.Picture, name string) {
	dir := os.Getenv("SCREEN_DIR")
	if dir == "" {
		return
	}
	img := image.YCbCr{
		Y: p.Y, Cb: p.U, Cr: p.V, YStride: p.StrideY, CStride: p.StrideC, Rect: image.Rect(0, 0, p.Width, p.Height),
		SubsampleRatio: image.YCbCrSubsampleRatio420,
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, &img); err != nil {
		t.Fatal(err)
	}
}

// What cannot be made is refused, and says why.
func TestNoticeRefusals(t *testing.T) {
	if !h264.Available {
		return
	}
	painter, err := screen.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	r := requests{painter: painter}
	for name, s := range map[string]transcode.Still{
		"a size that H.261 has not": {Codec: media.H261, Width: 640, Height: 360, Notice: &asked},
		"too few bytes":             {Codec: media.H263, Width: 352, Height: 288, MaxSize: 100, Notice: &asked},
		"no such codec":             {Codec: "MJPEG", Width: 352, Height: 288, Notice: &asked},
		"no encoder":                {Codec: media.AV1, Width: 352, Height: 288, Notice: &asked},
		"odd sides":                 {Codec: media.VP8, Width: 353, Height: 288, Notice: &asked},
	} {
		if units, err := r.picture(s); err == nil {
			t.Errorf("%s: %d units", name, len(units))
		}
	}
}
