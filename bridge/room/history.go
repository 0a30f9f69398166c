package room

import "github.com/roombridge/roombridge/bridge/packet"

// history keeps the last packets of an outgoing stream so that lost ones can
// be sent again. Payloads lie one after the other in an arena of fixed size;
// the oldest make room for the newest.
type history struct {
	arena   []byte
	next    uint64 // where the next payload goes, counted from the beginning of time
	entries [historySlots]sent
}

// Sizes of a history. At 2 Mbit/s the arena holds two thirds of a second.
const (
	historySlots = 256
	historyBytes = 160 << 10
)

type sent struct {
	packet.Header
	number uint16 // transport-wide
	used   bool
	again  uint8 // times sent again
	start  uint64
	size   int
	lastNs int64 // when it was sent again last
}

// put remembers a packet with its transport-wide number.
func (h *history) put(hd packet.Header, number uint16, payload []byte) {
	if len(payload) > packet.MaxSize {
		return
	}
	if h.arena == nil {
		h.arena = make([]byte, historyBytes)
	}
	at := h.next % historyBytes
	if at+uint64(len(payload)) > historyBytes {
		h.next += historyBytes - at
		at = 0
	}
	h.entries[hd.Seq%historySlots] = sent{Header: hd, number: number, used: true, start: h.next, size: copy(h.arena[at:], payload)}
	h.next += uint64(len(payload))
}

// Bounds on sending again: often enough to outlive a lost retransmission,
// not so often that requests multiply traffic.
const (
	maxAgain = 5
	againGap = 15e6 // nanoseconds
)

// again gives a packet to send again, or nil when it is no longer here or was
// sent again a moment ago. The payload is valid until the next put.
func (h *history) again(seq uint16, now int64) (*sent, []byte) {
	e := &h.entries[seq%historySlots]
	switch {
	case !e.used || e.Seq != seq || h.next-e.start > historyBytes:
	case e.again >= maxAgain || e.again > 0 && now-e.lastNs < againGap:
	default:
		e.again++
		e.lastNs = now
		at := e.start % historyBytes
		return e, h.arena[at : at+uint64(e.size)]
	}
	return nil, nil
}
