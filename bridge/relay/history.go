package relay

import "time"

// Bounds of what is kept for retransmission: a sixth of a second of a picture
// of 2 Mbit/s. A repetition that comes later is of little use.
const (
	historySize  = 128 // packets
	historyBytes = 44 << 10
)

// A packet is sent again once in this time, however often it is asked for.
const resendFloor = int64(20 * time.Millisecond)

// history keeps sent packets as they went out, newest over oldest.
type history struct {
	entries [historySize]entry // by sequence number
	bytes   [historyBytes]byte // of the packets, one after the other
	written uint64             // ever; bytes is a ring of the last
}

// entry says where a packet is.
type entry struct {
	at     uint64 // by the count of written, 0 is nowhere
	resent int64
	size   uint16
	seq    uint16
}

// put keeps a copy of a packet.
func (h *history) put(seq uint16, data []byte) {
	if len(data) > historyBytes {
		return
	}
	at := h.written % historyBytes
	if historyBytes-at < uint64(len(data)) { // it does not fit before the end
		h.written += historyBytes - at
		at = 0
	}
	copy(h.bytes[at:], data)
	h.written += uint64(len(data))
	h.entries[seq%historySize] = entry{at: h.written, size: uint16(len(data)), seq: seq}
}

// get gives a packet that may be sent again now, or nil.
func (h *history) get(seq uint16, now int64) []byte {
	e := &h.entries[seq%historySize]
	if e.at == 0 || e.seq != seq || e.resent != 0 && now-e.resent < resendFloor {
		return nil
	}
	begin := e.at - uint64(e.size)
	if h.written-begin > historyBytes {
		return nil // written over
	}
	e.resent = now
	begin %= historyBytes
	return h.bytes[begin:][:e.size]
}

func (h *history) clear() { h.entries, h.written = [historySize]entry{}, 0 }
