package room

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/packet"
)

// readFeedback reads what the browser says of one stream that it gets. sl is
// nil for the sound.
func (s *session) readFeedback(sender *webrtc.RTPSender, sl *slot) {
	b := make([]byte, packet.MaxSize)
	for {
		n, _, err := sender.Read(b)
		if err != nil {
			return
		}
		list, err := rtcp.Unmarshal(b[:n])
		if err != nil {
			continue
		}
		for _, p := range list {
			s.feedback(p, sl)
		}
	}
}

// feedback takes one RTCP packet. pion hands a compound packet to every
// stream that it names, so each stream takes only what is about itself.
func (s *session) feedback(p rtcp.Packet, sl *slot) {
	switch p := p.(type) {
	case *rtcp.TransportLayerCC:
		s.link.arrived(p)
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		s.link.ceiling(int(p.Bitrate))
		s.host.wake()
	}
	if sl == nil {
		return
	}
	ssrc := sl.sources().ssrc
	switch p := p.(type) {
	case *rtcp.PictureLossIndication:
		if p.MediaSSRC == ssrc {
			s.host.slotKeyframe(sl.mid)
		}
	case *rtcp.FullIntraRequest:
		for _, e := range p.FIR {
			if e.SSRC == ssrc {
				s.host.slotKeyframe(sl.mid)
			}
		}
	case *rtcp.TransportLayerNack:
		if p.MediaSSRC == ssrc {
			sl.repeat(p)
		}
	case *rtcp.ReceiverReport:
		s.reports(p.Reports, ssrc)
	case *rtcp.SenderReport:
		s.reports(p.Reports, ssrc)
	}
}

func (s *session) reports(list []rtcp.ReceptionReport, ssrc uint32) {
	for _, r := range list {
		if r.SSRC == ssrc {
			s.link.reported(r, ntpNow(time.Now()))
		}
	}
}

// ntpNow is a wall clock time as RTCP has it (RFC 3550 4).
func ntpNow(t time.Time) uint64 {
	const since1900 = 2208988800
	frac := uint64(t.Nanosecond()) << 32 / 1e9
	return (uint64(t.Unix())+since1900)<<32 | frac
}

// post sends RTCP from the session's goroutine; it never waits.
func (s *session) post(list ...rtcp.Packet) {
	select {
	case s.rtcp <- list:
	default: // whoever asked asks again
	}
}

// run sends what was posted and the sender reports.
func (s *session) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.done:
			return
		case list := <-s.rtcp:
			_ = s.pc.WriteRTCP(list)
		case <-tick.C:
			s.sendReports()
		}
	}
}

func (s *session) sendReports() {
	slots, sound := s.outputs()
	now, ntp := s.link.now(), ntpNow(time.Now())
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
	if len(list) > 0 {
		_ = s.pc.WriteRTCP(list)
	}
}

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
	return &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(sum), SSRCs: ssrcs}
}
