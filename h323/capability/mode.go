package capability

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Mode is one element of a requestMode: a kind, and which entries of the far end's set
// it wants there.
type Mode struct {
	Kind    media.Kind // 0 is neither sound nor picture
	Matches func(*Entry) bool
	Sizes   media.Sizes // of H.261 and H.263: the one that is wanted; zero is any
	Bitrate int         // bit/s; 0 is any
}

// Narrow is a format as the mode wants it: one size, and no more than its bit rate.
func (m Mode) Narrow(f media.Format) media.Format {
	if s := f.Sizes.Intersect(m.Sizes); s != (media.Sizes{}) {
		f.Sizes = s
	}
	if m.Bitrate > 0 && (f.Bitrate == 0 || m.Bitrate < f.Bitrate) {
		f.Bitrate = m.Bitrate
	}
	return f
}

// ReadMode reads an element of a mode description (H.245 B.12).
func ReadMode(t *h245.ModeElementType) Mode {
	switch {
	case t.AudioMode != nil:
		a := audioOfMode(t.AudioMode)
		f, ok := readAudio(&a)
		return Mode{Kind: media.Audio, Matches: func(e *Entry) bool { return ok && e.Format.Matches(f) }}
	case t.VideoMode != nil:
		return videoMode(t.VideoMode)
	}
	return Mode{Matches: func(*Entry) bool { return false }}
}

func audioOfMode(m *h245.AudioMode) (a h245.AudioCapability) {
	switch {
	case m.G711Alaw64k:
		a.G711Alaw64k = new(uint16(sendMillis))
	case m.G711Ulaw64k:
		a.G711Ulaw64k = new(uint16(sendMillis))
	case m.G72264k:
		a.G72264k = new(uint16(sendMillis))
	case m.G729, m.G729AnnexA, m.G729wAnnexB != nil, m.G729AnnexAwAnnexB != nil:
		a.G729 = new(frames(sendMillis))
	case m.GenericAudioMode != nil:
		a.GenericAudioCapability = m.GenericAudioMode
	case m.NonStandard != nil:
		a.NonStandard = m.NonStandard
	}
	return a
}

func videoMode(v *h245.VideoMode) Mode {
	m := Mode{Kind: media.Video}
	switch {
	case v.H261VideoMode != nil:
		r := &v.H261VideoMode.Resolution
		m.Sizes, m.Bitrate = wanted(false, r.Qcif, r.Cif, false, false), bitrate(uint32(v.H261VideoMode.BitRate))
		m.Matches = m.sized(media.H261)
	case v.H263VideoMode != nil:
		r := &v.H263VideoMode.Resolution
		m.Sizes, m.Bitrate = wanted(r.Sqcif, r.Qcif, r.Cif, r.Cif4, r.Cif16), bitrate(uint32(v.H263VideoMode.BitRate))
		m.Matches = m.sized(media.H263, media.H263P)
	case is(v.GenericVideoMode, oidH264):
		formats := readH264(v.GenericVideoMode)
		m.Matches = func(e *Entry) bool {
			return e.Format.Codec == media.H264 &&
				slices.ContainsFunc(formats, func(f media.Format) bool { return e.Format.H264.SameProfile(f.H264) })
		}
	default:
		m.Matches = func(*Entry) bool { return false }
	}
	return m
}

// wanted lists a size of a mode, at any rate.
func wanted(sqcif, qcif, cif, cif4, cif16 bool) (s media.Sizes) {
	for _, x := range []struct {
		said bool
		size *uint8
	}{{sqcif, &s.SQCIF}, {qcif, &s.QCIF}, {cif, &s.CIF}, {cif4, &s.CIF4}, {cif16, &s.CIF16}} {
		if x.said {
			*x.size = 1
		}
	}
	return s
}

// sized tells of entries of some codecs that list the mode's size. H.263 is wanted in
// whichever packetization there is.
func (m Mode) sized(codecs ...media.Codec) func(*Entry) bool {
	return func(e *Entry) bool {
		return slices.Contains(codecs, e.Format.Codec) &&
			(m.Sizes == media.Sizes{} || e.Format.Sizes.Intersect(m.Sizes) != media.Sizes{})
	}
}
