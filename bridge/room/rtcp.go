package room

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
)

// This file reads what browsers say in RTCP (RFC 3550 6, RFC 4585 6, RFC 5104
// 4, draft-alvestrand-rmcat-remb). It does not allocate: feedback of some dozens
// of browsers is a good part of what arrives.

// feedback takes a compound packet. It is called with the gate's lock held.
func (s *session) feedback(b []byte, now int64) {
	for len(b) >= 8 {
		size := 4 * (int(binary.BigEndian.Uint16(b[2:])) + 1)
		if b[0]>>6 != 2 || size < 8 || size > len(b) {
			return
		}
		one := b[:size]
		b = b[size:]
		if one[0]&0x20 != 0 {
			pad := int(one[size-1])
			if pad == 0 || pad > size-8 {
				return
			}
			one = one[:size-pad]
		}
		count := one[0] & 0x1f
		switch rtcp.PacketType(one[1]) {
		case rtcp.TypeSenderReport:
			if len(one) >= 28 {
				s.gate.senderReport(binary.BigEndian.Uint32(one[4:]), binary.BigEndian.Uint64(one[8:]), now)
				s.reports(one[28:], count)
			}
		case rtcp.TypeReceiverReport:
			s.reports(one[8:], count)
		case rtcp.TypeTransportSpecificFeedback:
			if len(one) >= 12 {
				s.transportFeedback(one, count, now)
			}
		case rtcp.TypePayloadSpecificFeedback:
			if len(one) >= 12 {
				s.payloadFeedback(one, count)
			}
		}
	}
}

func (s *session) reports(b []byte, count uint8) {
	for ; count > 0 && len(b) >= 24; count-- {
		r := rtcp.ReceptionReport{
			SSRC: binary.BigEndian.Uint32(b), FractionLost: b[4],
			LastSenderReport: binary.BigEndian.Uint32(b[16:]), Delay: binary.BigEndian.Uint32(b[20:]),
		}
		if s.slotOf(r.SSRC) != nil {
			s.link.reported(r, ntpNow(time.Now()))
		}
		b = b[24:]
	}
}

func (s *session) transportFeedback(b []byte, format uint8, now int64) {
	switch format {
	case rtcp.FormatTLN:
		if sl := s.slotOf(binary.BigEndian.Uint32(b[8:])); sl != nil {
			sl.repeat(b[12:], now)
		}
	case rtcp.FormatTCC:
		s.link.arrived(b)
	}
}

func (s *session) payloadFeedback(b []byte, format uint8) {
	switch format {
	case rtcp.FormatPLI:
		s.keyframe(binary.BigEndian.Uint32(b[8:]))
	case rtcp.FormatFIR:
		for e := b[12:]; len(e) >= 8; e = e[8:] {
			s.keyframe(binary.BigEndian.Uint32(e))
		}
	case rtcp.FormatREMB:
		if bps, ok := readREMB(b[12:]); ok {
			s.link.ceiling(bps)
			s.host.wake()
		}
	}
}

// readREMB reads a receiver's estimate, bit/s: a mantissa of 18 bits and an
// exponent of 6.
func readREMB(b []byte) (bps int, ok bool) {
	if len(b) < 8 || string(b[:4]) != "REMB" {
		return 0, false
	}
	exp, mantissa := b[5]>>2, uint64(b[5]&3)<<16|uint64(b[6])<<8|uint64(b[7])
	if exp > 40 {
		return 0, false // more than any path carries
	}
	return int(mantissa << exp), true
}

func (s *session) keyframe(ssrc uint32) {
	if sl := s.slotOf(ssrc); sl != nil {
		s.host.slotKeyframe(sl.mid)
	}
}

// ntpNow is a wall clock time as RTCP has it (RFC 3550 4).
func ntpNow(t time.Time) uint64 {
	const since1900 = 2208988800
	frac := uint64(t.Nanosecond()) << 32 / 1e9
	return (uint64(t.Unix())+since1900)<<32 | frac
}
