package media

import "testing"

func TestPictureFor(t *testing.T) {
	level := func(idc uint8) Format { return h264(66, 0xe0, idc, 1) }
	sized := func(c Codec, s Sizes) Format { return Format{Codec: c, ClockRate: 90000, Sizes: s} }
	all := Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 2, CIF16: 4}
	limited := func(f Format, l Limits) Format { f.VideoMax = l; return f }
	for _, c := range []struct {
		name    string
		f       Format
		bitrate int
		w, h, r int
	}{
		{"level 4.0", level(40), 4_000_000, 1920, 1080, 30},
		{"level 4.0, no bound on bits", level(40), 0, 1920, 1080, 30},
		{"level 4.0, too few bits for 1080p", level(40), 2_499_999, 1280, 720, 30},
		{"level 3.1", level(31), 4_000_000, 1280, 720, 30},
		{"level 3.1 at 900 kbit/s", level(31), 900_000, 1280, 720, 30},
		{"level 3.1 at 768 kbit/s", level(31), 768_000, 1024, 576, 30},
		{"level 3.1 at 512 kbit/s", level(31), 512_000, 848, 480, 30},
		{"level 3.1 at 384 kbit/s", level(31), 384_000, 640, 360, 30},
		{"level 3.1 at 128 kbit/s", level(31), 128_000, 512, 288, 30},
		{"level 3.1 at 80 kbit/s", level(31), 80_000, 320, 180, 30},
		{"level 3.1 at 10 kbit/s", level(31), 10_000, 256, 144, 15},
		{"level 3.1 at 5 kbit/s", level(31), 5_000, 256, 144, 10},
		{"level 3.0", level(30), 4_000_000, 848, 480, 25},
		{"level 2.1", level(21), 2_000_000, 512, 288, 30},
		{"level 2.0 is CIF", level(20), 1_000_000, 352, 288, 30},
		{"level 1.3", level(13), 0, 352, 288, 30},
		{"level 1.2", level(12), 0, 352, 288, 15},
		{"level 1.1: CIF would come 7 times a second", level(11), 0, 320, 180, 12},
		{"level 1.0", level(10), 0, 176, 144, 15},
		{"a level lifted by max-fs", Format{Codec: H264, H264: H264Params{Profile: 66, Level: 13, MaxFS: 8160, MaxMBPS: 245000, MaxBR: 4000}}, 0, 1920, 1080, 30},
		{"max-fs without speed", Format{Codec: H264, H264: H264Params{Profile: 66, Level: 22, MaxFS: 3600}}, 0, 848, 480, 12},
		{"the format's own limit of bits", Format{Codec: H264, Bitrate: 600_000, H264: H264Params{Profile: 66, Level: 40}}, 2_000_000, 848, 480, 30},

		{"VP8 without limits", vp8, 1_000_000, 1280, 720, 30},
		{"VP8 of 1200 macroblocks", limited(vp8, Limits{MaxFS: 1200, FPS: 20}), 1_000_000, 640, 360, 20},
		{"VP9 of a width", limited(Format{Codec: VP9}, Limits{Width: 800}), 1_000_000, 640, 360, 30},
		{"VP8 of nothing", limited(vp8, Limits{MaxFS: 10}), 0, 176, 144, 1},

		{"H.263 with all sizes", sized(H263, all), 6_000_000, 704, 576, 15},
		{"H.263 at 768 kbit/s", sized(H263, all), 768_000, 352, 288, 30},
		{"H.263 at 128 kbit/s", sized(H263, all), 128_000, 352, 288, 15},
		{"H.263 at 64 kbit/s", sized(H263, all), 64_000, 176, 144, 30},
		{"H.263 at 32 kbit/s", sized(H263, all), 32_000, 176, 144, 15},
		{"H.263 at 20 kbit/s", sized(H263, all), 20_000, 128, 96, 15},
		{"H.263 that says nothing is QCIF", sized(H263, Sizes{}), 2_000_000, 176, 144, 30},
		{"only QCIF", sized(H263, Sizes{QCIF: 2}), 2_000_000, 176, 144, 15},
		{"only CIF, and few bits", sized(H263P, Sizes{CIF: 1}), 64_000, 352, 288, 10},
		{"only CIF at 5 a second", sized(H263P, Sizes{CIF: 6}), 0, 352, 288, 5},
		{"CIF4 for stills, CIF for what moves", sized(H263P, Sizes{CIF4: 8, CIF: 1}), 0, 352, 288, 30},
		{"CIF16 alone", sized(H263, Sizes{CIF16: 30}), 0, 1408, 1152, 1},
		{"H.263 with its own limit of bits", Format{Codec: H263, Bitrate: 64_000, Sizes: all}, 2_000_000, 176, 144, 30},
		{"H.263 with a limit below what it lists", limited(sized(H263, Sizes{CIF: 1, QCIF: 1}), Limits{MaxFS: 99, FPS: 15}), 0, 176, 144, 15},
		{"H.263 with a limit below all it lists", limited(sized(H263, Sizes{CIF: 1}), Limits{MaxFS: 99, MaxMBPS: 990}), 0, 352, 288, 2},
		{"H.261", sized(H261, Sizes{CIF: 2, QCIF: 1}), 384_000, 352, 288, 15},
		{"H.261 has no CIF4", sized(H261, Sizes{CIF4: 1, QCIF: 1}), 0, 176, 144, 30},

		{"sound", opus, 64_000, 0, 0, 0},
	} {
		w, h, r := PictureFor(c.f, c.bitrate)
		if w != c.w || h != c.h || r != c.r {
			t.Errorf("%s: %dx%d %d/s, want %dx%d %d/s", c.name, w, h, r, c.w, c.h, c.r)
		}
	}
}

