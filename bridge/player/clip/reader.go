package clip

import (
	"maps"
	"slices"

	"github.com/roombridge/roombridge/bridge/h264"
)

// reader gathers NAL units into access units.
type reader struct {
	units    []Unit
	unit     Unit
	slices   bool // the unit has picture data
	sps, pps map[uint8][]byte
	first    *h264.SPS
}

func newReader() *reader {
	return &reader{sps: make(map[uint8][]byte), pps: make(map[uint8][]byte)}
}

// add takes the next NAL unit.
func (r *reader) add(nal []byte) error {
	switch t := h264.Type(nal); t {
	case h264.TypeAUD, h264.TypeSEI, h264.TypeSPS, h264.TypePPS:
		if r.slices {
			r.finish()
		}
		r.keepSet(t, nal)
		if t == h264.TypeAUD || t == h264.TypeSEI {
			return nil // nobody needs them, and SEI may be larger than a packet
		}
	case h264.TypeSlice, h264.TypeIDR:
		s, err := h264.ParseSlice(nal)
		if err != nil {
			return nil // damaged: the picture has a hole
		}
		if s.Type == 1 {
			return ErrReordered
		}
		if s.FirstMB == 0 && r.slices {
			r.finish()
		}
		r.slices = true
		r.unit.Keyframe = r.unit.Keyframe || t == h264.TypeIDR
	default:
		return nil
	}
	r.unit.NALs = append(r.unit.NALs, nal)
	return nil
}

// keepSet remembers parameter sets by their ids, to put them before keyframes
// that come without.
func (r *reader) keepSet(t uint8, nal []byte) {
	switch t {
	case h264.TypeSPS:
		if sps, err := h264.ParseSPS(nal); err == nil {
			r.sps[sps.ID] = nal
			if r.first == nil {
				r.first = &sps
			}
		}
	case h264.TypePPS:
		if pps, err := h264.ParsePPS(nal); err == nil {
			r.pps[pps.ID] = nal
		}
	}
}

// finish closes the access unit.
func (r *reader) finish() {
	u, picture := r.unit, r.slices
	r.unit, r.slices = Unit{}, false
	if !picture {
		return // parameter sets at the end of the file
	}
	if u.Keyframe {
		u.NALs = r.complete(u.NALs)
		u.Keyframe = len(r.sps) > 0 && len(r.pps) > 0
	}
	if len(r.units) == 0 && !u.Keyframe {
		return
	}
	for _, nal := range u.NALs {
		u.Size += len(nal)
	}
	r.units = append(r.units, u)
}

// complete puts the parameter sets before a keyframe that comes without.
func (r *reader) complete(nals [][]byte) [][]byte {
	hasSPS, hasPPS := false, false
	for _, nal := range nals {
		t := h264.Type(nal)
		hasSPS, hasPPS = hasSPS || t == h264.TypeSPS, hasPPS || t == h264.TypePPS
	}
	if hasSPS && hasPPS {
		return nals
	}
	var all [][]byte
	for _, sets := range []map[uint8][]byte{r.sps, r.pps} {
		for _, id := range slices.Sorted(maps.Keys(sets)) {
			all = append(all, sets[id])
		}
	}
	for _, nal := range nals {
		if t := h264.Type(nal); t != h264.TypeSPS && t != h264.TypePPS {
			all = append(all, nal)
		}
	}
	return all
}
