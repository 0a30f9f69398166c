package room

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// pacer spreads the packets of large pictures over time, so that a keyframe does
// not fill the queue of a narrow line, in which sound waits too. What is within
// the budget passes at once.
type pacer struct {
	publish func([]packet.Packet) // one call at a time
	now     func() int64

	mu      sync.Mutex
	rate    float64 // bytes a second
	budget  float64 // bytes that may go at once
	at      int64   // when the budget was counted
	waiting []packet.Packet
	payload []byte // theirs
	held    int    // bytes of waiting
	timer   *time.Timer
	armed   bool
	closed  bool
}

const (
	// paceAbove is how much faster than its bit rate a picture goes out at most.
	paceAbove = 1.8
	// paceBurst is what passes at once, seconds of that.
	paceBurst = 0.02
	paceLeast = 4 << 10 // bytes; never less than a few packets
	paceStep  = 5 * time.Millisecond
	// paceMost bounds what waits, seconds of the pace: more is of no use to anybody.
	paceMost = 1.0
)

func newPacer(bitrate int, now func() int64, publish func([]packet.Packet)) *pacer {
	p := &pacer{publish: publish, now: now, at: now()}
	p.limit(bitrate)
	p.budget = p.most()
	return p
}

// limit takes the picture's bit rate, bit/s.
func (p *pacer) limit(bitrate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate = paceAbove * float64(bitrate) / 8
}

func (p *pacer) most() float64 { return max(paceLeast, p.rate*paceBurst) }

// send takes the packets of a picture and tells whether they go out. False is
// that too much waits already: the picture is dropped, and a keyframe is needed.
func (p *pacer) send(batch []packet.Packet) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return true
	}
	p.refill()
	if len(p.waiting) == 0 {
		batch = batch[p.pass(batch):]
	}
	size := 0
	for i := range batch {
		size += len(batch[i].Payload)
	}
	if size == 0 {
		return true
	}
	if p.held > 0 && float64(p.held+size) > p.rate*paceMost {
		return false
	}
	for _, q := range batch {
		from := len(p.payload)
		p.payload = append(p.payload, q.Payload...)
		q.Payload = p.payload[from:]
		p.waiting = append(p.waiting, q)
	}
	p.held += size
	p.arm()
	return true
}

func (p *pacer) refill() {
	now := p.now()
	p.budget = min(p.most(), p.budget+p.rate*float64(now-p.at)/1e9)
	p.at = now
}

// pass publishes as many of the packets as there is budget for.
func (p *pacer) pass(batch []packet.Packet) int {
	n := 0
	for n < len(batch) && p.budget > 0 {
		p.budget -= float64(len(batch[n].Payload))
		n++
	}
	if n > 0 {
		p.publish(batch[:n])
	}
	return n
}

func (p *pacer) arm() {
	if p.armed {
		return
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(paceStep, p.step)
	} else {
		p.timer.Reset(paceStep)
	}
}

// step sends what is due of what waits.
func (p *pacer) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	if p.closed || len(p.waiting) == 0 {
		return
	}
	p.refill()
	n := p.pass(p.waiting)
	for i := range n {
		p.held -= len(p.waiting[i].Payload)
	}
	p.waiting = p.waiting[:copy(p.waiting, p.waiting[n:])]
	if len(p.waiting) == 0 {
		p.payload = p.payload[:0]
		return
	}
	p.arm()
}

// close drops what waits and publishes nothing more.
func (p *pacer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.waiting, p.payload = true, nil, nil
	if p.timer != nil {
		p.timer.Stop()
	}
}
