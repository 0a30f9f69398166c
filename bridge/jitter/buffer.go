// Package jitter brings the packets of an RTP stream into order. Nothing here
// reads a clock: time is an argument, in nanoseconds of any steady clock.
package jitter

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// A sequence number further away than these is not loss or reordering but a
// source that started over (RFC 3550 A.1). Being late is taken more patiently
// than there, since a burst of video may be overtaken as a whole.
const (
	maxDropout  = 3000
	maxMisorder = 512
)

// Restarted is given to Emit instead of a number of lost packets when the
// source started over with other sequence numbers.
const Restarted = -1

// Config is what a Buffer is made of. Only Emit has no default.
type Config struct {
	// MaxDelay is how long a packet waits at most for those before it;
	// 40 ms when zero.
	MaxDelay time.Duration
	// MaxPackets is how far ahead of a hole packets are kept, rounded up to
	// a power of two; 128 when zero, at most 2048.
	MaxPackets int
	// Pool is where packets out of order are kept; its buffers bound their
	// payload. A pool of its own when nil.
	Pool *packet.Pool
	// Emit takes the packets in order. The packet is valid only during the
	// call. lost is how many packets were given up directly before this
	// one, or Restarted.
	Emit func(p *packet.Packet, lost int)
}

// Stats counts what became of the packets.
type Stats struct {
	Received   uint64 // pushed
	Emitted    uint64
	Reordered  uint64 // emitted, having waited for an earlier one
	Lost       uint64 // given up
	Late       uint64 // dropped: came after they were given up or emitted, or far too late
	Duplicates uint64 // dropped: came twice while waiting
	Oversize   uint64 // dropped: too large to be kept
	Restarts   uint64
}

// Buffer orders the packets of one stream. A packet that is in order passes
// straight through; others are copied and wait for those before them. It
// belongs to one goroutine.
type Buffer struct {
	emit  func(p *packet.Packet, lost int)
	pool  *packet.Pool
	delay int64
	slots []*slot // nil where nothing waits, and altogether until something has: most sources never overtake themselves
	mask  uint16

	started bool
	ssrc    uint32
	next    uint16 // the number that is due
	held    int    // packets in slots
	oldest  int64  // when the first of them came
	pending int    // given up since the last packet was emitted, or Restarted

	stray *slot // the possible first packet of a source that started over
	stats Stats
}

// slot is a packet that waits.
type slot struct {
	buf *packet.Buffer
	p   packet.Packet
	at  int64 // when it came
}

// free slots are shared: few packets wait at a time.
var free = sync.Pool{New: func() any { return new(slot) }}

// New makes an empty Buffer.
func New(cfg Config) *Buffer {
	if cfg.MaxDelay <= 0 {
		cfg.MaxDelay = 40 * time.Millisecond
	}
	if cfg.MaxPackets <= 0 {
		cfg.MaxPackets = 128
	}
	if cfg.Pool == nil {
		cfg.Pool = packet.NewPool(packet.MaxSize)
	}
	size := 1
	for size < min(cfg.MaxPackets, 2048) {
		size <<= 1
	}
	return &Buffer{
		emit:  cfg.Emit,
		pool:  cfg.Pool,
		delay: int64(cfg.MaxDelay),
		mask:  uint16(size - 1),
	}
}

// Push takes the next packet that arrived and emits what is in order by it.
// Holes that are older than the bound at now are given up first.
func (b *Buffer) Push(p *packet.Packet, now int64) {
	b.stats.Received++
	switch {
	case !b.started:
		b.started, b.ssrc = true, p.SSRC
		b.pass(p)
		return
	case p.SSRC != b.ssrc:
		b.Flush()
		b.ssrc = p.SSRC
		b.restart()
		b.pass(p)
		return
	}
	b.Expire(now)
	switch d := packet.SeqDiff(p.Seq, b.next); {
	case d == 0:
		b.dropStray()
		b.pass(p)
		b.drain()
	case d > maxDropout || d < -maxMisorder:
		b.outside(p, now)
	case d < 0:
		b.stats.Late++
	default:
		b.dropStray()
		b.ahead(p, d, now)
	}
}

// Expire gives up the holes that have been waited for long enough. Its owner
// calls it when Deadline has passed; Push does it by itself.
func (b *Buffer) Expire(now int64) {
	for b.held > 0 && now-b.oldest >= b.delay {
		b.skip(b.hole())
	}
	if b.stray != nil && now-b.stray.at >= b.delay {
		b.adopt() // nothing of the old numbers came since: it did start over
	}
}

// Deadline tells when Expire will have something to do; false when nothing waits.
func (b *Buffer) Deadline() (int64, bool) {
	switch stray := b.stray != nil; {
	case b.held > 0 && stray:
		return min(b.oldest, b.stray.at) + b.delay, true
	case b.held > 0:
		return b.oldest + b.delay, true
	case stray:
		return b.stray.at + b.delay, true
	}
	return 0, false
}

