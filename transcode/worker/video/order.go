package video

import "time"

// packet is an RTP payload that came at a time of the engine's clock.
type packet struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
	at      time.Duration
}

// Bounds of putting packets in order.
const (
	orderWait   = 20 * time.Millisecond // for a packet that was overtaken
	orderWindow = 64                    // packets
	restart     = 1000                  // numbers; what is farther away begins a new count
)

// order brings packets back into the order of their sequence numbers. A hole is waited for
// a moment, or until another frame is there behind the one it is in.
type order struct {
	begun bool
	next  uint16
	held  [orderWindow]packet // by sequence number; a payload of nil is none
	count int
	since time.Duration // when the first of those held came
	lost  uint64
	take  func(*packet)
	gap   func() // what is taken next does not follow what was taken last
}

// push takes a packet and gives those that are in order, the packet's payload
// only during the call of take. What is held is copied.
func (o *order) push(p *packet) {
	ahead := int16(p.seq - o.next)
	switch {
	case !o.begun:
		o.begun, o.next = true, p.seq
		ahead = 0
	case ahead < -restart || ahead > restart:
		o.flush()
		o.gap()
		o.next, ahead = p.seq, 0
	case ahead < 0:
		return // late or doubled
	}
	if ahead >= orderWindow {
		o.flush()
		if ahead = int16(p.seq - o.next); ahead > 0 {
			o.lost += uint64(ahead)
			o.gap()
			o.next, ahead = p.seq, 0
		}
	}
	if ahead > 0 {
		o.hold(p)
		return
	}
	o.next++
	o.take(p)
	o.follow()
}

func (o *order) hold(p *packet) {
	h := &o.held[p.seq%orderWindow]
	if h.payload != nil {
		return // doubled
	}
	if o.count == 0 {
		o.since = p.at
	}
	o.count++
	*h = *p
	h.payload = append(make([]byte, 0, len(p.payload)+1), p.payload...)
	if o.twoFrames() {
		o.skip()
	}
}

// twoFrames tells whether packets of more than one frame are held.
func (o *order) twoFrames() bool {
	var first *packet
	for i := range o.held {
		h := &o.held[i]
		switch {
		case h.payload == nil:
		case first == nil:
			first = h
		case h.ts != first.ts:
			return true
		}
	}
	return false
}

// follow gives what is held and in order now.
func (o *order) follow() {
	for o.count > 0 {
		h := &o.held[o.next%orderWindow]
		if h.payload == nil || h.seq != o.next {
			return
		}
		o.next++
		o.count--
		p := *h
		h.payload = nil
		o.take(&p)
	}
}

// skip gives up what is missing before the first packet held.
func (o *order) skip() {
	before := o.lost
	for o.count > 0 && o.held[o.next%orderWindow].payload == nil {
		o.next++
		o.lost++
	}
	if o.lost != before {
		o.gap()
	}
	o.follow()
}

// flush gives all that is held.
func (o *order) flush() {
	for o.count > 0 {
		o.skip()
	}
}

// expire gives up what has been waited for long enough, and tells how long
// the next wait is, 0 for none.
func (o *order) expire(now time.Duration) time.Duration {
	for o.count > 0 && now-o.since >= orderWait {
		o.skip()
		o.since = now
	}
	if o.count == 0 {
		return 0
	}
	return o.since + orderWait - now
}
