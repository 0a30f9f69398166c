//go:build cgo && !nocodecs

package pictures

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

var startCode = []byte{0, 0, 0, 1}

func h264(width, height int, profile, level uint8, bitrate, unit int) codec.VideoSettings {
	return codec.VideoSettings{Width: width, Height: height, FPS: 30, Bitrate: bitrate, Profile: profile, Level: level, MaxUnit: unit}
}

func plain(width, height, bitrate int) codec.VideoSettings {
	return codec.VideoSettings{Width: width, Height: height, FPS: 30, Bitrate: bitrate, MaxUnit: 1200}
}

func slides(s codec.VideoSettings) codec.VideoSettings {
	s.Content = true
	return s
}

var streams = []struct {
	codec    media.Codec
	settings codec.VideoSettings
	psnr     float64
}{
	{media.H264, h264(1280, 720, 66, 31, 1_500_000, 0), 36},
	{media.H264, h264(640, 360, 66, 30, 400_000, 1200), 34},
	{media.H264, h264(640, 360, 77, 30, 400_000, 0), 34},
	{media.H264, h264(640, 360, 100, 30, 400_000, 0), 34},
	{media.H264, slides(h264(640, 360, 100, 30, 400_000, 0)), 34},
	{media.H264, h264(352, 288, 66, 9, 128_000, 600), 26},
	{media.VP8, plain(1280, 720, 1_500_000), 34},
	{media.VP8, slides(plain(640, 360, 500_000)), 33},
	{media.VP8, plain(640, 360, 500_000), 30},
	{media.VP9, plain(640, 360, 400_000), 36},
	{media.VP9, slides(plain(640, 360, 400_000)), 35},
	{media.H263, plain(352, 288, 384_000), 30},
	{media.H263, plain(176, 144, 128_000), 30},
	{media.H263, slides(plain(704, 576, 1_000_000)), 30},
	{media.H263P, plain(352, 288, 384_000), 30},
	{media.H263P, plain(640, 360, 768_000), 30},
	{media.H261, plain(352, 288, 384_000), 29},
	{media.H261, plain(176, 144, 128_000), 29},
}

func name(c media.Codec, s codec.VideoSettings) string {
	return fmt.Sprintf("%s-%dx%d-%d-%d-%v", c, s.Width, s.Height, s.Profile, s.MaxUnit, s.Content)
}

// flat is a frame as a decoder takes it.
func flat(c media.Codec, e codec.Encoded) (b []byte) {
	for _, u := range e.Units {
		if c == media.H264 {
			b = append(b, startCode...)
		}
		b = append(b, u...)
	}
	return b
}

