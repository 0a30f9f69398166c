package media

import (
	"strings"
	"testing"
)

func TestProfileLevelID(t *testing.T) {
	for s, want := range map[string]H264Params{
		"42e01f": {Profile: 66, Constraints: 0xe0, Level: 31},
		"42801F": {Profile: 66, Constraints: 0x80, Level: 31},
		"640C1F": {Profile: 100, Constraints: 0x0c, Level: 31},
		"000000": {},
	} {
		got, ok := ParseProfileLevelID(s)
		if !ok || got != want || got.ProfileLevelID() != strings.ToLower(s) {
			t.Errorf("%s: %+v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "42e01", "42e01f0", "42e01g", " 2e01f", "0x42e0"} {
		if _, ok := ParseProfileLevelID(s); ok {
			t.Errorf("%q was taken", s)
		}
	}
}

func FuzzProfileLevelID(f *testing.F) {
	f.Add("42e01f")
	f.Add("640C1F")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := ParseProfileLevelID(s)
		if !ok {
			return
		}
		if p.ProfileLevelID() != strings.ToLower(s) {
			t.Fatalf("%q becomes %q", s, p.ProfileLevelID())
		}
		if l := p.Limits(); l.MaxFS < 99 || l.MaxMBPS < 1485 || l.Bitrate < 64000 || !p.SameProfile(p) && p.ProfileOf() != H264Other {
			t.Fatalf("%q: %+v", s, l)
		}
	})
}

func TestProfiles(t *testing.T) {
	for id, want := range map[string]H264Profile{
		"42e01f": H264ConstrainedBaseline, "42c01f": H264ConstrainedBaseline, "424015": H264ConstrainedBaseline,
		"4d801f": H264ConstrainedBaseline, "58c01f": H264ConstrainedBaseline,
		"42801f": H264Baseline, "42001f": H264Baseline,
		"4d001f": H264Main, "4d401f": H264Main,
		"640c1f": H264ConstrainedHigh, "64001f": H264High, "64081f": H264High, "640020": H264High,
		"64e016": H264High, "44e016": H264Other, "56001f": H264Other, "53e01f": H264Other, "58001f": H264Other,
		"6e001f": H264Other,
	} {
		p, _ := ParseProfileLevelID(id)
		if got := p.ProfileOf(); got != want {
			t.Errorf("%s: %d, want %d", id, got, want)
		}
	}
}

// TestEffectiveLimits: the level is a floor that max-* lifts (RFC 6184 8.1).
func TestEffectiveLimits(t *testing.T) {
	for _, c := range []struct {
		name         string
		p            H264Params
		fs, mbps, br int
	}{
		{"Cisco DX80", H264Params{Profile: 66, Constraints: 0x80, Level: 20, MaxBR: 2500, MaxMBPS: 122400, MaxFS: 8160}, 8160, 122400, 2_500_000},
		{"Jabber, one block over level 3.1", H264Params{Profile: 66, Constraints: 0xe0, Level: 31, MaxFS: 3601}, 3601, 108000, 14_000_000},
		{"LifeSize, below its own level", H264Params{Profile: 66, Constraints: 0x80, Level: 42, MaxMBPS: 490000, MaxFS: 8192}, 8704, 522240, 50_000_000},
		{"LG, nothing but its level", H264Params{Profile: 66, Constraints: 0x80, Level: 12}, 396, 6000, 384_000},
		{"VVX", H264Params{Profile: 66, Constraints: 0x80, Level: 13}, 396, 11880, 768_000},
		{"default", DefaultH264, 99, 1485, 64_000},
		{"level 1b by its flag", H264Params{Profile: 66, Constraints: 0xf0, Level: 11}, 99, 1485, 128_000},
		{"level 1b by its number", H264Params{Profile: 100, Level: 9}, 99, 1485, 128_000},
		{"level 1.1 in High", H264Params{Profile: 100, Constraints: 0x10, Level: 11}, 396, 3000, 192_000},
		{"level of the future", H264Params{Profile: 66, Level: 62}, 36864, 2073600, 240_000_000},
		{"no level", H264Params{Profile: 66}, 99, 1485, 64_000},
		{"between levels", H264Params{Profile: 66, Level: 23}, 1620, 20250, 4_000_000},
	} {
		got := c.p.Limits()
		if got.MaxFS != c.fs || got.MaxMBPS != c.mbps || got.Bitrate != c.br {
			t.Errorf("%s: %+v", c.name, got)
		}
		level := c.p.LevelLimits()
		if level.MaxFS > got.MaxFS || level.MaxMBPS > got.MaxMBPS || level.Bitrate > got.Bitrate {
			t.Errorf("%s: limits below the level", c.name)
		}
	}
}

func TestLevelsRise(t *testing.T) {
	var last H264Params
	for _, p := range []H264Params{
		{Profile: 66, Level: 10}, {Profile: 66, Constraints: 0x10, Level: 11}, {Profile: 66, Level: 11}, {Profile: 66, Level: 12},
		{Profile: 66, Level: 13}, {Profile: 66, Level: 20}, {Profile: 66, Level: 31}, {Profile: 66, Level: 52},
	} {
		if last.Profile != 0 && (!last.BelowLevel(p) || p.BelowLevel(last)) {
			t.Errorf("%+v and %+v", last, p)
		}
		if p.BelowLevel(p) {
			t.Errorf("%+v is below itself", p)
		}
		last = p
	}
}

func TestWithLevel(t *testing.T) {
	own := H264Params{Profile: 66, Constraints: 0xe0, Level: 31}
	oneB := H264Params{Profile: 66, Constraints: 0xf0, Level: 11}
	oneOne := H264Params{Profile: 66, Constraints: 0xe0, Level: 11}
	if got := oneB.WithLevel(own); got.Level != 31 || got.Constraints != 0xf0 {
		t.Errorf("%+v", got)
	}
	if got := own.WithLevel(oneB); !got.Is1b() {
		t.Errorf("%+v", got)
	}
	if got := oneB.WithLevel(oneOne); got.Is1b() {
		t.Errorf("%+v", got)
	}
}
