package capability

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
)

// Mode is one element of a requestMode: a kind, and which entries of the far end's set
// it wants there.
type Mode struct {
	Kind    media.Kind // 0 is neither sound nor picture
	Matches func(*Entry) bool
}

// ReadMode reads an element of a mode description (H.245 B.12).
func ReadMode(t *h245.ModeElementType) Mode {
	switch {
	case t.AudioMode != nil:
		a := audioOfMode(t.AudioMode)
		f, ok := readAudio(&a)
		return Mode{media.Audio, func(e *Entry) bool { return ok && e.Format.Matches(f) }}
	case t.VideoMode != nil:
		return Mode{media.Video, matchVideo(t.VideoMode)}
	}
	return Mode{0, func(*Entry) bool { return false }}
}

func audioOfMode(m *h245.AudioMode) (a h245.AudioCapability) {
	switch {
	case m.G711Alaw64k:
		a.G711Alaw64k = new(uint16(sendMillis))
	case m.G711Ulaw64k:
		a.G711Ulaw64k = new(uint16(sendMillis))
	case m.G72264k:
		a.G72264k = new(uint16(sendMillis))
	case m.GenericAudioMode != nil:
		a.GenericAudioCapability = m.GenericAudioMode
	case m.NonStandard != nil:
		a.NonStandard = m.NonStandard
	}
	return a
}

func matchVideo(m *h245.VideoMode) func(*Entry) bool {
	codec := media.Codec("")
	var formats []media.Format
	switch {
	case m.H261VideoMode != nil:
		codec = media.H261
	case m.H263VideoMode != nil && m.H263VideoMode.H263Options != nil:
		codec = media.H263P
	case m.H263VideoMode != nil:
		codec = media.H263
	case is(m.GenericVideoMode, oidH264):
		formats = readH264(m.GenericVideoMode)
	}
	return func(e *Entry) bool {
		for _, f := range formats {
			if e.Format.Codec == media.H264 && e.Format.H264.SameProfile(f.H264) {
				return true
			}
		}
		return codec != "" && e.Format.Codec == codec
	}
}
