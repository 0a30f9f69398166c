package wire

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/packet"
)

// BatchSize is the most datagrams of a Batch.
const BatchSize = 32

// Batch is a group of received datagrams.
type Batch struct {
	n     int
	data  [BatchSize][]byte // one byte longer than packet.MaxSize where it was cut
	from  [BatchSize]netip.AddrPort
	lost  uint32
	slots *[BatchSize][packet.MaxSize + 1]byte // of a batch that is filled by Append
}

// Len is the number of datagrams.
func (b *Batch) Len() int { return b.n }

// Datagram gives one datagram, which may be changed in place. whole is false
// when it was larger than packet.MaxSize and cut.
func (b *Batch) Datagram(i int) (data []byte, from netip.AddrPort, whole bool) {
	d := b.data[i]
	if len(d) > packet.MaxSize {
		return d[:packet.MaxSize], b.from[i], false
	}
	return d, b.from[i], true
}

// Lost is how many datagrams the kernel dropped at the socket, whose buffer
// was full, since the batch before.
func (b *Batch) Lost() uint32 { return b.lost }

func (b *Batch) add(data []byte, from netip.AddrPort) {
	n := min(len(data), packet.MaxSize+1)
	b.data[b.n], b.from[b.n] = data[:n:n], from
	b.n++
}

var (
	batches = sync.Pool{New: func() any {
		return &Batch{slots: new([BatchSize][packet.MaxSize + 1]byte)}
	}}
	borrowed atomic.Int64
)

// Borrow takes an empty batch from a pool, for sockets that are not the
// kernel's.
func Borrow() *Batch {
	borrowed.Add(1)
	return batches.Get().(*Batch)
}

// Release gives a borrowed batch back; its datagrams must not be used any more.
func (b *Batch) Release() {
	b.n = 0
	borrowed.Add(-1)
	batches.Put(b)
}

// Outstanding counts the batches that were borrowed and not given back.
func Outstanding() int { return int(borrowed.Load()) }

// Append copies a datagram into a borrowed batch and tells whether there was room.
func (b *Batch) Append(data []byte, from netip.AddrPort) bool {
	if b.n == BatchSize {
		return false
	}
	slot := b.slots[b.n][:]
	b.add(slot[:copy(slot, data)], from)
	return true
}
