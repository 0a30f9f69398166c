package clip

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/payload"
)

// The pictures were made of testpicture.h264 by
//
//	ffmpeg -i testpicture.h264 -vf scale=352:288,fps=15 -c:v h263 -b:v 200k -maxrate 220k -bufsize 200k -g 15 -f h263 testpicture.h263
//
// with h261 in place of h263, and by
//
//	ffmpeg -i testpicture.h264 -c:v libvpx -b:v 250k -g 25 -keyint_min 25 -auto-alt-ref 0 -lag-in-frames 0 -f ivf testpicture.ivf
func TestTestPictures(t *testing.T) {
	for _, x := range []struct {
		codec          media.Codec
		w, h, n, every int
		fps            float64
	}{
		{media.H264, 640, 360, 75, 25, 25},
		{media.H263, 352, 288, 45, 15, 15}, {media.H263P, 352, 288, 45, 15, 15}, {media.H261, 352, 288, 45, 15, 15},
		{media.VP8, 640, 360, 75, 25, 25},
	} {
		c := TestPictureOf(x.codec)
		if c == nil || c.Codec != x.codec || c.Width != x.w || c.Height != x.h || len(c.Units) != x.n {
			t.Errorf("%s: %+v", x.codec, c)
			continue
		}
		if c.FPS < x.fps-.2 || c.FPS > x.fps+.2 || c.Bitrate < 150_000 || c.Bitrate > 400_000 {
			t.Errorf("%s: %v frames a second, %d bit/s", x.codec, c.FPS, c.Bitrate)
		}
		for i, u := range c.Units {
			if u.Keyframe != (i%x.every == 0) {
				t.Errorf("%s: frame %d: keyframe %v", x.codec, i, u.Keyframe)
			}
		}
	}
	if TestPictureOf(media.H265) != nil {
		t.Error("a test picture in H.265")
	}
}

// What is cut into packets is what comes out of them.
func TestPacketsAs(t *testing.T) {
	for _, codec := range []media.Codec{media.H263, media.H263P, media.H261, media.VP8} {
		c := TestPictureOf(codec)
		p, err := c.PacketsAs(codec, h264.DefaultMTU)
		if err != nil || p.Longest > h264.DefaultMTU || p.TooLong != 0 {
			t.Errorf("%s: longest %d, %v", codec, p.Longest, err)
			continue
		}
		if again, err := c.PacketsAs(codec, h264.DefaultMTU); err != nil || again != p {
			t.Errorf("%s: the packets are made again, %v", codec, err)
		}
		a, err := payload.NewAssembler(codec)
		if err != nil {
			t.Fatal(err)
		}
		seq := uint16(0)
		for i, u := range p.Units {
			for j, b := range u {
				f, ok := a.Push(seq, uint32(i)*6000, j == len(u)-1, b)
				seq++
				if ok != (j == len(u)-1) || ok && (f.Damaged || f.Key != c.Units[i].Keyframe || !bytes.Equal(f.Data, c.Units[i].NALs[0])) {
					t.Fatalf("%s: frame %d, packet %d of %d: %v, damaged %v, key %v", codec, i, j, len(u), ok, f.Damaged, f.Key)
				}
			}
		}
	}
	if _, err := TestPictureOf(media.H263).PacketsAs(media.AV1, 1200); err == nil {
		t.Error("H.263 was packed as AV1")
	}
}

func TestRefusedFrames(t *testing.T) {
	second := bytes.Clone(testH263[len(TestPictureOf(media.H263).Units[0].NALs[0]):])
	for _, x := range []struct {
		name   string
		codec  media.Codec
		stream []byte
		units  int
	}{
		{"from the second picture on", media.H263, second, 30},
		{"rubbish before the first", media.H263, append([]byte("RIFF\x00\x00\x01"), testH263...), 45},
		{"another codec", media.H261, testH263, 0},
		{"nothing", media.H261, nil, 0},
		{"an IVF file cut short", media.VP8, testVP8[:20], 0},
		{"an IVF header alone", media.VP8, testVP8[:32], 0},
		{"its last frame cut short", media.VP8, testVP8[:len(testVP8)-1], 74},
		{"IVF of VP9", media.VP8, bytes.Replace(testVP8, []byte("VP80"), []byte("VP90"), 1), 0},
	} {
		c, err := ParseAs(x.stream, x.codec, 0)
		if x.units == 0 && !errors.Is(err, ErrNoFrame) || x.units > 0 && (err != nil || len(c.Units) != x.units) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	if _, err := ParseAs(testPicture, media.H265, 0); err == nil {
		t.Error("H.265 is played")
	}
}

func TestOpenAs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.ivf")
	if err := os.WriteFile(path, testVP8, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := OpenAs(path, media.VP8, 10)
	if err != nil || c.FPS != 10 || c.Codec != media.VP8 {
		t.Errorf("%v", err)
	}
	if _, err := OpenAs(path, media.H263, 0); !errors.Is(err, ErrNoFrame) || !strings.Contains(err.Error(), path) {
		t.Errorf("another codec: %v", err)
	}
}

func TestExceedsOfOldCodecs(t *testing.T) {
	c := TestPictureOf(media.H263)
	f := media.Format{Codec: media.H263, Sizes: media.Sizes{QCIF: 1, CIF: 1}}
	if got := c.Exceeds(f, 512_000); len(got) != 0 {
		t.Errorf("%q", got)
	}
	f.Sizes = media.Sizes{QCIF: 1}
	if got := c.Exceeds(f, 64_000); len(got) != 2 || !strings.Contains(got[0], "macroblocks") || !strings.Contains(got[1], "bit/s") {
		t.Errorf("%q", got)
	}
}

// What is written as IVF is read again.
func TestIVF(t *testing.T) {
	c := TestPictureOf(media.VP8)
	file := AppendIVF(nil, c.Width, c.Height)
	for i, u := range c.Units {
		file = AppendIVFFrame(file, u.NALs[0], uint64(i)*3600)
	}
	again, err := ParseAs(file, media.VP8, 0)
	if err != nil || len(again.Units) != len(c.Units) || again.FPS != 25 || again.Width != 640 {
		t.Errorf("%+v, %v", again, err)
	}
}

func FuzzParseAs(f *testing.F) {
	f.Add(uint8(0), testH263[:4000])
	f.Add(uint8(1), testH261[:4000])
	f.Add(uint8(2), testVP8[:9000])
	codecs := []media.Codec{media.H263, media.H261, media.VP8, media.H263P}
	f.Fuzz(func(t *testing.T, n uint8, b []byte) {
		codec := codecs[int(n)%len(codecs)]
		c, err := ParseAs(b, codec, 0)
		if err != nil {
			return
		}
		if !c.Units[0].Keyframe || c.FPS < 0.1 || c.FPS > maxFPS || c.Width == 0 && codec != media.VP8 {
			t.Fatalf("keyframe %v, %v frames a second, %d wide", c.Units[0].Keyframe, c.FPS, c.Width)
		}
		if p, err := c.PacketsAs(codec, 1200); err == nil && len(p.Units) != len(c.Units) {
			t.Fatalf("%d of %d units", len(p.Units), len(c.Units))
		}
	})
}
