package plan

import (
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
)

// Describe names a format for people.
func Describe(f media.Format) string {
	if f.Codec != media.H264 {
		return string(f.Codec)
	}
	return "H.264 " + profileName(f.H264.ProfileOf())
}

func profileName(p media.H264Profile) string {
	switch p {
	case media.H264ConstrainedBaseline:
		return "Constrained Baseline"
	case media.H264Baseline:
		return "Baseline"
	case media.H264Main:
		return "Main"
	case media.H264ConstrainedHigh:
		return "Constrained High"
	case media.H264High:
		return "High"
	}
	return "of an unknown profile"
}

// nothing is the reason for a view without a picture.
const nothing = "nobody else shows a picture: a still picture is sent"

func refused(name string, p *Picture) string {
	return name + " sends " + Describe(p.Format) + ", and " + p.Refusal
}

func relayed(name string, p *Picture) string {
	return "both ends speak " + Describe(p.Format) + ": packets of " + name + " are passed on"
}

func tooLarge(name string, p *Picture) string {
	return fmt.Sprintf("the picture of %s is %d by %d, more than the terminal takes", name, p.Width, p.Height)
}

func tooLong(name string, most int) string {
	return fmt.Sprintf("the terminal takes NAL units of %d bytes at most, and those of %s may be larger", most, name)
}

func tooFast(name string) string {
	return "the picture of " + name + " has far more bits than the terminal takes"
}

func transcoded(why string) string { return why + ": it is transcoded" }

func composed(pictures int) string {
	if pictures == 1 {
		return "a picture is composed with names in the meeting's media worker"
	}
	return fmt.Sprintf("%d pictures are composed in the meeting's media worker", pictures)
}

func also(reason, note string) string {
	if note == "" {
		return reason
	}
	return reason + "; " + note
}
