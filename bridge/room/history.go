package room

import "github.com/roombridge/roombridge/bridge/packet"

// history keeps the last packets of an outgoing stream so that lost ones can
// be sent again. Their payloads are shared with other receivers' histories. It
// has as many places as its packets need for as long as they are kept.
type history struct {
	entries []past // by sequence number; a power of two of them
	first   uint16 // the place that is emptied first
	count   int
	bytes   int // of payloads
}

// Bounds of a history. At 5 Mbit/s the bytes are half a second.
const (
	historyLeast = 32 // places
	historyMost  = 512
	historyBytes = 320 << 10
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

func (h *history) place(seq uint16) *past { return &h.entries[int(seq)&(len(h.entries)-1)] }

// put remembers a packet, whose payload it takes over, and forgets those that
// left more than age before it, in nanoseconds.
func (h *history) put(e past, age int64) {
	h.expire(e.at - age)
	switch {
	case h.entries == nil:
		h.entries = make([]past, historyLeast)
	case h.place(e.seq).payload != nil && len(h.entries) < historyMost:
		h.grow()
	}
	if h.count == 0 {
		h.first = e.seq
	}
	h.drop(e.seq)
	*h.place(e.seq) = e
	h.count++
	h.bytes += len(e.payload.Bytes)
	for h.bytes > historyBytes {
		h.next()
	}
}

// next forgets the place that is emptied first.
func (h *history) next() {
	seq := h.first
	h.drop(seq)
	h.first = seq + 1
}

func (h *history) grow() {
	old := h.entries
	h.entries = make([]past, 2*len(old))
	for _, e := range old {
		if e.payload != nil {
			*h.place(e.seq) = e
		}
	}
}

// drop empties the place of a sequence number.
func (h *history) drop(seq uint16) {
	e := h.place(seq)
	if e.payload == nil {
		return
	}
	if e.seq == h.first {
		h.first++
	}
	h.count--
	h.bytes -= len(e.payload.Bytes)
	e.payload.Release()
	*e = past{}
}

// replace keeps the whole packet instead of its payload.
func (h *history) replace(seq uint16, whole *packet.Buffer) {
	e := h.place(seq)
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
	e := h.place(seq)
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

// expire forgets what left before a time.
func (h *history) expire(before int64) {
	for n := 0; h.count > 0 && n < len(h.entries); n++ {
		e := h.place(h.first)
		if e.payload != nil && e.at >= before {
			return
		}
		h.next()
	}
}

// clear forgets everything.
func (h *history) clear() {
	for i := range h.entries {
		if h.entries[i].payload != nil {
			h.entries[i].payload.Release()
		}
	}
	*h = history{}
}
