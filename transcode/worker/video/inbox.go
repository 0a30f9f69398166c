package video

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/transcode"
)

// Bounds of what waits for one decoder. More than that is a decoder that does not
// keep up: all of it goes, and the next keyframe is waited for.
const (
	inboxPackets = 4096
	inboxBytes   = 2 << 20
)

// inbox takes packets from the reader to the goroutine that decodes. Neither
// waits for the other's work.
type inbox struct {
	mu      sync.Mutex
	packets []packet
	bytes   []byte
	wake    chan struct{} // holds one
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) put(f transcode.Frame, now time.Duration) {
	b.mu.Lock()
	if len(b.packets) == inboxPackets || len(b.bytes)+len(f.Payload) > inboxBytes {
		b.packets, b.bytes = b.packets[:0], b.bytes[:0]
	}
	from := len(b.bytes)
	b.bytes = append(b.bytes, f.Payload...)
	b.packets = append(b.packets, packet{seq: f.Seq, ts: f.Timestamp, marker: f.Marker, payload: b.bytes[from:len(b.bytes):len(b.bytes)], at: now})
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// swap gives all that came, and leaves the memory of what was given before.
func (b *inbox) swap(packets []packet, bytes []byte) ([]packet, []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	packets, b.packets = b.packets, packets[:0]
	bytes, b.bytes = b.bytes, bytes[:0]
	return packets, bytes
}
