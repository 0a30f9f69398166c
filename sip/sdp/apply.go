package sdp

import (
	"errors"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// ApplyAnswer completes our pending offer. Lines are matched by their place,
// as they should be; where the kinds do not fit, by kind. A line that is
// missing or unusable is refused; the error is a *Mismatch when that leaves
// nothing of a new session.
func (s *State) ApplyAnswer(answer *Description) (media.Session, error) {
	if s.pending == nil {
		return media.Session{}, ErrNoOfferPending
	}
	next := s.clone()
	next.lines, next.pending = slices.Clone(s.pending.lines), nil
	session := next.noStreams()
	var refusal *Mismatch
	for i, r := range s.matchLines(view(answer)) {
		made := s.pending.streams[i]
		if made == nil {
			continue
		}
		next.streams[i].settle(made.line, media.Security{})
		if r == nil {
			continue
		}
		a, err := next.agree(answer, i, r, made)
		var why *Mismatch
		switch {
		case err == nil:
			next.streams[i].settle(made.line, a.Security)
			next.lines[made.line].types.learnAnswer(a.payloads)
			session.Streams[i] = next.outcome(answer, a)
		case !errors.As(err, &why):
			return media.Session{}, err
		default:
			session.Streams[i].Refused = why.Text
			if refusal == nil {
				refusal = why
			}
		}
	}
	next.session = session
	if !s.Established() && !slices.ContainsFunc(session.Streams, agreedOn) {
		return media.Session{}, orDefault(refusal)
	}
	*s = *next
	return s.Session(), nil
}

func agreedOn(st media.Stream) bool { return st.Send.Codec != "" }

// matchLines finds the answer's line for each stream of the pending offer.
func (s *State) matchLines(lines []remote) []*remote {
	out := make([]*remote, len(s.pending.streams))
	used := make([]bool, len(lines))
	placed := make([]bool, len(out))
	for i, made := range s.pending.streams {
		if made == nil || made.line >= len(lines) {
			continue
		}
		if r := &lines[made.line]; r.m.is(s.pending.lines[made.line].media) {
			used[made.line], placed[i] = true, true
			if r.live && r.kind != 0 {
				out[i] = r
			}
		}
	}
	for i, made := range s.pending.streams {
		if made == nil || placed[i] {
			continue
		}
		l := s.local.Streams[i]
		for j := range lines {
			r := &lines[j]
			if !used[j] && r.live && r.kind == l.Kind && (l.Role == media.Content || !r.slides()) {
				out[i], used[j] = r, true
				break
			}
		}
	}
	return out
}

// agree settles one stream with its answered line.
func (s *State) agree(d *Description, i int, r *remote, made *madeStream) (*agreed, error) {
	if err := s.chooseAddress(r); err != nil {
		return nil, err
	}
	if r.mux && !made.mux {
		r.mux = false
		r.readAddresses(d.connection(r.m).Addr)
	}
	a := &agreed{stream: i, line: r, want: made.want, payloads: readPayloads(r.m), mux: r.mux}
	if err := a.pair(made.formats); err != nil {
		return nil, err
	}
	if s.local.Streams[i].Kind == media.Video {
		a.recvBitrate = s.local.Caps.RecvBitrate
		_, a.common = answerFeedback(readFeedback(r.m, a.chosen.PT), s.local.Caps.Feedback)
	}
	p, err := s.acceptProtection(readOffered(d, r, s.local.Caps), &s.streams[i], made)
	a.protection = p
	return a, err
}