// SetDelay changes MaxDelay from now on.
func (b *Buffer) SetDelay(d time.Duration) { b.delay = int64(d) }

// Stats gives the counts so far.
func (b *Buffer) Stats() Stats { return b.stats }

// Held tells how many packets wait.
func (b *Buffer) Held() int { return b.held }

// Flush emits everything that waits, giving up all holes.
func (b *Buffer) Flush() {
	for b.held > 0 {
		b.skip(b.hole())
	}
	b.dropStray()
}

// Reset drops everything that waits and begins with the next packet, whatever
// its number. The pool gets its buffers back.
func (b *Buffer) Reset() {
	for i := range b.slots {
		release(&b.slots[i])
	}
	release(&b.stray)
	b.held, b.pending, b.started = 0, 0, false
}

// slot is where the packet d numbers after the one that is due waits.
func (b *Buffer) slot(d int) **slot { return &b.slots[(b.next+uint16(d))&b.mask] }

// hole gives the distance from the number that is due to the first packet
// that waits. There must be one.
func (b *Buffer) hole() int {
	d := 0
	for *b.slot(d) == nil {
		d++
	}
	return d
}

// pass emits a packet and makes the number after it due.
func (b *Buffer) pass(p *packet.Packet) {
	lost := b.pending
	b.pending = 0
	b.next = p.Seq + 1
	b.stats.Emitted++
	b.emit(p, lost)
}

// drain emits the waiting packets that are due now.
func (b *Buffer) drain() {
	before := b.held
	for b.held > 0 {
		s := b.slot(0)
		if *s == nil {
			break
		}
		b.held--
		b.stats.Reordered++
		b.pass(&(*s).p)
		release(s)
	}
	if b.held > 0 && b.held < before {
		b.age()
	}
}

// age looks for the oldest packet that waits. It need not be the first in
// order: a later one may have come before it.
func (b *Buffer) age() {
	left := b.held
	for i := 0; left > 0; i++ {
		s := b.slots[i]
		if s == nil {
			continue
		}
		if left == b.held || s.at < b.oldest {
			b.oldest = s.at
		}
		left--
	}
}

// skip gives up the next n numbers, none of which waits, and emits what is due then.
func (b *Buffer) skip(n int) {
	b.stats.Lost += uint64(n)
	b.next += uint16(n)
	if b.pending != Restarted {
		b.pending += n
	}
	b.drain()
}

// ahead keeps a packet d numbers before its time. Numbers that the ring does
// not reach from there are given up.
func (b *Buffer) ahead(p *packet.Packet, d int, now int64) {
	if b.slots == nil {
		b.slots = make([]*slot, int(b.mask)+1)
	}
	for d >= len(b.slots) {
		n := d - len(b.slots) + 1
		if b.held > 0 {
			n = min(n, b.hole())
		}
		b.skip(n)
		d = packet.SeqDiff(p.Seq, b.next)
	}
	if d == 0 { // a ring of one
		b.pass(p)
		b.drain()
		return
	}
	s := b.slot(d)
	switch {
	case *s != nil:
		b.stats.Duplicates++
	case len(p.Payload) > b.pool.Size():
		b.stats.Oversize++
	default:
		if b.held++; b.held == 1 {
			b.oldest = now
		}
		*s = b.keep(p, now)
	}
}

// outside takes a packet whose number fits neither loss nor reordering. One of
// them may be forged or misled, so the source is believed to have started
// over when two come in sequence (RFC 3550 A.1), or one and then nothing else.
func (b *Buffer) outside(p *packet.Packet, now int64) {
	if b.stray != nil && p.Seq == b.stray.p.Seq+1 {
		b.adopt()
		b.pass(p)
		return
	}
	b.dropStray()
	if len(p.Payload) > b.pool.Size() {
		b.stats.Oversize++
		return
	}
	b.stray = b.keep(p, now)
}

// adopt goes over to the numbers of the stray packet.
func (b *Buffer) adopt() {
	for b.held > 0 {
		b.skip(b.hole())
	}
	b.restart()
	b.pass(&b.stray.p)
	release(&b.stray)
}

func (b *Buffer) restart() {
	b.pending = Restarted
	b.stats.Restarts++
}

func (b *Buffer) dropStray() {
	if b.stray != nil {
		b.stats.Late++
		release(&b.stray)
	}
}

// keep copies a packet.
func (b *Buffer) keep(p *packet.Packet, now int64) *slot {
	s := free.Get().(*slot)
	s.buf, s.p, s.at = b.pool.Get(), *p, now
	s.p.Payload = s.buf.Bytes[:copy(s.buf.Bytes, p.Payload)]
	return s
}

// release empties a place.
func release(at **slot) {
	s := *at
	if s == nil {
		return
	}
	s.buf.Release()
	*s, *at = slot{}, nil
	free.Put(s)
}
