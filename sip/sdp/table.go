package sdp

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// payloadTypes remembers what each payload type of a line stands for. A number
// keeps its meaning for the whole session (RFC 3264 8.3.2).
type payloadTypes struct {
	taken [128]bool
	known []media.Format
}

// learn takes what the far end's line says. Its newest word counts.
func (t *payloadTypes) learn(list []payload) {
	known := slices.Clone(t.known)
	for _, p := range list {
		t.taken[p.PT] = true
		known = slices.DeleteFunc(known, func(f media.Format) bool { return f.PT == p.PT })
	}
	for _, p := range list {
		if p.Codec != "" {
			known = append(known, p.Format)
		}
	}
	t.known = known
}

// learnAnswer takes the numbers that an answer used. Those of our offer keep
// their meaning.
func (t *payloadTypes) learnAnswer(list []payload) {
	for _, p := range list {
		t.taken[p.PT] = true
	}
}

// number gives a format its payload type: the one it has on this line, its
// usual one, or any that is free. It returns false when all are taken.
func (t *payloadTypes) number(f media.Format) (uint8, bool) {
	for _, k := range t.known {
		if k.Matches(f) {
			return k.PT, true
		}
	}
	pt, ok := t.free(f)
	if ok {
		t.taken[pt] = true
		f.PT = pt
		t.known = append(slices.Clone(t.known), f)
	}
	return pt, ok
}

func (t *payloadTypes) free(f media.Format) (uint8, bool) {
	if pt, ok := usualType(f); ok && !t.taken[pt] {
		return pt, true
	}
	for pt := uint8(127); pt >= 96; pt-- {
		if !t.taken[pt] {
			return pt, true
		}
	}
	return 0, false
}

// usualType gives the static number of a codec, or the one that Cisco
// terminals use, which is what other makers have met most.
func usualType(f media.Format) (uint8, bool) {
	switch f.Codec {
	case media.PCMU:
		return 0, true
	case media.PCMA:
		return 8, true
	case media.G722:
		return 9, true
	case media.Opus:
		return 114, true
	case media.G7221:
		return 104, f.ClockRate == 16000
	case media.DTMF:
		return 101, f.ClockRate == 8000
	case media.G729:
		return 18, true
	case media.VP8:
		return 100, true
	case media.H263:
		return 34, true
	case media.H263P:
		return 96, true
	case media.H261:
		return 31, true
	case media.H264:
		if f.H264.Mode == 0 {
			return 97, true
		}
		return 126, true
	}
	return 0, false
}
