package sdp

import (
	"errors"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// Answer answers an offer of the far end. Every line is answered in its place,
// in form; those that we cannot serve are refused. The error is a *Mismatch
// when nothing at all can be served.
func (s *State) Answer(offer *Description) ([]byte, media.Session, error) {
	if s.pending != nil {
		return nil, media.Session{}, ErrOfferPending
	}
	next := s.clone()
	lines := view(offer)
	taken, err := next.acceptLines(offer, lines)
	if err != nil {
		return nil, media.Session{}, err
	}
	next.remember(lines, taken)
	body := next.publish(next.answerSections(lines, taken))
	*s = *next
	return body, s.Session(), nil
}

// acceptLines finds a line for each of our streams, by line index.
func (s *State) acceptLines(d *Description, lines []remote) ([]*agreed, error) {
	taken := make([]*agreed, len(lines))
	labels := floorLabels(d)
	session := s.noStreams()
	var refusal *Mismatch
	for i := range s.local.Streams {
		a, err := s.findLine(d, i, lines, taken, labels)
		var why *Mismatch
		if errors.As(err, &why) && refusal == nil {
			refusal = why
		} else if err != nil && why == nil {
			return nil, err
		}
		if why != nil {
			session.Streams[i].Refused = why.Text
		}
		if a == nil {
			s.streams[i].security = media.Security{} // a later start has new keys
			continue
		}
		taken[a.line.index] = a
		s.streams[i].settle(a.line.index, a.Security)
		session.Streams[i] = s.outcome(d, a)
	}
	s.session = session
	if !slices.ContainsFunc(session.Streams, agreedOn) && (wantsMedia(lines) || !s.Established() || len(lines) == 0) {
		return nil, orDefault(refusal)
	}
	return taken, nil
}

// findLine tries the candidates for a stream, best first. Where none will do,
// the error is the reason against the first of them.
func (s *State) findLine(d *Description, i int, lines []remote, taken []*agreed, labels map[string]bool) (*agreed, error) {
	var first error
	st := &s.streams[i]
	for _, r := range candidates(s.local.Streams[i], st.line, lines, labels, s.local.Caps.Encryption) {
		if taken[r.index] != nil {
			continue
		}
		a, err := s.accept(d, i, r)
		if err == nil {
			return a, nil
		}
		var m *Mismatch
		if !errors.As(err, &m) {
			return nil, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// wantsMedia tells whether any sound or picture is offered as live.
func wantsMedia(lines []remote) bool {
	for _, r := range lines {
		if r.live && (r.kind != 0 || r.m.is("audio") || r.m.is("video")) {
			return true
		}
	}
	return false
}

func orDefault(m *Mismatch) *Mismatch {
	if m == nil {
		m = &Mismatch{Code: WarnMedia, Text: "no sound or picture that can be served"}
	}
	return m
}

// accept tries one line for one stream.
func (s *State) accept(d *Description, i int, r *remote) (*agreed, error) {
	l := s.local.Streams[i]
	if l.Port == 0 {
		return nil, &Mismatch{Code: WarnMedia, Text: l.Kind.String() + " is not available here"}
	}
	if err := s.chooseAddress(r); err != nil {
		return nil, err
	}
	a := &agreed{stream: i, line: r, want: l.Direction, payloads: readPayloads(r.m), mux: r.mux}
	if err := s.chooseFormat(a, l.Kind, r, d); err != nil {
		return nil, err
	}
	p, err := s.protect(readOffered(d, r, s.local.Caps), &s.streams[i])
	a.protection = p
	return a, err
}

// chooseAddress settles our address towards the far end's.
func (s *State) chooseAddress(r *remote) error {
	if r.onHold {
		return nil
	}
	if !r.addr.IsValid() {
		return &Mismatch{Code: WarnAddress, Text: "no address that media can be sent to"}
	}
	own := s.localFor(r)
	if own.IsValid() && own.Is4() != r.addr.Addr().Is4() {
		return &Mismatch{Code: WarnNetwork, Text: "no common IP version for media"}
	}
	return nil
}

// chooseFormat picks the payload types of a line.
func (s *State) chooseFormat(a *agreed, kind media.Kind, r *remote, d *Description) error {
	if kind == media.Audio {
		return s.chooseAudio(a)
	}
	i, j := media.ChooseVideo(s.local.Caps.Video, formats(a.payloads))
	if i < 0 {
		return noCodec(media.Video, a.payloads, s.local.Caps.Video)
	}
	a.chosen = &a.payloads[j]
	a.recvBitrate = recvLimit(d, r.m, s.local.Caps.RecvBitrate)
	a.recv = []media.Format{a.chosen.arriving(s.ownFormat(s.local.Caps.Video[i], a.chosen.Format, a.recvBitrate))}
	a.feedback, a.common = answerFeedback(readFeedback(r.m, a.chosen.PT), s.local.Caps.Feedback)
	return nil
}

func (s *State) chooseAudio(a *agreed) error {
	theirs := formats(a.payloads)
	i, j := media.ChooseAudio(s.local.Caps.Audio, theirs)
	if i < 0 {
		return noCodec(media.Audio, a.payloads, s.local.Caps.Audio)
	}
	a.chosen = &a.payloads[j]
	a.recv = []media.Format{s.ownFormat(s.local.Caps.Audio[i], a.chosen.Format, 0)}
	if j := media.ChooseDTMF(theirs, a.chosen.ClockRate); j >= 0 && s.knowsDTMF() {
		a.sendDTMF, a.recvDTMF = &a.payloads[j], a.payloads[j].PT
	}
	return nil
}

func formats(list []payload) []media.Format {
	out := make([]media.Format, len(list))
	for i := range list {
		out[i] = list[i].Format
	}
	return out
}

// ownFormat is a format of ours under the payload type that the far end gave it.
func (s *State) ownFormat(own, theirs media.Format, bitrate int) media.Format {
	own.PT, own.Channels = theirs.PT, theirs.Channels
	switch own.Codec {
	case media.H264:
		own.H264 = describeH264(own.H264, theirs.H264, bitrate)
	case media.G7221: // the parameter must be there (RFC 5577 4.1); who leaves it out is told ours
		if theirs.Bitrate != 0 {
			own.Bitrate = theirs.Bitrate
		}
	}
	return own
}

func (s *State) knowsDTMF() bool {
	for _, f := range s.local.Caps.Audio {
		if f.Codec == media.DTMF {
			return true
		}
	}
	return false
}
