package media

import "testing"

func h264(profile, constraints, level, mode uint8) Format {
	return Format{Codec: H264, ClockRate: 90000, H264: H264Params{Profile: profile, Constraints: constraints, Level: level, Mode: mode}}
}

func pt(f Format, n uint8) Format { f.PT = n; return f }

var (
	opus  = Format{Codec: Opus, ClockRate: 48000, Channels: 2}
	g722  = Format{Codec: G722, ClockRate: 8000}
	pcmu  = Format{Codec: PCMU, ClockRate: 8000}
	dtmf  = Format{Codec: DTMF, ClockRate: 8000}
	dtmf4 = Format{Codec: DTMF, ClockRate: 48000}
	siren = Format{Codec: G7221, ClockRate: 16000}
	vp8   = Format{Codec: VP8, ClockRate: 90000}
)

func TestMatches(t *testing.T) {
	rate := func(f Format, n int) Format { f.Bitrate = n; return f }
	for _, c := range []struct {
		name string
		a, b Format
		want bool
	}{
		{"the same", pcmu, pcmu, true},
		{"payload type and limits do not matter", pt(pcmu, 0), rate(pt(pcmu, 98), 64000), true},
		{"channels do not matter", opus, Format{Codec: Opus, ClockRate: 48000}, true},
		{"another codec", pcmu, g722, false},
		{"another clock", dtmf, dtmf4, false},
		{"G.722.1 of one rate", rate(siren, 24000), rate(siren, 24000), true},
		{"G.722.1 of two rates", rate(siren, 24000), rate(siren, 32000), false},
		{"G.722.1 of any rate", siren, rate(siren, 32000), true},
		{"Baseline and Constrained Baseline", h264(66, 0x80, 20, 1), h264(66, 0xe0, 31, 1), true},
		{"Main with constraint 0 is Constrained Baseline", h264(77, 0x80, 20, 1), h264(66, 0xe0, 31, 1), true},
		{"two modes", h264(66, 0xe0, 31, 0), h264(66, 0xe0, 31, 1), false},
		{"High and Constrained High", h264(100, 0, 31, 1), h264(100, 0x0c, 31, 1), false},
		{"High and Baseline", h264(100, 0, 31, 1), h264(66, 0xe0, 31, 1), false},
		{"unknown profiles", h264(0x53, 0xe0, 31, 1), h264(0x53, 0xe0, 31, 1), false},
	} {
		if c.a.Matches(c.b) != c.want || c.b.Matches(c.a) != c.want {
			t.Errorf("%s: not %v", c.name, c.want)
		}
	}
}

func TestChooseAudio(t *testing.T) {
	for _, c := range []struct {
		name        string
		own, theirs []Format
		i, j        int
	}{
		{"our order counts", []Format{opus, g722, pcmu}, []Format{pcmu, g722}, 1, 1},
		{"events first", []Format{dtmf, pcmu}, []Format{dtmf, pcmu}, 1, 1},
		{"events only", []Format{dtmf}, []Format{dtmf}, -1, -1},
		{"first of equals", []Format{siren}, []Format{pcmu, {Codec: G7221, ClockRate: 16000, Bitrate: 24000}, {Codec: G7221, ClockRate: 16000, Bitrate: 32000}}, 0, 1},
		{"nothing", nil, []Format{pcmu}, -1, -1},
		{"unknown codecs", []Format{pcmu}, []Format{{}, {PT: 97}}, -1, -1},
	} {
		if i, j := ChooseAudio(c.own, c.theirs); i != c.i || j != c.j {
			t.Errorf("%s: %d, %d", c.name, i, j)
		}
	}
}