func open(t testing.TB, c media.Codec, s codec.VideoSettings) codec.VideoEncoder {
	t.Helper()
	e, err := NewVideoEncoder(c, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// decodedByFFmpeg gives what ffmpeg makes of frames.
func decodedByFFmpeg(t testing.TB, c media.Codec, width, height int, frames [][]byte) []*codec.Picture {
	t.Helper()
	format := map[media.Codec]string{media.H264: "h264", media.H265: "hevc", media.H263: "h263", media.H263P: "h263", media.H261: "h261"}[c]
	var in []byte
	switch c {
	case media.VP8:
		format, in = "ivf", codectest.IVF("VP80", width, height, frames)
	case media.VP9:
		format, in = "ivf", codectest.IVF("VP90", width, height, frames)
	case media.AV1:
		format, in = "ivf", codectest.IVF("AV01", width, height, frames)
	default:
		in = bytes.Join(frames, nil)
	}
	raw := codectest.FFmpeg(t, in, "-f", format, "-i", "-", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
	return codectest.Pictures(t, raw, width, height)
}

// What each encoder makes decodes, with ffmpeg and with us alike, to what was
// encoded; it keeps to the bit rate and makes keyframes when asked and only then.
func TestEncoders(t *testing.T) {
	const n, again = 60, 40
	for _, s := range streams {
		t.Run(name(s.codec, s.settings), func(t *testing.T) {
			list := codectest.Moving(t, s.settings.Width, s.settings.Height, n)
			e := open(t, s.codec, s.settings)
			var frames [][]byte
			var shown []*codec.Picture
			total := 0
			for i, p := range list {
				out, err := e.Encode(p, int64(i)*3000, i == again)
				if err != nil {
					t.Fatal(err)
				}
				if key := i == 0 || i == again; len(out.Units) > 0 && out.Key != key {
					t.Errorf("%d: key %v", i, out.Key)
				}
				checkUnits(t, s.codec, s.settings, out)
				b := flat(s.codec, out)
				if len(b) == 0 {
					continue
				}
				if 8*len(b) > s.settings.Bitrate {
					t.Errorf("%d: %d bytes in a picture", i, len(b))
				}
				frames, shown, total = append(frames, b), append(shown, p), total+len(b)
			}
			got := decodedByFFmpeg(t, s.codec, s.settings.Width, s.settings.Height, frames)
			psnr, rate := codectest.MeanPSNR(t, shown, got), float64(total*8*30/n)
			t.Logf("%d of %d pictures, %.1f dB, %.0f bit/s", len(frames), n, psnr, rate)
			if psnr < s.psnr {
				t.Errorf("%.1f dB", psnr)
			}
			if tolerance := 0.15 * float64(s.settings.Bitrate); rate > float64(s.settings.Bitrate)+tolerance || rate < float64(s.settings.Bitrate)-tolerance {
				t.Errorf("%.0f bit/s", rate)
			}
			if !s.settings.Content && len(frames) < n*9/10 {
				t.Errorf("only %d of %d pictures", len(frames), n)
			}
			checkDecoder(t, s.codec, frames, got)
		})
	}
}

// checkUnits checks sizes of NAL units and places to cut.
func checkUnits(t *testing.T, c media.Codec, s codec.VideoSettings, out codec.Encoded) {
	t.Helper()
	if c == media.H264 && len(out.Units) > 0 {
		var kinds []byte
		for _, u := range out.Units {
			kinds = append(kinds, u[0]&0x1f)
			if s.MaxUnit > 0 && len(u) > s.MaxUnit {
				t.Errorf("a unit of %d bytes", len(u))
			}
		}
		kinds = slices.Compact(kinds)
		if want := []byte{1}; out.Key && !bytes.Equal(kinds, []byte{7, 8, 5}) || !out.Key && !bytes.Equal(kinds, want) {
			t.Errorf("units %v", kinds)
		}
		if s.MaxUnit == 0 && len(out.Units) > 3 {
			t.Errorf("%d units", len(out.Units))
		}
		if out.Key {
			checkSPS(t, s, out.Units[0])
		}
	}
}

// checkSPS checks that a parameter set has the profile and level asked for: level
// 1b is level 1.1 with constraint_set3_flag, and baseline is the constrained one.
func checkSPS(t *testing.T, s codec.VideoSettings, sps []byte) {
	t.Helper()
	level, flags := s.Level, byte(0)
	if level == 9 {
		level, flags = 11, 0x10
	}
	if s.Profile == 66 {
		flags |= 0x40
	}
	if sps[1] != s.Profile || sps[2]&flags != flags || sps[3] != level {
		t.Errorf("SPS % x for profile %d, level %d", sps[:4], s.Profile, s.Level)
	}
}

// checkDecoder decodes frames with us and compares with what ffmpeg made of them.
func checkDecoder(t *testing.T, c media.Codec, frames [][]byte, want []*codec.Picture) {
	t.Helper()
	d, err := NewVideoDecoder(c, "")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i, b := range frames {
		p, damaged, err := d.Decode(b)
		if err != nil || damaged || p == nil {
			t.Fatalf("picture %d: there %v, damaged %v, %v", i, p != nil, damaged, err)
		}
		if !bytes.Equal(codectest.Raw(p), codectest.Raw(want[i])) {
			t.Errorf("picture %d differs: %.1f dB", i, codectest.PSNR(p, want[i]))
		}
		p.Release()
	}
}

// The bit rate follows within a second, down and up, and so does it when pictures come
// more seldom than was said.
func TestAdjust(t *testing.T) {
	for _, s := range streams {
		if s.settings.Content || s.settings.Width > 640 || s.settings.Profile == 77 || s.settings.Level == 9 {
			continue
		}
		t.Run(name(s.codec, s.settings), func(t *testing.T) {
			list := codectest.Moving(t, s.settings.Width, s.settings.Height, 60)
			e := open(t, s.codec, s.settings)
			pts, i := int64(0), 0
			bits := func(seconds float64, step int64) float64 { // a second
				total := 0
				for end := pts + int64(90000*seconds); pts < end; pts += step {
					out, err := e.Encode(list[i%60], pts, false)
					if err != nil {
						t.Fatal(err)
					}
					total += 8 * len(flat(s.codec, out))
					if i++; i%60 == 0 { // no jump in the picture
						slices.Reverse(list)
					}
				}
				return float64(total) / seconds
			}
			bits(2, 3000)
			for _, c := range []struct {
				factor float64
				step   int64
			}{{0.5, 3000}, {1, 3000}, {1, 6000}, {0.6, 9000}} {
				want := c.factor * float64(s.settings.Bitrate)
				if err := e.Adjust(int(want), 30); err != nil {
					t.Fatal(err)
				}
				bits(1, c.step)
				within := 0.12
				if s.codec == media.H264 {
					within = 0.1
				}
				if got := bits(3, c.step); got < (1-within)*want || got > (1+within)*want {
					t.Errorf("%.0f bit/s instead of %.0f with a picture every %d ms", got, want, c.step/90)
				}
			}
		})
	}
}

// H.261 and H.263 code each block anew once in 132 pictures (H.261 3.4, H.263 4.4).
func TestForcedUpdate(t *testing.T) {
	for _, s := range streams {
		if s.settings.Width > 352 || s.settings.Level == 9 {
			continue
		}
		list := codectest.Moving(t, s.settings.Width, s.settings.Height, 60)
		e := open(t, s.codec, s.settings)
		last, count := 0, 0
		for i := range 300 {
			at := i % 118 // forth and back, without a jump
			out, err := e.Encode(list[min(at, 118-at)], int64(i)*3000, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Units) > 0 {
				count++
			}
			if out.Key {
				last = count
			} else if count-last > 132 {
				t.Fatalf("%s: no keyframe in %d pictures", s.codec, count-last)
			}
		}
	}
}

// When the scene changes, no frame is larger than a second's bits.
func TestCut(t *testing.T) {
	for _, s := range streams {
		if s.settings.Width > 640 || s.settings.Profile == 77 || s.settings.Level == 9 {
			continue
		}
		t.Run(name(s.codec, s.settings), func(t *testing.T) {
			w, h := s.settings.Width, s.settings.Height
			still, moving := codec.Allocate(w, h), codectest.Moving(t, w, h, 40)
			for i := range still.Y {
				still.Y[i] = 40
			}
			for _, c := range [][]byte{still.U, still.V} {
				for i := range c {
					c[i] = 128
				}
			}
			e := open(t, s.codec, s.settings)
			total := 0
			for i := range 60 {
				p := still
				if i >= 20 {
					p = moving[i-20]
				}
				out, err := e.Encode(p, int64(i)*3000, false)
				if err != nil {
					t.Fatal(err)
				}
				n := 8 * len(flat(s.codec, out))
				if n > s.settings.Bitrate {
					t.Errorf("picture %d: %d bits", i, n)
				}
				if i >= 20 {
					total += n
				}
			}
			if total > s.settings.Bitrate*40/30*14/10+s.settings.Bitrate/4 {
				t.Errorf("%d bits in 1.3 s", total)
			}
		})
	}
}

// A pattern that changes wholly with every picture does not become keyframes alone.
func TestChequers(t *testing.T) {
	for _, c := range []media.Codec{media.H263, media.H263P, media.H261} {
		if !slices.Contains(Encodes(), c) {
			continue
		}
		e := open(t, c, codec.VideoSettings{Width: 352, Height: 288, FPS: 30, Bitrate: 384_000})
		p := codec.Allocate(352, 288)
		keys, bits := 0, 0
		for i := range 90 {
			for k := range p.Y {
				p.Y[k] = byte(40 + 170*((k%352/16+k/352/16+i)%2))
			}
			out, err := e.Encode(p, int64(i)*3000, false)
			if err != nil {
				t.Fatal(err)
			}
			if out.Key {
				keys++
			}
			bits += 8 * len(flat(c, out))
		}
		if keys > 10 || bits > 3*384_000*13/10 {
			t.Errorf("%s: %d keyframes of 90 pictures, %d bits in three seconds", c, keys, bits)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		codec    media.Codec
		settings codec.VideoSettings
	}{
		{media.H264, h264(1281, 720, 66, 31, 1_000_000, 0)},
		{media.H264, h264(1280, 720, 88, 31, 1_000_000, 0)},
		{media.H264, h264(1280, 720, 66, 60, 1_000_000, 0)},
		{media.H264, h264(1280, 720, 66, 31, 1_000_000, 50)},
		{media.H264, h264(1280, 720, 66, 31, 0, 0)},
		{media.H264, h264(16000, 16000, 66, 51, 1_000_000, 0)},
		{media.VP8, plain(3842, 720, 1_000_000)},
		{media.VP9, plain(0, 720, 1_000_000)},
		{media.H263, plain(640, 480, 384_000)},
		{media.H263P, plain(642, 480, 384_000)},
		{media.H263P, plain(2052, 480, 384_000)},
		{media.H261, plain(704, 576, 384_000)},
	} {
		if e, err := NewVideoEncoder(c.codec, c.settings); !errors.Is(err, codec.ErrSettings) {
			t.Errorf("%s %+v: %v, %v", c.codec, c.settings, e, err)
		}
	}
	for _, s := range streams {
		e := open(t, s.codec, s.settings)
		if err := e.Adjust(0, 30); !errors.Is(err, codec.ErrSettings) {
			t.Errorf("%s: %v", s.codec, err)
		}
		if err := e.Adjust(100_000, 0); !errors.Is(err, codec.ErrSettings) {
			t.Errorf("%s: %v", s.codec, err)
		}
		if _, err := e.Encode(codec.Allocate(s.settings.Width+16, s.settings.Height), 0, false); err == nil {
			t.Errorf("%s: a picture of another size is taken", s.codec)
		}
		p := codec.Allocate(s.settings.Width, s.settings.Height)
		p.V = p.V[:100]
		if _, err := e.Encode(p, 0, false); err == nil {
			t.Errorf("%s: a picture without its memory is taken", s.codec)
		}
	}
}
