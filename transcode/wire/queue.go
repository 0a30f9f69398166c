package wire

import "sync"

// Bounds of a queue's lanes.
const (
	maxControl  = 2 << 20   // bytes; more is an end that does not read: the connection fails
	maxMedia    = 512 << 10 // bytes; the oldest frames go first
	maxPackets  = 4 << 20   // bytes; the oldest packets go first
	maxBulk     = 24 << 20  // bytes; new ones are refused
	mediaSlots  = 1024      // frames
	packetSlots = 8192      // packets
	packetShare = 256 << 10 // bytes of packets taken at once: a large keyframe
)

// Queue is what stands between those who send and the goroutine that writes.
// Sending never blocks. Control messages go before frames of sound, those
// before packets of pictures, of which a bounded share is taken at once, and
// those before bulk (still pictures), of which one message at a time is taken:
// sound waits behind neither. Frames and packets cost no allocation.
type Queue struct {
	mu      sync.Mutex
	ready   chan struct{} // holds one token while there is something to take
	control []byte
	media   ring
	packets ring
	bulk    [][]byte
	bulked  int
	closed  bool
	failed  bool
}

// NewQueue makes an empty queue.
func NewQueue() *Queue {
	return &Queue{
		ready:   make(chan struct{}, 1),
		media:   ring{most: maxMedia, slots: mediaSlots},
		packets: ring{most: maxPackets, slots: packetSlots},
	}
}

// Frame queues a frame of sound and drops the oldest ones when there is no room.
func (q *Queue) Frame(m Message) {
	m.Kind = Frame
	q.put(&q.media, m)
}

// Packet queues a packet of a picture and drops the oldest ones when there is
// no room. Sound is never dropped for it.
func (q *Queue) Packet(m Message) {
	m.Kind = Packet
	q.put(&q.packets, m)
}

// Packets queues the packets of one frame, so that they are written together.
func (q *Queue) Packets(list []Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range list {
		m.Kind = Packet
		q.packets.push(m, q.closed)
	}
	q.signal()
}

func (q *Queue) put(r *ring, m Message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.push(m, q.closed)
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
	return q.media.dropped
}

// DroppedPackets counts the packets of pictures that were not sent.
func (q *Queue) DroppedPackets() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.packets.dropped
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
	dst = q.media.take(dst, maxMedia)
	dst = q.packets.take(dst, packetShare)
	if q.packets.count > 0 {
		q.signal()
	} else if len(q.bulk) > 0 {
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
