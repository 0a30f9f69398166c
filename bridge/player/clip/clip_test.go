package clip

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
)

// sets gives the parameter sets of the test picture.
func sets(t testing.TB) (sps, pps []byte) {
	t.Helper()
	for _, nal := range TestPicture().Units[0].NALs {
		switch h264.Type(nal) {
		case h264.TypeSPS:
			sps = nal
		case h264.TypePPS:
			pps = nal
		}
	}
	if sps == nil || pps == nil {
		t.Fatal("no parameter sets")
	}
	return sps, pps
}

// Slices: first macroblock 0 and type P or I of all, B, or a later macroblock.
var (
	idr   = []byte{0x65, 0x88, 0x80, 0x10}
	idr2  = []byte{0x65, 0x62, 0x20, 0x10}
	delta = []byte{0x41, 0x9a, 0x02, 0x10}
	bidir = []byte{0x01, 0x9e, 0x02, 0x10}
	sei   = []byte{0x06, 0x05, 0x01, 0xaa, 0x80}
	aud   = []byte{0x09, 0x10}
)

func TestTestPicture(t *testing.T) {
	c := TestPicture()
	if c.Width != 640 || c.Height != 360 || c.FPS != 25 || len(c.Units) != 75 || c.Level != 30 {
		t.Errorf("%dx%d, %v frames a second, %d frames, level %d", c.Width, c.Height, c.FPS, len(c.Units), c.Level)
	}
	params := media.H264Params{Profile: c.Profile, Constraints: c.Constraints}
	if params.ProfileOf() != media.H264ConstrainedBaseline {
		t.Errorf("profile %d, constraints %#x", c.Profile, c.Constraints)
	}
	if c.Bitrate < 200_000 || c.Bitrate > 550_000 || len(testPicture) > 300_000 {
		t.Errorf("%d bit/s, %d bytes", c.Bitrate, len(testPicture))
	}
	for i, u := range c.Units {
		if u.Keyframe != (i%25 == 0) {
			t.Errorf("frame %d: keyframe %v", i, u.Keyframe)
		}
	}
}

func TestTestPictureFitsModeZero(t *testing.T) {
	p, err := TestPicture().Packets(0, h264.DefaultMTU)
	if err != nil || p.TooLong != 0 || p.Longest > h264.DefaultMTU {
		t.Errorf("%d units too long, longest %d, %v", p.TooLong, p.Longest, err)
	}
	again, err := TestPicture().Packets(0, h264.DefaultMTU)
	if err != nil || again != p {
		t.Errorf("the packets are made again, %v", err)
	}
}

func TestModeOneIsCut(t *testing.T) {
	sps, pps := sets(t)
	long := append(bytes.Clone(idr), bytes.Repeat([]byte{0x55}, 5000)...)
	c, err := Parse(h264.AppendAnnexB(nil, sps, pps, long), 0)
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Packets(1, 1200)
	if err != nil || one.TooLong != 0 || one.Longest > 1200 || len(one.Units[0]) < 5 {
		t.Errorf("mode 1: %+v, %v", one, err)
	}
	zero, err := c.Packets(0, 1200)
	if err != nil || zero.TooLong != 1 || zero.Longest != len(long) || len(zero.Units[0]) != 3 {
		t.Errorf("mode 0: %d too long, longest %d, %v", zero.TooLong, zero.Longest, err)
	}
	if _, err := c.Packets(1, 3); err == nil {
		t.Error("an MTU of 3 bytes is taken")
	}
}

