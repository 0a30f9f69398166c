package room

import "github.com/roombridge/roombridge/bridge/packet"

// history keeps the last packets of an outgoing stream so that lost ones can
// be sent again. Their payloads are shared with other receivers' histories.
type history struct {
	entries []past // by sequence number; made when the first packet leaves
	oldest  uint8  // place of the entry that goes first
	count   int
	bytes   int // of payloads
}

// Bounds of a history. At 2 Mbit/s the bytes are two thirds of a second.
const (
	historySlots = 256 // all values of history.oldest
	historyBytes = 160 << 10
	historyAge   = 2e9 // ns
)

// past is a packet that left.
type past struct {
	payload   *packet.Buffer
	at        int64 // when it left, or was sent again last
	timestamp uint32
	seq       uint16
	pt        uint8
	again     uint8 // times sent again
	marker    bool
	sealed    bool // payload is the whole packet as it was sent
}

// put remembers a packet, whose payload it takes over.
func (h *history) put(e past) {
	if h.entries == nil {
		h.entries = make([]past, historySlots)
	}
	at := uint8(e.seq)
	switch {
	case h.count == 0:
		h.oldest = at
	case at == h.oldest: // the circle is full
		h.oldest++
	}
	h.drop(at)
	h.entries[at] = e
	h.count++
	h.bytes += len(e.payload.Bytes)
	for h.bytes > historyBytes {
		h.drop(h.oldest)
		h.oldest++
	}
}

// drop empties a place.
func (h *history) drop(at uint8) {
	e := &h.entries[at]
	if e.payload == nil {
		return
	}
	h.count--
	h.bytes -= len(e.payload.Bytes)
	e.payload.Release()
	*e = past{}
}

// replace keeps the whole packet instead of its payload.
func (h *history) replace(seq uint16, whole *packet.Buffer) {
	e := &h.entries[uint8(seq)]
	if e.payload == nil || e.seq != seq {
		whole.Release()
		return
	}
	h.bytes += len(whole.Bytes) - len(e.payload.Bytes)
	e.payload.Release()
	e.payload, e.sealed = whole, true
}

// Bounds on sending again: often enough to outlive a lost retransmission,
// not so often that requests multiply traffic.
const (
	maxAgain = 5
	againGap = 15e6 // nanoseconds
)

// again gives a packet to send again, or nil when it is no longer here or was
// sent again a moment ago. It is valid until the next put.
func (h *history) again(seq uint16, now int64) *past {
	if h.entries == nil {
		return nil
	}
	e := &h.entries[uint8(seq)]
	switch {
	case e.payload == nil || e.seq != seq:
	case e.again >= maxAgain || e.again > 0 && now-e.at < againGap:
	default:
		e.again++
		e.at = now
		return e
	}
	return nil
}

// expire forgets what is too old to be asked for.
func (h *history) expire(now int64) {
	for h.count > 0 {
		if e := &h.entries[h.oldest]; e.payload != nil && now-e.at < historyAge {
			return
		}
		h.drop(h.oldest)
		h.oldest++
	}
}

// clear forgets everything.
func (h *history) clear() {
	for i := range h.entries {
		h.drop(uint8(i))
	}
	h.entries = nil
}
