package playout

const (
	maxPackets = 96   // waiting for their turn
	maxPayload = 2048 // bytes
)

// RFC 3550 A.1: larger steps are a new sequence, once a second packet follows it.
const (
	maxDropout  = 3000
	maxMisorder = 100
	maxStray    = 2_000 * ms // a packet's time may be so far from its arrival
	lateStreak  = 5          // late packets in order: the sender's clock went back
)

// packet waits in the buffer. Its numbers no longer wrap around.
type packet struct {
	seq     int64
	ts      int64 // RTP clock
	payload []byte
}

type verdict uint8

const (
	taken verdict = iota
	duplicate
	late
	refused // too large, or no room for it
	suspect // may begin a new sequence
	resync  // began a new sequence
)

// buffer orders packets by their timestamps.
type buffer struct {
	clock   int64
	waiting []packet // sorted
	spare   [][]byte
	delay   delay

	begun   bool
	anew    bool  // the next packet begins a new sequence
	lastSeq int64 // newest
	lastTS  int64
	played  int64 // timestamps below are late
	streak  int
	odd     struct {
		seq uint16
		set bool
	}
}

func newBuffer(clock int) *buffer {
	return &buffer{clock: int64(clock), waiting: make([]packet, 0, maxPackets)}
}

// nanos converts from the RTP clock.
func (b *buffer) nanos(ts int64) int64 {
	return ts/b.clock*1_000_000_000 + ts%b.clock*1_000_000_000/b.clock
}

// ticks converts to the RTP clock.
func (b *buffer) ticks(ns int64) int64 { return ns * b.clock / 1_000_000_000 }

// push takes a packet in. It copies the payload.
func (b *buffer) push(seq uint16, ts uint32, payload []byte, now int64) verdict {
	if len(payload) == 0 || len(payload) > maxPayload {
		return refused
	}
	v := taken
	switch {
	case !b.begun:
		b.restart(seq, ts)
	case b.anew:
		b.restart(seq, ts)
		v = resync
	case b.strange(seq, ts, now):
		if !b.odd.set || seq != b.odd.seq {
			b.odd.seq, b.odd.set = seq+1, true
			return suspect
		}
		b.restart(seq, ts)
		v = resync
	}
	b.odd.set = false
	p := packet{seq: b.lastSeq + int64(int16(seq-uint16(b.lastSeq))), ts: b.lastTS + int64(int32(ts-uint32(b.lastTS)))}
	if w := b.place(p, payload, now); w != taken {
		return w
	}
	return v
}

// strange tells whether a packet does not continue the sequence: by its
// number, or by a timestamp far from what its time of arrival lets expect.
func (b *buffer) strange(seq uint16, ts uint32, now int64) bool {
	step := int(int16(seq - uint16(b.lastSeq)))
	if step > maxDropout || step < -maxMisorder {
		return true
	}
	at := b.nanos(b.lastTS + int64(int32(ts-uint32(b.lastTS))))
	stray := now - at - b.delay.base()
	return stray > maxStray || stray < -maxStray
}

func (b *buffer) restart(seq uint16, ts uint32) {
	b.clear()
	b.begun, b.anew = true, false
	// Far from zero, so that nothing before the first packet is negative.
	b.lastSeq, b.lastTS = 1<<32+int64(seq), 1<<40+int64(ts)
	b.played, b.streak = 0, 0
	b.delay = delay{}
}

func (b *buffer) clear() {
	for len(b.waiting) > 0 {
		b.drop()
	}
}

// place puts a packet that belongs to the sequence where it belongs.
func (b *buffer) place(p packet, payload []byte, now int64) verdict {
	if p.ts < b.played {
		return b.missed(p)
	}
	at := len(b.waiting)
	for at > 0 && b.waiting[at-1].ts >= p.ts {
		if b.waiting[at-1].ts == p.ts {
			return duplicate
		}
		at--
	}
	b.streak = 0
	b.delay.packet(b.nanos(p.ts), now)
	if len(b.waiting) == maxPackets {
		if at == 0 {
			return refused
		}
		b.drop()
		at--
	}
	p.payload = append(b.storage(), payload...)
	b.waiting = append(b.waiting, packet{})
	copy(b.waiting[at+1:], b.waiting[at:])
	b.waiting[at] = p
	b.lastSeq, b.lastTS = max(b.lastSeq, p.seq), max(b.lastTS, p.ts)
	return taken
}

// missed counts a packet that came after its turn. Many in order, newer than
// all before, mean that the sender set its clock back: the next one starts anew.
func (b *buffer) missed(p packet) verdict {
	if p.seq <= b.lastSeq {
		return late
	}
	b.lastSeq = p.seq
	b.streak++
	if b.streak >= lateStreak {
		b.anew = true
	}
	return late
}

func (b *buffer) storage() []byte {
	if n := len(b.spare); n > 0 {
		s := b.spare[n-1]
		b.spare = b.spare[:n-1]
		return s[:0]
	}
	return make([]byte, 0, 256)
}

// first is the oldest packet, nil when none waits.
func (b *buffer) first() *packet {
	if len(b.waiting) == 0 {
		return nil
	}
	return &b.waiting[0]
}

// drop takes the oldest packet out.
func (b *buffer) drop() {
	b.spare = append(b.spare, b.waiting[0].payload)
	copy(b.waiting, b.waiting[1:])
	b.waiting = b.waiting[:len(b.waiting)-1]
}

// age is how long ago, beyond the fastest packets' transit, media of this
// timestamp could have been here.
func (b *buffer) age(ts, now int64) int64 { return now - b.nanos(ts) - b.delay.base() }
