package room

import (
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/packet"
)

// tap is the interceptor that reads the RTCP on a browser's sources as soon as
// pion binds a reader, in front of the others, which see it on the way: reading
// from a receiver of several encodings is not safe beside new encodings.
type tap struct {
	interceptor.NoOp
	session *session
}

// NewInterceptor makes it its own factory.
func (t *tap) NewInterceptor(string) (interceptor.Interceptor, error) { return t, nil }

// BindRTCPReader starts to read.
func (t *tap) BindRTCPReader(r interceptor.RTCPReader) interceptor.RTCPReader {
	t.session.start(func() { t.session.readRTCP(r) })
	return r
}

// rtcpReader is what the room reads RTCP from: a webrtc.RTPSender, or what an
// interceptor is bound to.
type rtcpReader = interceptor.RTCPReader

// ofSender reads the feedback on a stream of ours.
type ofSender struct{ *webrtc.RTPSender }

// Read makes a sender an rtcpReader.
func (o ofSender) Read(b []byte, _ interceptor.Attributes) (int, interceptor.Attributes, error) {
	return o.RTPSender.Read(b)
}

func (s *session) readRTCP(r rtcpReader) {
	b := make([]byte, packet.MaxSize)
	for {
		n, _, err := r.Read(b, nil)
		if err != nil {
			return
		}
		if list, err := rtcp.Unmarshal(b[:n]); err == nil {
			s.feedback(list)
		}
	}
}

// feedback takes RTCP. pion hands a compound packet to every stream that it
// names; what is in it more than once does no harm twice.
func (s *session) feedback(list []rtcp.Packet) {
	for _, p := range list {
		switch p := p.(type) {
		case *rtcp.TransportLayerCC:
			s.link.arrived(p)
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			s.link.ceiling(int(p.Bitrate))
			s.host.wake()
		case *rtcp.PictureLossIndication:
			s.keyframe(p.MediaSSRC)
		case *rtcp.FullIntraRequest:
			for _, e := range p.FIR {
				s.keyframe(e.SSRC)
			}
		case *rtcp.TransportLayerNack:
			if sl := s.slotOf(p.MediaSSRC); sl != nil {
				sl.repeat(p)
			}
		case *rtcp.ReceiverReport:
			s.reports(p.Reports)
		case *rtcp.SenderReport:
			s.reports(p.Reports)
		}
	}
}

func (s *session) keyframe(ssrc uint32) {
	if sl := s.slotOf(ssrc); sl != nil {
		s.host.slotKeyframe(sl.mid)
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

func (s *session) reports(list []rtcp.ReceptionReport) {
	for _, r := range list {
		if s.slotOf(r.SSRC) != nil {
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
