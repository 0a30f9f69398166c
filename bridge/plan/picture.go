package plan

import "github.com/roombridge/roombridge/bridge/media"

// most is the largest picture that the worker makes: what is larger costs a
// processor for each view and shows no more of a face.
var most = media.Limits{Width: 1280, Height: 720, FPS: 30}

// levels are the level_idc of H.264 in order (ITU-T H.264 table A-1, without 1b).
var levels = [...]uint8{10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52}

// OutputFor says how a picture for a viewer is encoded. height bounds it to
// what its source has; 0 is no bound.
func OutputFor(v Viewer, class, height int) Output {
	l := v.Limits.Intersect(most)
	l.Bitrate = 0 // the class stands for it
	if height > 0 {
		// Some more than the source has, or a size that is not on the list would
		// lose much; the sizes of H.263 are few, and CIF is as wide as 320 by 180.
		more := height * 9 / 8
		if sized(v.Format.Codec) {
			more = max(more, min(height*8/5, 288))
		}
		l = l.Intersect(media.Limits{Height: max(more, 144)})
	}
	o := Output{Codec: v.Format.Codec, Class: class}
	o.Width, o.Height, o.FPS = media.PictureFor(bounded(v.Format, l), class)
	if o.Codec == media.H264 {
		o.Profile, o.Mode = profileFor(v.Format.H264), v.Format.H264.Mode
		o.Level, o.MTU = levelFor(v.Format.H264, o), mtuFor(v.Format.H264)
	}
	return o
}

// bounded gives a format whose limits are l. Codecs with sizes of their own
// keep them, all others are alike.
func bounded(f media.Format, l media.Limits) media.Format {
	if sized(f.Codec) {
		f.Bitrate, f.VideoMax = 0, f.VideoMax.Intersect(l)
		return f
	}
	return media.Format{Codec: media.VP8, VideoMax: l}
}

// sized tells whether a codec has a few sizes of its own.
func sized(c media.Codec) bool { return c == media.H261 || c == media.H263 || c == media.H263P }

// Packets of the worker's have at most usualMTU bytes. A NAL unit cannot be kept below leastNAL.
const (
	usualMTU = 1200
	leastNAL = 200
)

// mtuFor gives the largest packet for a receiver of whole NAL units that takes
// but small ones (RFC 6184 8.1, max-rcmd-nalu-size); 0 is the usual.
func mtuFor(p media.H264Params) int {
	if p.Mode != 0 || p.MaxNAL == 0 || p.MaxNAL >= usualMTU {
		return 0
	}
	return max(int(p.MaxNAL), leastNAL)
}

// profileFor gives the best profile_idc that a receiver decodes and that the
// worker makes.
func profileFor(p media.H264Params) uint8 {
	switch p.ProfileOf() {
	case media.H264High, media.H264ConstrainedHigh:
		return 100
	case media.H264Main:
		return 77
	}
	return 66
}

// levelFor gives the lowest level that an output fits, so that receivers of
// different levels share it, but not one above the receiver's without need.
func levelFor(receiver media.H264Params, o Output) uint8 {
	rate := max(o.Class, Above(o.Class))
	for _, level := range levels {
		need := media.H264Params{Profile: o.Profile, Level: level}
		l := need.LevelLimits()
		if !l.Fits(o.Width, o.Height, o.FPS) || l.Bitrate < rate {
			continue
		}
		if receiver.BelowLevel(need) && receiver.LevelLimits().Fits(o.Width, o.Height, o.FPS) {
			break
		}
		return level
	}
	if receiver.Is1b() {
		return 9
	}
	return receiver.Level
}
