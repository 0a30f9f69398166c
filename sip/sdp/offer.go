package sdp

import (
	"slices"
	"strconv"

	"github.com/roombridge/roombridge/bridge/media"
)

// Offer gives our full current offer; while one is pending, that one again. In
// an established session it keeps every line in its place: lines that carry
// nothing of ours are offered with port 0.
func (s *State) Offer() ([]byte, error) {
	if s.pending != nil {
		return slices.Clone(s.pending.body), nil
	}
	for spared := spareNothing; ; spared++ {
		next, err := s.offer(spared)
		if err != nil {
			return nil, err
		}
		if body := next.pending.body; s.local.MTU <= 0 || len(body) <= leanBody || spared == spareProfiles {
			*s = *next
			return slices.Clone(body), nil
		}
	}
}

// offer makes an offer that leaves out what is spared. The state that it gives
// has it pending.
func (s *State) offer(spared spare) (*State, error) {
	next := s.clone()
	next.spared = spared
	p := &pendingOffer{lines: next.offerLines(), streams: make([]*madeStream, len(next.streams))}
	sections := make([]section, len(p.lines))
	for i := range p.lines {
		l := &p.lines[i]
		stream := next.streamOn(i)
		if stream < 0 {
			sections[i] = l.refused()
			continue
		}
		made := &madeStream{line: i, want: next.local.Streams[stream].Direction}
		x, err := next.offerSection(stream, l, made)
		if err != nil {
			return nil, err
		}
		sections[i], p.streams[stream] = x, made
	}
	if !slices.ContainsFunc(p.streams, func(m *madeStream) bool { return m != nil }) {
		return nil, &Mismatch{Code: WarnMedia, Text: "no stream to offer"}
	}
	p.body = next.publish(sections)
	next.pending, next.restarted = p, false
	return next, nil
}

// madeStream is what a pending offer says of a local stream.
type madeStream struct {
	line    int
	want    media.Direction
	formats []media.Format // telephone-event among them
	crypto  []crypto
	dtls    bool
	secure  bool // plain media was not offered
	mux     bool
}

// offerLines gives the lines of an offer: the session's, or a new one for
// each stream, in the order of the streams.
func (s *State) offerLines() []lineState {
	if s.Established() {
		return slices.Clone(s.lines)
	}
	var lines []lineState
	for i, l := range s.local.Streams {
		s.streams[i].line = -1
		if l.Port != 0 && len(s.formatsOf(l.Kind)) > 0 {
			s.streams[i].line = len(lines)
			lines = append(lines, lineState{media: l.Kind.String()})
		}
	}
	return lines
}

func (s *State) formatsOf(k media.Kind) []media.Format {
	if k == media.Video {
		return s.local.Caps.Video
	}
	return s.local.Caps.Audio
}

// streamOn finds the local stream that a line carries, or -1.
func (s *State) streamOn(line int) int {
	for i := range s.streams {
		if s.streams[i].line == line && s.local.Streams[i].Port != 0 {
			return i
		}
	}
	return -1
}

// refused offers a line that carries nothing of ours.
func (l *lineState) refused() section {
	x := section{media: l.media, proto: l.proto, formats: []string{l.format}}
	l.addIdentity(&x)
	x.add("inactive")
	return x
}

// addIdentity repeats what names the line.
func (l *lineState) addIdentity(x *section) {
	(&remote{content: l.content, label: l.label, mid: l.mid}).addIdentity(x)
}

// offerSection offers a stream on its line.
func (s *State) offerSection(i int, l *lineState, made *madeStream) (section, error) {
	local := s.local.Streams[i]
	if err := s.offerProtection(i, l, made); err != nil {
		return section{}, err
	}
	x := section{media: l.media, proto: l.proto, port: local.Port}
	if local.Kind == media.Video {
		x.addBandwidth([]string{"AS", "TIAS"}, s.local.Caps.RecvBitrate)
	}
	made.formats = s.numberFormats(i, l)
	for _, f := range made.formats {
		x.addFormat(f, formatName(f))
	}
	if len(x.formats) == 0 {
		return section{}, &Mismatch{Code: WarnFormat, Text: "no " + local.Kind.String() + " codec to offer"}
	}
	l.format = x.formats[0]
	if local.Kind == media.Video {
		for _, w := range feedbackWords {
			if s.local.Caps.Feedback.Has(w.means) {
				x.add("rtcp-fb:* " + w.text)
			}
		}
	}
	s.addKeying(&x, made)
	if local.RTCPPort != 0 && local.RTCPPort != local.Port+1 {
		x.add("rtcp:" + strconv.Itoa(int(local.RTCPPort)))
	}
	if local.Kind == media.Audio {
		x.optional("ptime:20")
	}
	l.addIdentity(&x)
	x.add(made.want.String())
	return x, nil
}

// numberFormats gives all we can of a kind with payload types. What is in use
// comes first, so that an offer does not change codecs by itself.
func (s *State) numberFormats(i int, l *lineState) []media.Format {
	var list []media.Format
	clocks := map[int]bool{}
	for _, f := range s.inUseFirst(i) {
		if f.Codec == media.DTMF {
			continue
		}
		pt, ok := s.typeInUse(i, f)
		if !ok && !f.LastResort && !s.spared.has(f, list) {
			pt, ok = l.types.number(f)
		}
		if !ok {
			continue
		}
		f.PT = pt
		if f.Codec == media.H264 {
			f.H264 = withOwnLimits(f.H264, f.H264, s.local.Caps.RecvBitrate)
			f.H264.AsymmetryAllowed = true
		}
		list = append(list, f)
		clocks[f.ClockRate] = true
	}
	if s.local.Streams[i].Kind == media.Audio && s.knowsDTMF() {
		list = append(list, s.numberEvents(l, clocks)...)
	}
	return list
}

// numberEvents offers telephone-event at each clock of the codecs beside it.
func (s *State) numberEvents(l *lineState, clocks map[int]bool) []media.Format {
	var list []media.Format
	for _, clock := range [...]int{8000, 16000, 32000, 48000} {
		f := media.Format{Codec: media.DTMF, ClockRate: clock}
		if !clocks[clock] || s.spared.has(f, nil) {
			continue
		}
		if pt, ok := l.types.number(f); ok {
			f.PT = pt
			list = append(list, f)
		}
	}
	return list
}

// inUseFirst gives our formats with the one in use in front.
func (s *State) inUseFirst(i int) []media.Format {
	all := s.formatsOf(s.local.Streams[i].Kind)
	if s.restarted {
		return all
	}
	list := make([]media.Format, 0, len(all))
	for _, inUse := range []bool{true, false} {
		for _, f := range all {
			if _, ok := s.typeInUse(i, f); ok == inUse {
				list = append(list, f)
			}
		}
	}
	return list
}

// typeInUse gives the payload type under which a format arrives now.
func (s *State) typeInUse(i int, f media.Format) (uint8, bool) {
	for _, r := range s.session.Streams[i].Recv {
		if r.Matches(f) {
			return r.PT, true
		}
	}
	return 0, false
}