func TestChooseVideo(t *testing.T) {
	limits := func(f Format, fs, mbps uint32) Format { f.H264.MaxFS, f.H264.MaxMBPS = fs, mbps; return f }
	last := func(f Format) Format { f.LastResort = true; return f }
	cb0, cb1, hi1 := h264(66, 0xe0, 31, 0), h264(66, 0xe0, 31, 1), h264(100, 0, 31, 1)
	for _, c := range []struct {
		name        string
		own, theirs []Format
		i, j        int
	}{
		{"mode 1 before mode 0, whoever says it first", []Format{cb0, cb1}, []Format{cb0, cb1}, 1, 1},
		{"mode 1 with smaller limits", []Format{cb1, cb0}, []Format{limits(cb0, 8160, 245000), limits(cb1, 8160, 122400)}, 0, 1},
		{"mode 0 alone", []Format{cb1, cb0}, []Format{h264(66, 0x80, 13, 0)}, 1, 0},
		{"mode 1 in another profile before mode 0", []Format{cb1, cb0, hi1}, []Format{cb0, hi1}, 2, 1},
		{"the last resort after mode 0", []Format{cb1, cb0, last(hi1)}, []Format{hi1, cb0}, 1, 1},
		{"the last resort", []Format{cb1, cb0, last(hi1), vp8}, []Format{vp8, hi1}, 2, 1},
		{"our order of profiles", []Format{hi1, cb1}, []Format{cb1, hi1}, 0, 1},
		{"the larger of two alike", []Format{cb1}, []Format{h264(66, 0xe0, 13, 1), h264(66, 0xe0, 31, 1)}, 0, 1},
		{"the faster of two alike", []Format{cb1}, []Format{limits(cb1, 0, 120000), limits(cb1, 0, 200000)}, 0, 1},
		{"the first of two equal", []Format{cb1}, []Format{cb1, cb1}, 0, 0},
		{"our codec before mode 1", []Format{vp8, cb0, cb1}, []Format{cb1, vp8}, 0, 1},
		{"our codec after H.264", []Format{cb1, cb0, vp8}, []Format{vp8, cb0}, 1, 1},
		{"other codecs", []Format{cb1}, []Format{vp8, {Codec: H265, ClockRate: 90000}, {}}, -1, -1},
		{"nothing", []Format{cb1}, nil, -1, -1},
	} {
		if i, j := ChooseVideo(c.own, c.theirs); i != c.i || j != c.j {
			t.Errorf("%s: %d, %d, want %d, %d", c.name, i, j, c.i, c.j)
		}
	}
}

func TestChooseDTMF(t *testing.T) {
	for _, c := range []struct {
		theirs []Format
		clock  int
		want   int
	}{
		{[]Format{pcmu, dtmf4, dtmf}, 8000, 2},
		{[]Format{dtmf, dtmf4}, 48000, 1},
		{[]Format{pcmu, dtmf}, 48000, 1},
		{[]Format{{Codec: DTMF, ClockRate: 16000}, dtmf}, 48000, 1},
		{[]Format{dtmf, {Codec: DTMF, ClockRate: 16000}}, 48000, 0},
		{[]Format{dtmf4}, 8000, 0},
		{[]Format{pcmu}, 8000, -1},
		{nil, 8000, -1},
	} {
		if got := ChooseDTMF(c.theirs, c.clock); got != c.want {
			t.Errorf("%v at %d: %d, want %d", c.theirs, c.clock, got, c.want)
		}
	}
}

// FuzzChoose: a choice is always a match, and one is made when there is any.
func FuzzChoose(f *testing.F) {
	f.Add([]byte{66, 0xe0, 31, 1, 100, 0, 31, 0}, []byte{66, 0x80, 20, 0})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		own, theirs := formatsFrom(a), formatsFrom(b)
		any := false
		for _, o := range own {
			for _, x := range theirs {
				if o.Matches(x) != x.Matches(o) {
					t.Fatalf("%+v and %+v do not agree", o, x)
				}
				any = any || o.Matches(x)
			}
		}
		i, j := ChooseVideo(own, theirs)
		if (i >= 0) != any || (j >= 0) != any {
			t.Fatalf("%d, %d, match %v", i, j, any)
		}
		if i >= 0 && !own[i].Matches(theirs[j]) {
			t.Fatalf("%+v is not %+v", own[i], theirs[j])
		}
	})
}

// formatsFrom makes formats of four bytes each.
func formatsFrom(b []byte) []Format {
	var list []Format
	for len(b) >= 4 && len(list) < 32 {
		f := h264(b[0], b[1], b[2], b[3]%3)
		if b[3] > 250 {
			f = vp8
		}
		f.H264.MaxFS = uint32(b[1]) * 64
		list, b = append(list, f), b[4:]
	}
	return list
}
