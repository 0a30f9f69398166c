package room

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"
)

// link is the path to one browser: it numbers what leaves (transport-wide
// sequence numbers), and from what the browser says of their arrival keeps the
// budget for pictures.
type link struct {
	now  func() int64
	next atomic.Uint32
	past [linkPast]atomic.Uint64 // microseconds since begun<<16 | bytes, by sequence number

	begun int64
	keep  atomic.Int64 // what memory gives

	mu     sync.Mutex
	budget budget
	delay  delayBase
	rtt    float64 // ms
	loss   float64

	delays []int64 // of one feedback message; its reader's alone
}

// linkPast is how many packets are known: half a second at 20 Mbit/s.
const linkPast = 1024

func newLink(now func() int64) *link {
	l := &link{now: now, begun: now(), budget: newBudget()}
	l.keep.Store(memoryUnknown)
	return l
}

// How long what left is kept to be sent again: for three round trips and some
// time in which a loss is noticed. Nanoseconds.
const (
	memoryMore    = 150e6
	memoryLeast   = 250e6
	memoryMost    = 1500e6
	memoryUnknown = 500e6
)

// memory is how long packets may still be asked for, nanoseconds.
func (l *link) memory() int64 { return l.keep.Load() }

// leave notes a packet and gives it its number.
func (l *link) leave(size int, now int64) uint16 {
	seq := uint16(l.next.Add(1))
	l.past[seq%linkPast].Store(uint64((now-l.begun)/1000+1)<<16 | uint64(uint16(size)))
	return seq
}

// arrived takes a packet of transport-wide feedback. One goroutine at a time
// calls it.
func (l *link) arrived(fb []byte) {
	if len(fb) < 20 || binary.BigEndian.Uint16(fb[14:]) > linkPast {
		return // nobody honest says so much at once
	}
	now := l.now()
	lost, received, bytes := 0, 0, 0
	l.delays = l.delays[:0]
	walkTWCC(fb, func(seq uint16, at int64, came bool) {
		if int16(uint16(l.next.Load())-seq) < 0 {
			return // never sent
		}
		entry := l.past[seq%linkPast].Load()
		left, size := int64(entry>>16), int(entry&0xffff)
		if entry == 0 || (now-l.begun)/1000-left > 10e6 {
			return
		}
		if !came {
			lost++
			return
		}
		received++
		bytes += size
		l.delays = append(l.delays, at-left) // one-way, from an unknown origin
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.delay.queue(l.delays, now)
	l.budget.feedback(received, lost, bytes, queue, now)
}

// reported takes a receiver report on one stream.
func (l *link) reported(r rtcp.ReceptionReport, ntp uint64) {
	loss := float64(r.FractionLost) / 256
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.LastSenderReport != 0 {
		// RFC 3550 6.4.1: round trip in units of 1/65536 s.
		if d := int32(uint32(ntp>>16) - r.LastSenderReport - r.Delay); d >= 0 && d < 10*65536 {
			ms := float64(d) * 1000 / 65536
			if l.rtt == 0 {
				l.rtt = ms
			}
			l.rtt += (ms - l.rtt) / 4
			l.keep.Store(int64(min(max(3*l.rtt*1e6+memoryMore, memoryLeast), memoryMost)))
		}
	}
	l.loss += (loss - l.loss) / 4
}

// ceiling takes a REMB, bit/s.
func (l *link) ceiling(bps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.budget.ceiling = bps
}

// bitrate is what pictures may take together, bit/s.
func (l *link) bitrate() int {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.budget.bitrate(now)
}

// roundTrip is the path's round trip time in nanoseconds, 0 when it is not known.
func (l *link) roundTrip() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(l.rtt * 1e6)
}

func (l *link) quality() (rttMS, loss float64, acked int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rtt, l.loss, l.budget.acked
}
