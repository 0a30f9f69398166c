package jitter

import "github.com/roombridge/roombridge/bridge/packet"

// Receiver keeps the statistics that a receiver report carries for one source
// (RFC 3550 6.4.1, A.3, A.8). It takes packets in the order of their arrival.
// Use one from NewReceiver.
type Receiver struct {
	clock    int64 // RTP clock rate, Hz
	seq      packet.Unwrapper
	base     uint64 // first extended number of this run
	received uint64
	lost     int64 // of earlier runs

	transit int64
	timed   bool
	jitter  int64 // 16 times the interarrival jitter, in timestamp units

	priorExpected, priorReceived uint64
}

// Report is the receiver's part of one RTCP report block.
type Report struct {
	Highest  uint32 // extended highest sequence number
	Lost     int32  // cumulative, within 24 bits signed
	Fraction uint8  // lost since the last report, of 256
	Jitter   uint32 // timestamp units
}

// NewReceiver makes the statistics of a stream with the given RTP clock rate.
func NewReceiver(clockRate uint32) *Receiver {
	return &Receiver{clock: int64(max(clockRate, 1))}
}

// Update counts a packet that arrived at now, nanoseconds of any steady clock.
// Duplicates count as received, as RFC 3550 has it.
func (r *Receiver) Update(seq uint16, timestamp uint32, now int64) {
	r.count(seq)
	r.time(timestamp, now)
}

func (r *Receiver) count(seq uint16) {
	if r.received == 0 {
		r.restart(seq)
		return
	}
	d := packet.SeqDiff(seq, uint16(r.seq.Highest()))
	if d > maxDropout || d < -maxMisorder {
		// The source started over; what was lost until then stays counted.
		r.lost = r.totalLost()
		r.restart(seq)
		return
	}
	r.seq.Unwrap(seq)
	r.received++
}

func (r *Receiver) restart(seq uint16) {
	r.seq = packet.Unwrapper{}
	r.base = r.seq.Unwrap(seq)
	r.received = 1
	r.priorExpected, r.priorReceived = 0, 0
	r.timed = false
}

// time is the estimator of RFC 3550 A.8, with the arrival taken in timestamp
// units modulo 2^32 as the timestamps are.
func (r *Receiver) time(timestamp uint32, now int64) {
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

func (r *Receiver) expected() uint64 {
	if r.received == 0 {
		return 0
	}
	return r.seq.Highest() - r.base + 1
}

func (r *Receiver) totalLost() int64 {
	return r.lost + int64(r.expected()) - int64(r.received)
}

// Lost gives the number of packets lost so far; duplicates lower it.
func (r *Receiver) Lost() int64 { return r.totalLost() }

// Jitter gives the interarrival jitter in nanoseconds.
func (r *Receiver) Jitter() int64 { return (r.jitter >> 4) * 1e9 / r.clock }

// Report gives the block for a report sent now and begins the next interval.
func (r *Receiver) Report() Report {
	expected := r.expected() - r.priorExpected
	received := r.received - r.priorReceived
	r.priorExpected, r.priorReceived = r.expected(), r.received
	// The unwrapper keeps one cycle in hand that the report does not count.
	highest := uint32(0)
	if r.received > 0 {
		highest = uint32(r.seq.Highest() - 1<<16)
	}
	return Report{
		Highest:  highest,
		Lost:     int32(min(max(r.totalLost(), -1<<23), 1<<23-1)),
		Fraction: fraction(expected, received),
		Jitter:   uint32(r.jitter >> 4),
	}
}

// fraction is the loss of one interval in 256ths (RFC 3550 A.3).
func fraction(expected, received uint64) uint8 {
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}
