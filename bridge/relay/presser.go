package relay

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// Times of pressing digits (RFC 4733 2.5.1): an update every 50 ms, the end
// three times, and a pause before the next.
const (
	digitUpdate  = 50 * time.Millisecond
	digitPause   = 80 * time.Millisecond
	digitEnds    = 3
	digitDefault = 160 * time.Millisecond
	digitLongest = 5 * time.Second
	digitQueue   = 64 // presses that may wait; more are dropped
)

type press struct {
	event    uint8
	duration time.Duration
}

// presser sends digits one after the other, on a goroutine that lives while
// there are some.
type presser struct {
	out     *sender
	done    <-chan struct{} // closed with the stream
	tasks   *sync.WaitGroup
	mu      sync.Mutex
	queue   []press
	running bool
}

// press queues a digit; an unknown one is ignored.
func (p *presser) press(d rune, ms int) {
	event, ok := digitEvent(d)
	if !ok {
		return
	}
	duration := time.Duration(ms) * time.Millisecond
	if duration <= 0 {
		duration = digitDefault
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
		return
	default:
	}
	if len(p.queue) >= digitQueue {
		return
	}
	p.queue = append(p.queue, press{event, min(duration, digitLongest)})
	if !p.running {
		p.running = true
		p.tasks.Go(p.run)
	}
}

func (p *presser) run() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 {
			p.running = false
			p.mu.Unlock()
			return
		}
		next := p.queue[0]
		p.queue = p.queue[1:]
		p.mu.Unlock()
		if !p.play(next) {
			return
		}
	}
}

// play sends one press and tells whether the stream still lives.
func (p *presser) play(d press) bool {
	e := p.out.beginEvent()
	var payload [4]byte
	for went := time.Duration(0); went < d.duration; {
		step := min(digitUpdate, d.duration-went)
		if !p.wait(step) {
			return false
		}
		went += step
		digitPayload(&payload, d.event, false, e.units(went))
		p.out.sendEvent(&e, payload[:])
	}
	for range digitEnds {
		digitPayload(&payload, d.event, true, e.units(d.duration))
		p.out.sendEvent(&e, payload[:])
	}
	return p.wait(digitPause)
}

func (p *presser) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-p.done:
		return false
	case <-t.C:
		return true
	}
}

// event is a telephone-event that is being sent.
type event struct {
	timestamp uint32
	clock     int
	marked    bool
}

// units gives a duration in timestamp units.
func (e *event) units(d time.Duration) uint32 {
	return uint32(d.Milliseconds()) * uint32(e.clock) / 1000
}

// beginEvent fixes the timestamp of an event, which shares the sound's.
func (s *sender) beginEvent() event {
	s.Lock()
	defer s.Unlock()
	e := event{timestamp: s.position(), clock: s.clock}
	if s.terms != nil && s.terms.DTMFClock > 0 {
		e.clock = s.terms.DTMFClock
	}
	if e.clock == 0 {
		e.clock = 8000
	}
	return e
}

// sendEvent sends one packet of an event between those of the sound: the
// numbers of the sound's writer move up by one.
func (s *sender) sendEvent(e *event, payload []byte) {
	s.Lock()
	defer s.Unlock()
	if !s.ready() || s.terms.SendDTMF == 0 {
		return
	}
	h := packet.Header{PT: s.terms.SendDTMF, Marker: !e.marked, Seq: s.seq + 1, Timestamp: e.timestamp}
	e.marked = true
	last, at := s.timestamp, s.at
	s.seqShift++
	s.put(h, payload)
	s.flush()
	// The sound's clock goes on from its own last packet.
	s.timestamp, s.at = last, at
}
