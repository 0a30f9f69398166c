package room

import (
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

func TestStillFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits media.Limits
		want   int
	}{
		{"no limits", media.Limits{}, 1280},
		{"level 3.1", media.H264Params{Profile: 66, Level: 31}.Limits(), 1280},
		{"level 3", media.H264Params{Profile: 66, Level: 30}.Limits(), 640},
		{"level 1.2", media.H264Params{Profile: 66, Level: 12}.Limits(), 352},
		{"level 1", media.H264Params{Profile: 66, Level: 10}.Limits(), 176},
		{"720p at 128 kbit/s", media.Limits{MaxFS: 3600, Bitrate: 128_000}, 640},
		{"less than anything", media.Limits{MaxFS: 10}, 176},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := stillFor(c.limits); got.Width != c.want {
				t.Errorf("%d, want %d", got.Width, c.want)
			}
		})
	}
}

func TestStillRequest(t *testing.T) {
	r := stillRequest(stills.Sizes[0], "weekly", "1001")
	if r.Title != "weekly" || r.Lines[0] != "1001" || r.Profile != 66 || r.Level != 31 || r.MaxNAL != 1100 || r.Width != 1280 {
		t.Errorf("%+v", r)
	}
	if r := stillRequest(stills.Sizes[2], "1001", "1001"); strings.Contains(strings.Join(r.Lines, "\n"), "1001") {
		t.Errorf("the number is said twice: %+v", r)
	}
}

// The pictures in the binary are what they are said to be, and every one fits
// receivers of its level and single NAL unit packets.
func TestBuiltinStills(t *testing.T) {
	for _, s := range stills.Sizes {
		nals := s.NALs()
		if len(nals) < 3 || h264.Type(nals[0]) != h264.TypeSPS || h264.Type(nals[1]) != h264.TypePPS {
			t.Fatalf("%d by %d: %d NAL units", s.Width, s.Height, len(nals))
		}
		sps, err := h264.ParseSPS(nals[0])
		if err != nil || sps.Width != s.Width || sps.Height != s.Height {
			t.Errorf("%+v %v", sps, err)
		}
		if p := (media.H264Params{Profile: nals[0][1], Constraints: nals[0][2], Level: nals[0][3]}); p.ProfileOf() != media.H264ConstrainedBaseline || p.Level != s.Level || !p.Limits().Fits(s.Width, s.Height, stillFPS) {
			t.Errorf("%d by %d: %+v", s.Width, s.Height, p)
		}
		size := 0
		for _, n := range nals {
			if size += len(n); len(n) > 1200 {
				t.Errorf("%d by %d: a NAL unit of %d bytes", s.Width, s.Height, len(n))
			}
		}
		for _, n := range nals[2:] {
			if h264.Type(n) != h264.TypeIDR {
				t.Errorf("%d by %d: NAL unit type %d", s.Width, s.Height, h264.Type(n))
			}
		}
		if size > stillBytes(s) {
			t.Errorf("%d by %d: %d bytes", s.Width, s.Height, size)
		}
	}
	if (stills.Size{Width: 1, Height: 1}).NALs() != nil {
		t.Error("a picture of no size")
	}
}
