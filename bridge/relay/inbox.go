package relay

import (
	"net/netip"
	"sync"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// inbox holds the RTP packets of one batch on their way from the socket to
// the track. A port has one for the time of a batch only.
type inbox struct {
	ready [wire.BatchSize]packet.Packet // admitted, in order
	n     int

	sealed [wire.BatchSize][]byte // to be opened together, before what follows
	held   int
	from   netip.AddrPort // where they came from
}

var inboxes = sync.Pool{New: func() any { return new(inbox) }}

// next is the place of the next packet, which is there when n counts it.
func (in *inbox) next() *packet.Packet { return &in.ready[in.n] }

// hold keeps a packet to be opened with others from the same place.
func (in *inbox) hold(raw []byte, from netip.AddrPort) {
	in.sealed[in.held], in.from = raw, from
	in.held++
}

// free gives the inbox back.
func (in *inbox) free() {
	for i := range in.n {
		in.ready[i].Payload = nil
	}
	in.n = 0
	inboxes.Put(in)
}
