//go:build cgo && !nocodecs

package pictures

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/internal/codectest"
)

// What ffmpeg encodes with; the format of samples follows.
const (
	x264   = "-c:v libx264 -preset veryfast -tune zerolatency -aud 1 -f h264 -pix_fmt "
	x265   = "-c:v libx265 -preset ultrafast -tune zerolatency -x265-params log-level=none:aud=1:bframes=0 -f hevc -pix_fmt "
	aom    = "-c:v libaom-av1 -usage realtime -cpu-used 8 -f ivf -pix_fmt "
	libvp8 = "-c:v libvpx -deadline realtime -cpu-used 8 -lag-in-frames 0 -f ivf -pix_fmt "
	libvp9 = "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0 -f ivf -pix_fmt "
)

// made has ffmpeg encode its test picture and gives the frames one by one.
func made(t testing.TB, width, height, n int, with string) [][]byte {
	t.Helper()
	args := []string{"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%dx%d:rate=30", width, height), "-frames:v", fmt.Sprint(n)}
	b := codectest.FFmpeg(t, nil, append(append(args, strings.Fields(with)...), "-")...)
	if strings.Contains(with, "ivf") {
		return codectest.ParseIVF(b)
	}
	return accessUnits(b, strings.Contains(with, "hevc"))
}

// accessUnits cuts a byte stream in front of each access unit delimiter.
func accessUnits(b []byte, h265 bool) (list [][]byte) {
	for u := range codec.Units(b) {
		if h265 && u[0]>>1 == 35 || !h265 && u[0]&0x1f == 9 {
			list = append(list, nil)
		}
		list[len(list)-1] = append(append(list[len(list)-1], startCode...), u...)
	}
	return list
}

// What others encode we decode as ffmpeg does, at once and bit for bit.
func TestDecoders(t *testing.T) {
	for _, s := range []struct {
		name  string
		codec media.Codec
		w, h  int
		with  string
		exact bool // else samples are converted, and may differ a little
	}{
		{"high", media.H264, 640, 360, x264 + "yuv420p", true},
		{"cropped", media.H264, 638, 354, x264 + "yuv420p", true},
		{"4:4:4", media.H264, 320, 180, x264 + "yuv444p", false},
		{"10 bits", media.H264, 320, 180, x264 + "yuv422p10le", false},
		{"full range", media.H264, 320, 180, x264 + "yuvj420p", false},
		{"main", media.H265, 640, 360, x265 + "yuv420p", true},
		{"main 10", media.H265, 320, 180, x265 + "yuv420p10le", false},
		{"main", media.AV1, 320, 180, aom + "yuv420p", true},
		{"usual", media.VP8, 640, 360, libvp8 + "yuv420p", true},
		{"usual", media.VP9, 640, 360, libvp9 + "yuv420p", true},
		{"4:4:4", media.VP9, 320, 180, libvp9 + "yuv444p", false},
	} {
		t.Run(string(s.codec)+" "+s.name, func(t *testing.T) {
			if !slices.Contains(Decodes(), s.codec) {
				t.Logf("this build does not decode %s", s.codec)
				return
			}
			frames := made(t, s.w, s.h, 20, s.with)
			want := decodedByFFmpeg(t, s.codec, s.w, s.h, frames)
			if len(frames) != 20 || len(want) != 20 {
				t.Fatalf("%d frames, %d pictures", len(frames), len(want))
			}
			if s.exact {
				checkDecoder(t, s.codec, frames, want)
				return
			}
			checkConverted(t, s.codec, frames, want)
		})
	}
}

func checkConverted(t *testing.T, c media.Codec, frames [][]byte, want []*codec.Picture) {
	t.Helper()
	d := decoder(t, c)
	for i, b := range frames {
		p, damaged, err := d.Decode(b)
		if err != nil || damaged || p == nil {
			t.Fatalf("picture %d: there %v, damaged %v, %v", i, p != nil, damaged, err)
		}
		if psnr := codectest.PSNR(p, want[i]); psnr < 40 {
			t.Errorf("picture %d: %.1f dB", i, psnr)
		}
		p.Release()
	}
}

