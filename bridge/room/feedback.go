package room

import (
	"time"

	"github.com/pion/rtcp"
)

// tick does what is due by time.
func (s *session) tick(now int64) {
	if s.gate.tick(now) && !s.settled {
		s.settled = true
		s.settle()
	}
	if c, due := s.link.probe(now); due {
		s.padder.begin(s, c, now)
	}
	if now-s.reported >= reportsEvery {
		s.reported = now
		s.sendReports(now)
		slots, _ := s.outputs()
		for _, sl := range slots {
			sl.tick(now)
		}
	}
}

func (s *session) slotOf(ssrc uint32) *slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sl := range s.slots {
		if sl.source() == ssrc {
			return sl
		}
	}
	return nil
}

// sendReports sends the sender reports.
func (s *session) sendReports(now int64) {
	slots, sound := s.outputs()
	ntp := ntpNow(time.Now())
	var list []rtcp.Packet
	for _, sl := range slots {
		if r := sl.report(now, ntp); r != nil {
			list = append(list, r)
		}
	}
	if sound != nil {
		if r := sound.report(now, ntp); r != nil {
			list = append(list, r)
		}
	}
	if remb := s.remb(); remb != nil {
		list = append(list, remb)
	}
	for len(list) > 0 {
		n := min(len(list), maxReports)
		// The first packet is of the source that SRTCP counts.
		s.control.post(append([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: s.control.ssrc}}, list[:n]...)...)
		list = list[n:]
	}
}

// maxReports is how many sender reports fit a datagram.
const maxReports = 40

// remb tells the browser the most that all receivers of its camera take, for
// pages that do not obey `limits`. It is sent while every layer is bounded.
func (s *session) remb() *rtcp.ReceiverEstimatedMaximumBitrate {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum, ssrcs := 0, []uint32{}
	for _, in := range s.incoming {
		b := in.limits().Bitrate
		if b == 0 {
			return nil
		}
		sum += b
		ssrcs = append(ssrcs, in.ssrc)
	}
	if sum == 0 {
		return nil
	}
	return &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: s.control.ssrc, Bitrate: float32(sum), SSRCs: ssrcs}
}