// TestPicturesRise: with more bits no picture gets smaller.
func TestPicturesRise(t *testing.T) {
	for _, f := range []Format{
		h264(66, 0xe0, 52, 1), h264(66, 0xe0, 22, 1), h264(66, 0xe0, 10, 0), vp8,
		{Codec: H263, Sizes: Sizes{SQCIF: 1, QCIF: 1, CIF: 1, CIF4: 1, CIF16: 1}}, {Codec: H261, Sizes: Sizes{CIF: 1, QCIF: 1}},
	} {
		last := 0
		for rate := 1000; rate < 10_000_000; rate += rate/8 + 1 {
			w, h, fps := PictureFor(f, rate)
			if w*h < last || fps < 10 || fps > 30 {
				t.Errorf("%s at %d: %dx%d %d/s", f.Codec, rate, w, h, fps)
			}
			last = w * h
		}
	}
}

// FuzzPictureFor: whatever a receiver says of itself, the picture is one that
// can be made, and a listed one where there is a list.
func FuzzPictureFor(f *testing.F) {
	f.Add(uint8(0), uint8(31), uint32(3600), uint32(0), uint32(0), uint8(1), uint8(1), 900_000)
	f.Add(uint8(2), uint8(31), uint32(0), uint32(0), uint32(0), uint8(1), uint8(0), 64_000)
	codecs := []Codec{H264, VP8, H263, H263P, H261, VP9}
	f.Fuzz(func(t *testing.T, codec, lvl uint8, fs, mbps, fps uint32, qcif, cif uint8, bitrate int) {
		x := h264(66, 0xe0, lvl, 1)
		x.Codec = codecs[int(codec)%len(codecs)]
		x.H264.MaxFS, x.H264.MaxMBPS = fs, mbps
		x.VideoMax = Limits{MaxFS: int(fs), MaxMBPS: int(mbps), FPS: int(fps)}
		x.Sizes = Sizes{QCIF: qcif, CIF: cif}
		w, h, r := PictureFor(x, bitrate)
		if w < 128 || h < 96 || r < 1 || r > 30 {
			t.Fatalf("%dx%d %d/s", w, h, r)
		}
		if x.Codec.sized() && (w == 352 && cif == 0 || w == 176 && qcif == 0 && cif != 0) {
			t.Fatalf("%dx%d is not listed", w, h)
		}
		if l := x.Limits(); !x.Codec.sized() && w > 176 && !l.Fits(w, h, r) {
			t.Fatalf("%dx%d %d/s is over %+v", w, h, r, l)
		}
	})
}

func TestSizes(t *testing.T) {
	s := Sizes{SQCIF: 1, QCIF: 1, CIF: 2, CIF4: 4}
	if SizesOf(s.MPI()) != s {
		t.Errorf("%+v", SizesOf(s.MPI()))
	}
	if got, want := s.Intersect(Sizes{QCIF: 2, CIF: 1, CIF16: 1}), (Sizes{QCIF: 2, CIF: 2}); got != want {
		t.Errorf("%+v", got)
	}
	want := Limits{Width: 704, Height: 576, FPS: 30, MaxFS: 1584, MaxMBPS: 1584 * 7}
	if got := s.Limits(); got != want {
		t.Errorf("%+v", got)
	}
	if got := (Sizes{}).Limits(); got != (Limits{}) {
		t.Errorf("%+v", got)
	}
	for mpi, fps := range map[uint8]int{0: 30, 1: 30, 2: 15, 3: 10, 6: 5, 32: 1, 255: 1} {
		if got := FPSOf(mpi); got != fps {
			t.Errorf("MPI %d: %d", mpi, got)
		}
	}
	f := Format{Codec: H263, Bitrate: 320_000, Sizes: s, VideoMax: Limits{FPS: 10}}
	if got := f.Limits(); got.Bitrate != 320_000 || got.FPS != 10 || got.Width != 704 {
		t.Errorf("%+v", got)
	}
}
