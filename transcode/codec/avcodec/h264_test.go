//go:build cgo && !nocodecs

package avcodec

import (
	"bytes"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

func stream(units [][]byte) (b []byte) {
	for _, u := range units {
		b = append(append(b, 0, 0, 0, 1), u...)
	}
	return b
}

// run encodes pictures at a rate of them and gives the frames, nil for one left out.
func run(t testing.TB, e codec.VideoEncoder, list []*codec.Picture, fps int, key func(i int) bool) (frames [][]byte, keys []bool) {
	t.Helper()
	for i, p := range list {
		out, err := e.Encode(p, int64(i)*90000/int64(fps), key != nil && key(i))
		if err != nil {
			t.Fatal(err)
		}
		frames, keys = append(frames, stream(out.Units)), append(keys, out.Key)
	}
	return frames, keys
}

func TestH264(t *testing.T) {
	list := codectest.Moving(t, 1280, 720, 60)
	for _, s := range []codec.VideoSettings{
		{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 66, Level: 31},
		{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 66, Level: 31, MaxUnit: 1200},
		{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 77, Level: 31},
		{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 100, Level: 31},
		{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 100, Level: 31, Content: true},
	} {
		e, err := NewEncoder(media.H264, s)
		if err != nil {
			t.Fatal(err)
		}
		frames, keys := run(t, e, list, 30, func(i int) bool { return i == 40 })
		e.Close()
		all := bytes.Join(frames, nil)
		got := codectest.Pictures(t, codectest.FFmpeg(t, all, "-f", "h264", "-i", "-", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"), 1280, 720)
		psnr := codectest.MeanPSNR(t, list, got)
		rate := len(all) * 8 / 2
		if psnr < 30 || rate < 1_350_000 || rate > 1_650_000 {
			t.Errorf("%+v: %.1f dB, %d bit/s", s, psnr, rate)
		}
		t.Logf("%.1f dB, %d bit/s, first %d, %d", psnr, rate, len(frames[0]), len(frames[40]))
		for i := range keys {
			if keys[i] != (i == 0 || i == 40) {
				t.Errorf("%d: %v", i, keys[i])
			}
		}
	}
}

func BenchmarkEncodeH264(b *testing.B) {
	list := codectest.Moving(b, 1280, 720, 60)
	e, err := NewEncoder(media.H264, codec.VideoSettings{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 66, Level: 31})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := e.Encode(list[i%60], int64(i)*3000, false); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
