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
	past [linkPast]atomic.Uint32 // ticks since begun<<pastSize | units of bytes, by sequence number; 0 never left

	begun int64
	keep  atomic.Int64 // what memory gives

	mu     sync.Mutex
	budget budget
	steady budget // the same without trials
	trial  trial
	trials *trialCounts // nil: nobody wants to know
	delay  delayBase
	rtt    float64 // ms
	loss   float64

	delays []int64 // of one feedback message; its reader's alone
}

// linkPast is how many packets are known: half a second at 20 Mbit/s.
const linkPast = 1024

// What is known of a packet that left fits in 32 bits: of its time 22 in ticks
// finer than those of feedback (250 us), and of its size 10 in units.
const (
	pastTick = 64 // us
	pastTime = 22 // bits: four minutes
	pastSize = 10 // bits
	pastUnit = 2  // bytes
)

func newLink(now func() int64) *link {
	l := &link{now: now, begun: now(), budget: newBudget(), steady: newBudget()}
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
	units := min((size+pastUnit-1)/pastUnit, 1<<pastSize-1)
	l.past[seq%linkPast].Store(l.tick(now)<<pastSize | uint32(max(units, 1)))
	return seq
}

// tick is a time as it is noted.
func (l *link) tick(now int64) uint32 { return uint32((now-l.begun)/1000/pastTick) & (1<<pastTime - 1) }

// arrived takes a packet of transport-wide feedback. One goroutine at a time
// calls it.
func (l *link) arrived(fb []byte) {
	if len(fb) < 20 || binary.BigEndian.Uint16(fb[14:]) > linkPast {
		return // nobody honest says so much at once
	}
	now := l.now()
	lost, received, bytes := 0, 0, 0
	l.delays = l.delays[:0]
	l.mu.Lock()
	defer l.mu.Unlock()
	walkTWCC(fb, func(seq uint16, at int64, came bool) {
		if int16(uint16(l.next.Load())-seq) < 0 {
			return // never sent
		}
		entry := l.past[seq%linkPast].Load()
		age := int64((l.tick(now)-entry>>pastSize)&(1<<pastTime-1)) * pastTick
		if entry == 0 || age > 10e6 {
			return
		}
		size, left := int(entry&(1<<pastSize-1))*pastUnit, (now-l.begun)/1000-age
		l.trial.heard(seq, size, left, at, came)
		if !came {
			lost++
			return
		}
		received++
		bytes += size
		l.delays = append(l.delays, at-left) // one-way, from an unknown origin
	})
	queue := l.delay.queue(l.delays, now)
	l.budget.search.told = l.budget.search.told || received > 0
	l.budget.feedback(received, lost, bytes, queue, now)
	l.steady.feedback(received, lost, bytes, queue, now)
	if l.trial.over {
		l.tried(now)
	}
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
	l.budget.ceiling, l.steady.ceiling = bps, bps
}

// bitrate is what pictures may take together, bit/s, as far as is known.
func (l *link) bitrate() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.budget.bitrate()
}

// presumed is the same for pictures of others: as much as a browser is given that cannot be probed, be
// it that trials know better. Nobody is asked to send less, and no picture is left out, since a
// path is not known yet, or a browser is too busy for trials to tell.
func (l *link) presumed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(l.budget.bitrate(), l.steady.bitrate())
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