func decoder(t testing.TB, c media.Codec) codec.VideoDecoder {
	t.Helper()
	d, err := NewVideoDecoder(c, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// short gives a few frames of each codec, small ones.
func short(t testing.TB, c media.Codec) [][]byte {
	t.Helper()
	switch c {
	case media.H265:
		return made(t, 176, 144, 6, "-b:v 100k "+x265+"yuv420p")
	case media.AV1:
		return made(t, 176, 144, 6, "-b:v 100k "+aom+"yuv420p")
	}
	s := plain(176, 144, 200_000)
	s.Profile, s.Level = 66, 11
	e := open(t, c, s)
	var frames [][]byte
	for i, p := range codectest.Moving(t, 176, 144, 6) {
		out, err := e.Encode(p, int64(i)*3000, false)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, flat(c, out))
	}
	return frames
}

// A frame that is cut short is reported, as are those that refer to it, until a keyframe comes.
func TestTruncated(t *testing.T) {
	for _, c := range []media.Codec{media.H264, media.AV1, media.H263P, media.H263, media.H261} {
		t.Run(string(c), func(t *testing.T) {
			frames, d := short(t, c), decoder(t, c)
			feed := func(b []byte) bool {
				p, damaged, err := d.Decode(b)
				if p != nil {
					p.Release()
				}
				return damaged || err != nil
			}
			if feed(frames[0]) || feed(frames[1]) {
				t.Error("whole frames are damaged")
			}
			if !feed(frames[2][:len(frames[2])/3]) {
				t.Error("a third of a frame is whole")
			}
			if !feed(frames[3]) {
				t.Error("what refers to a third of a frame is whole")
			}
			if feed(frames[0]) || feed(frames[1]) {
				t.Error("damaged after a keyframe")
			}
		})
	}
}

// A decoder survives what is thrown at it, and decodes on from the next keyframe.
func TestGarbage(t *testing.T) {
	for _, c := range Decodes() {
		t.Run(string(c), func(t *testing.T) {
			frames, d := short(t, c), decoder(t, c)
			r := rand.New(rand.NewPCG(3, 4))
			for i := range 300 {
				b := bytes.Clone(frames[i%len(frames)])
				for range 1 + r.IntN(20) {
					b[r.IntN(len(b))] ^= 1 << r.IntN(8)
				}
				if p, _, err := d.Decode(b[:1+r.IntN(len(b))]); err == nil && p != nil {
					if p.Check(p.Width, p.Height) != nil || p.Width > codec.MaxWidth || p.Height > codec.MaxHeight {
						t.Fatalf("a picture of %dx%d with less memory", p.Width, p.Height)
					}
					p.Release()
				}
			}
			if p, damaged, err := d.Decode(frames[0]); err != nil || damaged || p == nil {
				t.Errorf("the keyframe after: there %v, damaged %v, %v", p != nil, damaged, err)
			} else {
				p.Release()
			}
			if p, damaged, err := d.Decode(nil); err == nil || !damaged || p != nil {
				t.Error("an empty frame is taken")
			}
		})
	}
}

// Pictures stay what they are while the decoder goes on, and after it is closed.
func TestPicturesStay(t *testing.T) {
	for _, c := range Decodes() {
		frames := short(t, c)
		d, err := NewVideoDecoder(c, "")
		if err != nil {
			t.Fatal(err)
		}
		var held []*codec.Picture
		var want [][]byte
		for _, b := range frames {
			p, _, err := d.Decode(b)
			if err != nil || p == nil {
				t.Fatalf("%s: there %v, %v", c, p != nil, err)
			}
			held, want = append(held, p), append(want, codectest.Raw(p))
		}
		d.Close()
		for i, p := range held {
			if !bytes.Equal(codectest.Raw(p), want[i]) {
				t.Errorf("%s: picture %d has changed", c, i)
			}
			p.Release()
		}
	}
}

// Pictures are released by others while the decoder goes on.
func TestReleasedElsewhere(t *testing.T) {
	frames := short(t, media.H264)
	d := decoder(t, media.H264)
	given, sums := make(chan *codec.Picture, 4), make(chan int)
	go func() {
		sum := 0
		for p := range given {
			sum += int(touch(p.Y))
			p.Release()
		}
		sums <- sum
	}()
	for i := range 300 {
		p, _, err := d.Decode(frames[i%len(frames)])
		if err != nil || p == nil {
			t.Fatalf("picture %d: there %v, %v", i, p != nil, err)
		}
		if i%3 == 0 {
			given <- p.Retain()
		}
		given <- p
	}
	close(given)
	<-sums
}

// vp8Bomb is the beginning of a keyframe of this size (RFC 6386 9.1).
func vp8Bomb(width, height uint16) []byte {
	b := []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a}
	b = binary.LittleEndian.AppendUint16(b, width)
	b = binary.LittleEndian.AppendUint16(b, height)
	return append(b, make([]byte, 60)...)
}

// Pictures beyond the bounds are refused, whatever a frame says of itself, and
// the stream goes on afterwards.
func TestTooLarge(t *testing.T) {
	bombs := map[media.Codec][][]byte{
		media.VP8:  {vp8Bomb(16383, 16383), vp8Bomb(16383, 32)},
		media.H264: {made(t, 5120, 2880, 1, x264+"yuv420p")[0], made(t, 8192, 64, 1, x264+"yuv420p")[0], made(t, 64, 8192, 1, x264+"yuv420p")[0]},
		media.H265: {made(t, 5120, 320, 1, x265+"yuv420p")[0]},
		media.VP9:  {made(t, 5120, 320, 1, libvp9+"yuv420p")[0]},
		media.AV1:  {made(t, 5120, 320, 1, aom+"yuv420p")[0]},
	}
	for _, c := range Decodes() {
		d := decoder(t, c)
		for i, b := range bombs[c] {
			if p, damaged, err := d.Decode(b); !errors.Is(err, codec.ErrTooLarge) || !damaged || p != nil {
				t.Errorf("%s: bomb %d: there %v, %v", c, i, p != nil, err)
			}
		}
		if p, damaged, err := d.Decode(short(t, c)[0]); err != nil || damaged || p == nil {
			t.Errorf("%s: after bombs: there %v, damaged %v, %v", c, p != nil, damaged, err)
		} else {
			p.Release()
		}
	}
}

// A picture of which a slice was lost is damaged, and so are those that follow.
func TestLostSlice(t *testing.T) {
	for _, lost := range []int{0, 1, 3} {
		s := plain(352, 288, 800_000)
		s.Profile, s.Level, s.MaxUnit = 66, 13, 600
		e, d := open(t, media.H264, s), decoder(t, media.H264)
		for i, p := range codectest.Moving(t, 352, 288, 8) {
			out, err := e.Encode(p, int64(i)*3000, i == 6)
			if err != nil {
				t.Fatal(err)
			}
			if i == 3 {
				if len(out.Units) < 5 {
					t.Fatalf("only %d slices", len(out.Units))
				}
				out.Units = slices.Delete(slices.Clone(out.Units), lost, lost+1)
			}
			got, damaged, err := d.Decode(flat(media.H264, out))
			if got != nil {
				got.Release()
			}
			if bad := damaged || err != nil; bad != (i >= 3 && i < 6) {
				t.Errorf("slice %d lost: picture %d damaged %v, %v", lost, i, damaged, err)
			}
		}
	}
}
