package player

import (
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
)

// late is how far behind a sender may be and still send all that it missed.
const late = int64(500 * time.Millisecond)

// speaker sends sound, a packet each 20 ms of an absolute clock.
type speaker struct {
	out   relay.Out
	voice *voice // nil: nothing is sent
	pt    uint8
	ticks uint32 // timestamp units of a packet

	started bool
	next    int64 // when the next packet is due
	frame   uint64
	h       packet.Header
}

// set says what is sent from now on; voice nil is nothing.
func (s *speaker) set(v *voice, pt uint8, clock int) {
	if v != nil && s.voice == nil {
		s.h.Marker = true // the first packet after silence (RFC 3551 4.1)
	}
	s.voice, s.pt, s.ticks = v, pt, uint32(clock/int(time.Second/frameTime))
}

// step sends what is due and tells when there will be more. Time goes on
// while nothing is sent.
func (s *speaker) step(now int64) (next int64) {
	switch {
	case !s.started:
		s.started, s.next = true, now
	case now-s.next > late:
		s.skip((now - s.next) / int64(frameTime))
	}
	sent := false
	for s.next <= now {
		sent = s.send() || sent
		s.skip(1)
	}
	if sent {
		s.out.Flush()
	}
	return s.next
}

// skip lets the time of n packets pass.
func (s *speaker) skip(n int64) {
	s.next += n * int64(frameTime)
	s.frame += uint64(n)
	s.h.Timestamp += uint32(n) * s.ticks
}

func (s *speaker) send() bool {
	if s.voice == nil {
		return false
	}
	payload := s.voice.frame(s.frame)
	if len(payload) == 0 {
		return false
	}
	s.h.PT = s.pt
	s.out.Send(s.h, payload)
	s.h.Seq++
	s.h.Marker = false
	return true
}