func TestAccessUnits(t *testing.T) {
	sps, pps := sets(t)
	for _, c := range []struct {
		name string
		nals [][]byte
		want [][][]byte
	}{
		{"plain", [][]byte{sps, pps, idr, delta, delta}, [][][]byte{{sps, pps, idr}, {delta}, {delta}}},
		{"several slices", [][]byte{sps, pps, idr, idr2, delta}, [][][]byte{{sps, pps, idr, idr2}, {delta}}},
		{"delimiters and SEI are left out", [][]byte{aud, sps, pps, sei, idr, aud, sei, delta}, [][][]byte{{sps, pps, idr}, {delta}}},
		{"begins with the first keyframe", [][]byte{delta, delta, sps, pps, idr}, [][][]byte{{sps, pps, idr}}},
		{"sets once", [][]byte{sps, pps, idr, delta, idr}, [][][]byte{{sps, pps, idr}, {delta}, {sps, pps, idr}}},
		{"one set again", [][]byte{sps, pps, idr, pps, idr}, [][][]byte{{sps, pps, idr}, {sps, pps, idr}}},
		{"sets in front of another picture", [][]byte{sps, pps, delta, idr}, [][][]byte{{sps, pps, idr}}},
		{"unknown units", [][]byte{sps, pps, {0x6e, 1}, idr, {0x0c, 0xff}, delta}, [][][]byte{{sps, pps, idr}, {delta}}},
		{"sets at the end", [][]byte{sps, pps, idr, sps, pps}, [][][]byte{{sps, pps, idr}}},
	} {
		got, err := Parse(h264.AppendAnnexB(nil, c.nals...), 0)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var units [][][]byte
		for _, u := range got.Units {
			units = append(units, u.NALs)
		}
		if d := cmp.Diff(c.want, units); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	sps, pps := sets(t)
	for _, c := range []struct {
		name string
		nals [][]byte
		want error
	}{
		{"nothing", nil, ErrNoKeyframe},
		{"no keyframe", [][]byte{sps, pps, delta}, ErrNoKeyframe},
		{"no parameter sets", [][]byte{idr, delta}, ErrNoKeyframe},
		{"no PPS", [][]byte{sps, idr}, ErrNoKeyframe},
		{"B pictures", [][]byte{sps, pps, idr, bidir}, ErrReordered},
	} {
		if _, err := Parse(h264.AppendAnnexB(nil, c.nals...), 0); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestFrameRate(t *testing.T) {
	for _, c := range []struct{ asked, told, want float64 }{
		{0, 25, 25}, {15, 25, 15}, {0, 0, 30}, {-1, 25, 25}, {0, 1e9, 30}, {math.NaN(), 50, 50}, {math.Inf(1), 0, 30},
	} {
		if got := rate(c.asked, c.told); got != c.want {
			t.Errorf("%v asked, %v told: %v", c.asked, c.told, got)
		}
	}
}

func TestNextKeyframe(t *testing.T) {
	for at, want := range map[int]int{0: 0, 1: 25, 25: 25, 50: 50, 51: 0, 74: 0} {
		if got := TestPicture().NextKeyframe(at); got != want {
			t.Errorf("after %d comes %d, want %d", at, got, want)
		}
	}
}

func TestExceeds(t *testing.T) {
	format := func(profile, constraints, level uint8) media.Format {
		return media.Format{Codec: media.H264, H264: media.H264Params{Profile: profile, Constraints: constraints, Level: level}}
	}
	lifted := format(66, 0x80, 13)
	lifted.H264.MaxFS, lifted.H264.MaxMBPS = 3600, 108000
	for _, c := range []struct {
		name    string
		format  media.Format
		bitrate int
		want    []string
	}{
		{"fits", format(66, 0xc0, 30), 0, nil},
		{"called Baseline", format(66, 0, 31), 4_000_000, nil},
		{"High takes it", format(100, 0, 31), 4_000_000, nil},
		{"lifted level", lifted, 0, nil},
		{"CIF", format(66, 0xc0, 13), 0, []string{"macroblocks"}},
		{"narrow line", format(66, 0xc0, 30), 64_000, []string{"bit/s"}},
		{"level's bitrate", format(66, 0xc0, 11), 0, []string{"macroblocks", "bit/s"}},
	} {
		got := TestPicture().Exceeds(c.format, c.bitrate)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", c.name, got)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%s: %q", c.name, got[i])
			}
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		receiver, stream media.H264Profile
		want             bool
	}{
		{media.H264ConstrainedBaseline, media.H264High, false},
		{media.H264ConstrainedBaseline, media.H264Baseline, true},
		{media.H264Baseline, media.H264Main, false},
		{media.H264High, media.H264Main, true},
		{media.H264High, media.H264ConstrainedHigh, true},
		{media.H264High, media.H264Other, false},
		{media.H264Other, media.H264ConstrainedBaseline, true},
	} {
		if got := decodes(c.receiver, c.stream); got != c.want {
			t.Errorf("receiver %d, stream %d: %v", c.receiver, c.stream, got)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clip.h264")
	if err := os.WriteFile(path, testPicture, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Open(path, 10)
	if err != nil || c.FPS != 10 || len(c.Units) != 75 {
		t.Errorf("%v", err)
	}
	if _, err := Open(path+".missing", 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("RIFF, in fact"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, 0); !errors.Is(err, ErrNoKeyframe) || !strings.Contains(err.Error(), path) {
		t.Errorf("another file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	sps, pps := sets(f)
	f.Add(h264.AppendAnnexB(nil, sps, pps, idr, delta, aud, idr2))
	f.Add(h264.AppendAnnexB(nil, sps, pps, idr, bidir))
	f.Add(testPicture[:20000])
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse(b, 0)
		if err != nil {
			return
		}
		if !c.Units[0].Keyframe || c.FPS < 0.1 || c.FPS > maxFPS {
			t.Fatalf("keyframe %v, %v frames a second", c.Units[0].Keyframe, c.FPS)
		}
		for mode := range uint8(2) {
			p, err := c.Packets(mode, 1200)
			if err != nil || len(p.Units) != len(c.Units) {
				t.Fatalf("mode %d: %v", mode, err)
			}
		}
	})
}
