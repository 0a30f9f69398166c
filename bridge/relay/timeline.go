package relay

import "github.com/roombridge/roombridge/bridge/packet"

// A source whose numbers jump further than this from one packet to the next
// started over.
const (
	maxSourceJump = 1000            // packets
	maxSourceTime = int64(10 * 1e9) // nanoseconds beside what the clock says
)

// timeline makes the numbers of one RTP stream out of those of several
// sources shown one after the other. Within a source, differences stay as they
// are, gaps too; at a switch the sequence goes on without one, and the
// timestamp moves on by the time that passed.
type timeline struct {
	clock     int64 // RTP clock, Hz
	seqShift  uint16
	timeShift uint32

	started bool
	seq     uint16 // highest sent
	time    uint32 // timestamp that went with it
	at      int64  // when it went

	first  uint16 // of the present source: what comes before belongs to the past
	newest uint16 // of the present source, as it numbers
	ssrc   uint32
}

// resume says where a stream stands that others wrote before.
func (l *timeline) resume(seq uint16, time uint32, now int64) {
	l.started, l.seq, l.time, l.at = true, seq, time, now
}

// join makes p the first packet of a source.
func (l *timeline) join(p *packet.Packet, clock int) {
	if clock > 0 {
		l.clock = int64(clock)
	}
	l.first, l.newest, l.ssrc = p.Seq, p.Seq, p.SSRC
	if !l.started {
		l.seqShift, l.timeShift = 0, 0
		return
	}
	step := max(l.units(p.Arrived-l.at), 1)
	l.seqShift = l.seq + 1 - p.Seq
	l.timeShift = l.time + uint32(step) - p.Timestamp
}

func (l *timeline) units(ns int64) int64 { return ns / 1e3 * l.clock / 1e6 }

// broken tells whether p does not follow on what the present source sent.
func (l *timeline) broken(p *packet.Packet) bool {
	if p.SSRC != l.ssrc {
		return true
	}
	d := packet.SeqDiff(p.Seq, l.newest)
	if d > maxSourceJump || d < -maxSourceJump {
		return true
	}
	if d <= 0 || l.clock == 0 {
		return false
	}
	went := packet.TimeDiff(p.Timestamp+l.timeShift, l.time)
	beside := went - l.units(p.Arrived-l.at)
	return max(beside, -beside) > maxSourceTime/1e9*l.clock
}

// place gives the numbers under which p goes out; false when it is a late
// packet from before the source was joined.
func (l *timeline) place(p *packet.Packet) (seq uint16, time uint32, ok bool) {
	if packet.SeqDiff(p.Seq, l.first) < 0 {
		return 0, 0, false
	}
	seq, time = p.Seq+l.seqShift, p.Timestamp+l.timeShift
	if packet.SeqDiff(p.Seq, l.newest) >= 0 {
		l.newest = p.Seq
		// Follow the source, or first would look newer again after 32768 packets.
		if packet.SeqDiff(p.Seq, l.first) > maxSourceJump {
			l.first = p.Seq - maxSourceJump
		}
		l.started, l.seq, l.time, l.at = true, seq, time, p.Arrived
	}
	return seq, time, true
}
