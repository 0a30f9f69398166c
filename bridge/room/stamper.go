package room

import "github.com/roombridge/roombridge/transcode"

// stamper numbers the packets of an outgoing sound so that the receiver sees
// one stream, whatever happens to the worker, and whether they are the
// worker's or go straight: sequence numbers rise by one, the timestamp goes on
// with the clock over a gap.
type stamper struct {
	clock   int
	started bool
	stream  transcode.StreamID
	inSeq   uint16
	inTS    uint32
	seq     uint16
	ts      uint32
	at      int64
	seen    uint64 // of relayed packets: bit i is set when seq-i was given
	odd     int    // packets in a row that were too old
}

// next is for frames that come in order.
func (s *stamper) next(stream transcode.StreamID, seq uint16, ts uint32, now int64) (uint16, uint32, bool) {
	step := ts - s.inTS
	fresh := !s.started || stream != s.stream || seq-s.inSeq == 0 || seq-s.inSeq > 100 || int64(step) > 2*int64(s.clock)
	switch {
	case !s.started:
		s.seq, s.ts = seq, ts
	case fresh:
		s.seq++
		s.ts += uint32(max(now-s.at, 20e6) / 1e6 * int64(s.clock) / 1000)
	default:
		s.seq += seq - s.inSeq
		s.ts += step
	}
	s.started, s.stream, s.inSeq, s.inTS, s.at = true, stream, seq, ts, now
	return s.seq, s.ts, fresh
}

// Packets that come from the network may be late, twice, or of another time.
const (
	lateMost = 64   // packets behind the newest that still pass
	oldMost  = 1000 // and that are taken for late; further behind the sender began again
	oddMost  = 5    // too old packets in a row: it did so, too
)

// relay is for packets as the network brings them. No number is given twice:
// in SRTP that would be the same keystream for another packet.
func (s *stamper) relay(stream transcode.StreamID, seq uint16, ts uint32, now int64) (outSeq uint16, outTS uint32, fresh, ok bool) {
	behind := s.inSeq - seq
	if s.started && stream == s.stream && behind < oldMost {
		if behind < lateMost && s.seen>>behind&1 == 0 {
			s.seen |= 1 << behind
			return s.seq - behind, s.ts - (s.inTS - ts), false, true
		}
		if s.odd++; behind < lateMost || s.odd < oddMost {
			return 0, 0, false, false
		}
	}
	s.odd = 0
	before := s.seq
	outSeq, outTS, fresh = s.next(stream, seq, ts, now)
	if fresh {
		s.seen = ^uint64(0)
	} else {
		s.seen = s.seen<<(outSeq-before) | 1
	}
	return outSeq, outTS, fresh, true
}
