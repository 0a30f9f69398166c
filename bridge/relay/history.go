package relay

import (
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// historySize bounds what is kept for retransmission: about half a second of
// a 2 Mbit/s picture, 200 kB for a stream whose far end sends NACKs.
const historySize = 128

// A packet is sent again once in this time, however often it is asked for.
const resendFloor = int64(20 * time.Millisecond)

// history keeps sent packets as they went out, newest over oldest.
type history struct {
	entries [historySize]entry
}

type entry struct {
	buf    *packet.Buffer
	data   []byte
	seq    uint16
	resent int64
}

// put takes over a packet's buffer.
func (h *history) put(seq uint16, buf *packet.Buffer, data []byte) {
	e := &h.entries[seq%historySize]
	if e.buf != nil {
		e.buf.Release()
	}
	*e = entry{buf: buf, data: data, seq: seq}
}

// get gives a packet that may be sent again now, or nil.
func (h *history) get(seq uint16, now int64) []byte {
	e := &h.entries[seq%historySize]
	if e.buf == nil || e.seq != seq || e.resent != 0 && now-e.resent < resendFloor {
		return nil
	}
	e.resent = now
	return e.data
}

func (h *history) clear() {
	for i := range h.entries {
		if h.entries[i].buf != nil {
			h.entries[i].buf.Release()
		}
		h.entries[i] = entry{}
	}
}
