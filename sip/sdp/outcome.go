package sdp

import (
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// agreed is what both ends settled for a line that carries a stream of ours.
type agreed struct {
	stream      int
	line        *remote
	want        media.Direction // what we said
	payloads    []payload       // the far end's
	chosen      *payload        // what we send
	recv        []media.Format  // what may come, first preferred
	sendDTMF    *payload
	recvDTMF    uint8
	feedback    []feedbackLine
	common      media.Feedback
	recvBitrate int
	mux         bool
	protection
}

// outcome puts an agreed line into neutral words.
func (s *State) outcome(d *Description, a *agreed) media.Stream {
	l, r := s.local.Streams[a.stream], a.line
	st := media.Stream{
		Kind: l.Kind, Role: l.Role,
		Direction: r.direction.Reverse() & a.want,
		Held:      r.onHold || a.want.Sends() && !r.direction.Receives(),
		Remote:    r.addr, RemoteRTCP: r.rtcp, Mux: a.mux,
		Send: a.chosen.Format, Recv: a.recv,
		RecvBitrate: a.recvBitrate,
		Feedback:    a.common,
		Security:    a.Security,
	}
	st.Send.PTime = readPTime(r.m)
	if a.sendDTMF != nil {
		st.SendDTMF, st.RecvDTMF = a.sendDTMF.PT, a.recvDTMF
		if a.sendDTMF.ClockRate != st.Send.ClockRate {
			st.DTMFClock = a.sendDTMF.ClockRate
		}
	}
	limit := s.sendLimit(d, r, a.chosen.Format)
	if r.onHold || limit == 0 {
		st.Direction &^= media.Send
	}
	if limit != unbounded {
		st.SendBitrate = limit
	}
	return st
}

// sendLimit is the least of what the far end's b= lines, its format and we
// ourselves say that we may send, bit/s. 0 is silence (RFC 3264 5.1).
func (s *State) sendLimit(d *Description, r *remote, f media.Format) int {
	limit := sendLimit(d, r.m, f.Codec.Kind())
	for _, bound := range []int{f.Limits().Bitrate, s.sendBound(r.kind)} {
		if bound > 0 {
			limit = min(limit, bound)
		}
	}
	return limit
}

func (s *State) sendBound(k media.Kind) int {
	if k == media.Video {
		return s.local.Caps.SendBitrate
	}
	return 0
}

// readPTime gives the packet time the far end asks for in whole steps of 10
// ms up to 60, or 0 for the usual 20.
func readPTime(m *Media) int {
	ms := 0
	for _, name := range [...]string{"ptime", "maxptime"} {
		s, ok := m.attribute(name)
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if !ok || err != nil || n < 10 {
			continue
		}
		if name == "ptime" || n < max(ms, 20) {
			ms = min(n, 60) / 10 * 10
		}
	}
	return ms
}
