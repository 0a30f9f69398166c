package relay

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
)

// keyframeMeans is how an attempt asks for a keyframe.
type keyframeMeans struct{ pli, fir, signalling bool }

// meansFor gives what the far end said it understands first, then the other
// RTCP message, and from the third attempt on everything at once, for some
// terminals obey what they never announced (INTEROP 5.2).
func meansFor(attempt int, f media.Feedback, canSignal bool) keyframeMeans {
	switch {
	case attempt >= 2:
		return keyframeMeans{true, true, canSignal}
	case attempt == 0 && f.Has(media.PLI):
		return keyframeMeans{pli: true}
	case attempt == 0 && f.Has(media.FIR):
		return keyframeMeans{fir: true}
	case attempt == 0 && canSignal:
		return keyframeMeans{signalling: true}
	case attempt == 0:
		return keyframeMeans{pli: true}
	case f.Has(media.PLI):
		return keyframeMeans{fir: true}
	case f.Has(media.FIR):
		return keyframeMeans{pli: true}
	}
	return keyframeMeans{pli: true, fir: true}
}

// RequestKeyframe asks the far end for a keyframe. attempt counts from 0
// within one wanting.
func (s *Stream) RequestKeyframe(attempt int) {
	t := s.terms.Load()
	if t == nil || !t.Direction.Receives() {
		return
	}
	s.hooks.Lock()
	signal := s.hooks.keyframe
	s.hooks.Unlock()
	m := meansFor(attempt, t.Feedback, signal != nil)
	s.rx.Lock()
	source, known := s.rx.admission.source.ssrc, s.rx.admission.known
	s.rx.Unlock()
	var packets []rtcp.Packet
	if m.pli && known {
		packets = append(packets, &rtcp.PictureLossIndication{SenderSSRC: s.tx.ssrc, MediaSSRC: source})
	}
	if m.fir && known {
		s.control.Lock()
		s.control.firSent++
		seq := s.control.firSent
		s.control.Unlock()
		packets = append(packets, fullIntraRequest(s.tx.ssrc, source, seq))
	}
	if len(packets) > 0 {
		s.sendControl(s.now(), packets...)
	}
	// Nothing can be asked by RTCP of a source that was never heard.
	if signal != nil && (m.signalling || len(packets) == 0 && attempt > 0) {
		s.tell.post(signal)
	}
}

// limitState is the most that the far end may send, and what became of telling it.
type limitState struct {
	bitrate int // bit/s, 0 is none
	tries   int // TMMBRs that may still be sent
	next    int64
}

// TMMBR is sent again until the far end confirms it (RFC 5104 4.2.1.2), a few times.
const (
	limitTries  = 5
	limitRepeat = int64(time.Second)
)

func (l *limitState) confirmed() { l.tries = 0 }

// Limit tells the far end the most it may send: by TMMBR if it understands
// that, by signalling otherwise. Nothing above what was negotiated is told.
func (s *Stream) Limit(l media.Limits) {
	t := s.terms.Load()
	bps := l.Bitrate
	if t != nil && t.RecvBitrate > 0 && bps > t.RecvBitrate {
		bps = t.RecvBitrate
	}
	c := s.control
	c.Lock()
	same := c.limit.bitrate == bps
	if !same {
		c.limit = limitState{bitrate: bps, tries: limitTries}
	}
	c.Unlock()
	switch {
	case same || t == nil:
	case t.Feedback.Has(media.TMMBR):
		s.repeatLimit(s.now())
	default:
		s.hooks.Lock()
		f := s.hooks.limit
		s.hooks.Unlock()
		if f != nil {
			s.tell.post(func() { f(bps) })
		}
	}
}

// repeatLimit sends the TMMBR that is due.
func (s *Stream) repeatLimit(now int64) {
	t := s.terms.Load()
	if t == nil || !t.Feedback.Has(media.TMMBR) {
		return
	}
	s.rx.Lock()
	source, known := s.rx.admission.source.ssrc, s.rx.admission.known
	s.rx.Unlock()
	c := s.control
	c.Lock()
	l := &c.limit
	due := known && l.tries > 0 && now >= l.next
	if due {
		l.tries--
		l.next = now + limitRepeat
	}
	bps := l.bitrate
	c.Unlock()
	if !due {
		return
	}
	if bps == 0 {
		// TMMBR has no word for "no limit"; what was negotiated is as good.
		bps = t.RecvBitrate
	}
	if bps == 0 && len(t.Recv) > 0 {
		bps = t.Recv[0].Limits().Bitrate
	}
	if bps == 0 {
		return
	}
	tuple := bitrateTuple{ssrc: source, bitrate: uint64(bps), overhead: 40}
	p := rawPacket(marshalTuples(formatTMMBR, s.tx.ssrc, tuple))
	s.sendControl(now, &p)
}
