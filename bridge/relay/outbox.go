package relay

import (
	"sync"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// outbox holds the packets of a batch until they are sealed and sent. A
// sender has one from its first packet to its flush only.
type outbox struct {
	n    int
	data [wire.BatchSize][]byte // in room
	seqs [wire.BatchSize]uint16
	room [wire.BatchSize][packet.MaxSize]byte
}

var outboxes = sync.Pool{New: func() any { return new(outbox) }}

// add copies a packet in. There is room for it and for sealing it.
func (o *outbox) add(h packet.Header, payload []byte) {
	slot := o.room[o.n][:]
	packet.Write(slot, h)
	n := packet.HeaderSize + copy(slot[packet.HeaderSize:], payload)
	o.data[o.n], o.seqs[o.n] = slot[:n], h.Seq
	o.n++
}

// squeeze takes out what could not be sealed.
func (o *outbox) squeeze() {
	n := 0
	for i, d := range o.data[:o.n] {
		if d != nil {
			o.data[n], o.seqs[n] = d, o.seqs[i]
			n++
		}
	}
	o.n = n
}
