package wire

import "sync"

// Bounds of a queue's three lanes.
const (
	maxControl = 2 << 20   // bytes; more is an end that does not read: the connection fails
	maxMedia   = 512 << 10 // bytes; the oldest frames go first
	maxBulk    = 24 << 20  // bytes; new ones are refused
	mediaSlots = 1024      // frames
)

// Queue is what stands between those who send and the goroutine that writes.
// Sending never blocks. Control messages go before frames, and frames before
// bulk (pictures), of which one message at a time is taken so that sound does
// not wait behind it. A frame costs no allocation.
type Queue struct {
	mu      sync.Mutex
	ready   chan struct{} // holds one token while there is something to take
	control []byte
	media   ring
	bulk    [][]byte
	bulked  int
	dropped uint64
	closed  bool
	failed  bool
}

// NewQueue makes an empty queue.
func NewQueue() *Queue { return &Queue{ready: make(chan struct{}, 1)} }

// ring is encoded messages one behind the other. Their lengths are kept to
// drop the oldest.
type ring struct {
	buf   []byte
	start int // buf[start:] waits
	sizes [mediaSlots]int32
	head  int
	count int
}

func (r *ring) dropOldest() {
	r.start += int(r.sizes[r.head])
	r.head = (r.head + 1) % mediaSlots
	r.count--
}

func (r *ring) reset(buf []byte) {
	r.buf, r.start, r.head, r.count = buf[:0], 0, 0, 0
}

// Frame queues a media frame and drops the oldest ones when there is no room.
func (q *Queue) Frame(m Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := HeaderSize + len(m.Payload)
	if q.closed || len(m.Payload) > limits[Frame] {
		q.dropped++
		return
	}
	r := &q.media
	for r.count > 0 && (r.count == mediaSlots || len(r.buf)-r.start+size > maxMedia) {
		r.dropOldest()
		q.dropped++
	}
	if r.start > maxMedia { // the dropped part is as large as the live one can be
		r.buf = r.buf[:copy(r.buf, r.buf[r.start:])]
		r.start = 0
	}
	m.Kind = Frame
	r.buf, _ = Append(r.buf, m)
	r.sizes[(r.head+r.count)%mediaSlots] = int32(size)
	r.count++
	q.signal()
}

// Control queues a message that may not be lost. When the other end has not
// read for so long that it cannot be kept, the queue fails and closes.
func (q *Queue) Control(m Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	if len(q.control) > maxControl {
		q.closed, q.failed = true, true
		q.signal()
		return false
	}
	b, err := Append(q.control, m)
	if err != nil {
		return false
	}
	q.control = b
	q.signal()
	return true
}

// Bulk queues a large message, or refuses it when too much waits.
func (q *Queue) Bulk(m Message) bool {
	b, err := Append(make([]byte, 0, HeaderSize+len(m.Payload)), m)
	if err != nil {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.bulked+len(b) > maxBulk {
		return false
	}
	q.bulk = append(q.bulk, b)
	q.bulked += len(b)
	q.signal()
	return true
}

func (q *Queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// Close ends the queue: what waits is still taken, nothing more comes in.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.signal()
	q.mu.Unlock()
}

// Dropped counts the frames that were not sent.
func (q *Queue) Dropped() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// Failed tells that the queue closed because the other end does not read.
func (q *Queue) Failed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.failed
}

// Take waits for messages and gives them as bytes for one write, in dst's
// memory where it fits. It gives nothing when the queue is closed and empty,
// or done is closed.
func (q *Queue) Take(dst []byte, done <-chan struct{}) []byte {
	for {
		out, open := q.take(dst[:0])
		if len(out) > 0 || !open {
			return out
		}
		select {
		case <-q.ready:
		case <-done:
			return nil
		}
	}
}

func (q *Queue) take(dst []byte) ([]byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed {
		return nil, false
	}
	dst = append(dst, q.control...)
	q.control = q.control[:0]
	dst = append(dst, q.media.buf[q.media.start:]...)
	q.media.reset(q.media.buf)
	if len(q.bulk) > 0 {
		dst = append(dst, q.bulk[0]...)
		q.bulked -= len(q.bulk[0])
		q.bulk[0] = nil
		q.bulk = q.bulk[1:]
		if len(q.bulk) > 0 {
			q.signal()
		}
	}
	return dst, !q.closed
}
