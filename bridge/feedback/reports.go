package feedback

import (
	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/packet"
)

// A number further away than these is not loss or reordering but a source that
// started over (RFC 3550 A.1). Being late is taken more patiently than there,
// since a burst of video may be overtaken as a whole.
const maxMisorder = 512

// Reports keeps the reception statistics of one source and makes the blocks
// of receiver reports from them (RFC 3550 6.4.1, A.3, A.8). It takes packets in
// the order of their arrival. It takes 120 bytes. Use one from NewReports.
type Reports struct {
	clock    int64 // RTP clock rate, Hz
	numbers  packet.Unwrapper
	base     uint64 // first extended number of this run
	received uint64
	lost     int64 // of earlier runs

	transit int64
	timed   bool
	jitter  int64 // 16 times the interarrival jitter, in timestamp units

	priorExpected, priorReceived uint64

	senderNTP uint32 // middle of the last sender report's time
	senderAt  int64  // when it came
	reported  bool   // one came
}

// NewReports makes the statistics of a stream with a clock rate in Hz.
func NewReports(clockRate int) Reports { return Reports{clock: int64(max(clockRate, 1))} }

// Add counts a packet that arrived at now. Repetitions count as received, as
// RFC 3550 has it.
func (r *Reports) Add(seq uint16, timestamp uint32, now int64) {
	r.count(seq)
	r.time(timestamp, now)
}

// SenderReport takes the time of a sender report that arrived at now, which
// the next blocks refer to.
func (r *Reports) SenderReport(ntp uint64, now int64) {
	r.senderNTP, r.senderAt, r.reported = uint32(ntp>>16), now, true
}

func (r *Reports) count(seq uint16) {
	if r.received == 0 {
		r.restart(seq)
		return
	}
	d := packet.SeqDiff(seq, uint16(r.numbers.Highest()))
	if d > maxDropout || d < -maxMisorder {
		// The source started over; what was lost until then stays counted.
		r.lost = r.Lost()
		r.restart(seq)
		return
	}
	r.numbers.Unwrap(seq)
	r.received++
}

func (r *Reports) restart(seq uint16) {
	r.numbers = packet.Unwrapper{}
	r.base = r.numbers.Unwrap(seq)
	r.received = 1
	r.priorExpected, r.priorReceived = 0, 0
	r.timed = false
}

// time is the estimator of RFC 3550 A.8, with the arrival taken in timestamp
// units modulo 2^32 as the timestamps are.
func (r *Reports) time(timestamp uint32, now int64) {
	arrival := now/1e9*r.clock + now%1e9*r.clock/1e9
	transit := arrival - int64(timestamp)
	if r.timed {
		d := int64(int32(uint32(transit - r.transit)))
		if d < 0 {
			d = -d
		}
		r.jitter += d - (r.jitter+8)>>4
	}
	r.transit, r.timed = transit, true
}

func (r *Reports) expected() uint64 {
	if r.received == 0 {
		return 0
	}
	return r.numbers.Highest() - r.base + 1
}

// Lost gives the number of packets lost so far; repetitions lower it.
func (r *Reports) Lost() int64 {
	return r.lost + int64(r.expected()) - int64(r.received)
}

// Jitter gives the interarrival jitter in nanoseconds.
func (r *Reports) Jitter() int64 { return (r.jitter >> 4) * 1e9 / r.clock }

// Block gives the block of a report sent now and begins the next interval. It
// is false while nothing came.
func (r *Reports) Block(ssrc uint32, now int64) (rtcp.ReceptionReport, bool) {
	if r.received == 0 {
		return rtcp.ReceptionReport{}, false
	}
	expected := r.expected() - r.priorExpected
	received := r.received - r.priorReceived
	r.priorExpected, r.priorReceived = r.expected(), r.received
	b := rtcp.ReceptionReport{
		SSRC:         ssrc,
		FractionLost: fraction(expected, received),
		TotalLost:    uint32(min(max(r.Lost(), -1<<23), 1<<23-1)) & 0xffffff,
		// The unwrapper keeps one cycle in hand that a report does not count.
		LastSequenceNumber: uint32(r.numbers.Highest() - 1<<16),
		Jitter:             uint32(r.jitter >> 4),
	}
	if r.reported {
		b.LastSenderReport = r.senderNTP
		b.Delay = uint32((now - r.senderAt) / 1e3 << 16 / 1e6)
	}
	return b, true
}

// fraction is the loss of one interval in 256ths (RFC 3550 A.3).
func fraction(expected, received uint64) uint8 {
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}
