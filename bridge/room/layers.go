package room

import "github.com/roombridge/roombridge/bridge/media"

// option is one layer of a picture as a chooser sees it, the largest first.
type option struct {
	width, height int // 0: not known yet
	fps           int
	bitrate       int  // measured, bit/s; 0: not known
	live          bool // packets are arriving
}

// size gives the option's size or, before the first keyframe, a guess from
// its place: cameras send full, half and quarter size.
func size(options []option, i int) (w, h int) {
	if o := options[i]; o.width > 0 && o.height > 0 {
		return o.width, o.height
	}
	for j, o := range options {
		if o.width > 0 && o.height > 0 {
			if j < i {
				return o.width >> (i - j), o.height >> (i - j)
			}
			return o.width << (j - i), o.height << (j - i)
		}
	}
	return 1280 >> i, 720 >> i
}

// bitrateFor is what browsers' encoders use for a size at most: libwebrtc's
// simulcast table.
func bitrateFor(w, h int) int {
	switch mbs := media.Macroblocks(w, h); {
	case mbs > 3600:
		return 5_000_000
	case mbs > 1600:
		return 2_500_000
	case mbs > 920:
		return 1_200_000
	case mbs > 396:
		return 700_000
	case mbs > 240:
		return 450_000
	}
	return 200_000
}

// cost is what showing a layer takes, bit/s.
func cost(options []option, i int) int {
	if b := options[i].bitrate; b > 0 {
		return b
	}
	w, h := size(options, i)
	return bitrateFor(w, h) * 2 / 3
}

// fits tells whether a receiver with these limits can be given a layer. An
// encoder may be held below its usual bitrate, but not so far that the
// smaller layer would look better.
func fits(options []option, i int, l media.Limits) bool {
	w, h := size(options, i)
	fps := options[i].fps
	if fps == 0 || fps > 30 {
		fps = 30
	}
	if fps > 15 {
		// The rate follows the receiver's limits (max_fps); the size decides.
		fps = 15
	}
	if !l.Fits(w, h, fps) && !l.Fits(h, w, fps) {
		return false
	}
	return l.Bitrate == 0 || l.Bitrate*5 >= bitrateFor(w, h)*2
}

// largest gives the largest layer that a receiver with limits can be given.
// When none fits it is the smallest: its maker is told the limits.
func largest(options []option, l media.Limits) int {
	for i := range options {
		if fits(options, i, l) {
			return i
		}
	}
	return len(options) - 1
}

// enough gives the smallest layer that fills a picture of height pixels on
// the page, 0 being any height, but not one larger than top. The layer shown
// now is kept while it is about right.
func enough(options []option, top, height, now int) int {
	if height <= 0 {
		return top
	}
	best := top
	for i := top; i < len(options); i++ {
		_, h := size(options, i)
		need := height * 3 / 4
		if i == now {
			need = height * 5 / 8
		}
		if h < need {
			break
		}
		best = i
	}
	return best
}

// alive gives the layer to show when i is wished: i itself if its packets
// arrive, else the next smaller, else a larger one that is not above top.
// With no layer alive it is i, so that its first keyframe is awaited there.
func alive(options []option, i, top int) int {
	for j := i; j < len(options); j++ {
		if options[j].live {
			return j
		}
	}
	for j := i - 1; j >= top; j-- {
		if options[j].live {
			return j
		}
	}
	return i
}
