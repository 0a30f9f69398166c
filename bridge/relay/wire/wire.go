// Package wire is the socket layer under the packet path: datagrams come and
// go in batches, behind an interface small enough that segmentation offload or
// another event loop can be put there without touching the flows above.
package wire

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/packet"
)

// BatchSize is the most datagrams that one read returns.
const BatchSize = 32

// slot holds a datagram and one byte more, so that one that is too large is
// noticed even where the kernel does not say that it was cut.
const slot = packet.MaxSize + 1

// Handler takes what arrives at one socket. Its methods are called on the loop
// that the socket lives on, never two at a time, and must not block.
type Handler interface {
	// Receive takes one batch, which is valid during the call only. now is the
	// clock of the loops, read once for the batch.
	Receive(b *Batch, now int64)
	// Due says that the time given to SetDeadline has come; it is over then.
	Due(now int64)
}

// Socket is a bound datagram socket.
type Socket interface {
	// Serve gives the socket its handler, once. Until then datagrams wait.
	Serve(h Handler)
	// SetDeadline asks for one call of Due at a time of the loops' clock, in
	// nanoseconds; 0 is none. It is for the handler's methods, and for the
	// owner before Serve.
	SetDeadline(at int64)
	// Write sends datagrams to one address and tells how many the kernel took.
	// It never waits: what does not fit into the socket's buffer is dropped.
	// It is safe for several goroutines.
	Write(to netip.AddrPort, data [][]byte) int
	LocalAddr() netip.AddrPort
	// Close unbinds the socket. After it returned the handler is not running
	// and is not called any more. A handler may call it, and gets no call
	// after the present one. The error is net.ErrClosed the second time.
	Close() error
}

// ListenFunc binds a socket.
type ListenFunc func(at netip.AddrPort) (Socket, error)

// Batch is a pooled group of received datagrams.
type Batch struct {
	n    int
	size [BatchSize]int
	from [BatchSize]netip.AddrPort
	sys  sysBatch
	data [BatchSize][slot]byte
}

var (
	batches  = sync.Pool{New: func() any { return newBatch() }}
	borrowed atomic.Int64
)

func newBatch() *Batch {
	b := new(Batch)
	b.sys.init(&b.data)
	return b
}

// Borrow takes an empty batch from the pool.
func Borrow() *Batch {
	borrowed.Add(1)
	return batches.Get().(*Batch)
}

// Release gives the batch back; its datagrams must not be used any more.
func (b *Batch) Release() {
	b.n = 0
	borrowed.Add(-1)
	batches.Put(b)
}

// Outstanding counts the batches that are not in the pool.
func Outstanding() int { return int(borrowed.Load()) }

// Len is the number of datagrams.
func (b *Batch) Len() int { return b.n }

// Datagram gives one datagram. whole is false when it was larger than
// packet.MaxSize and cut.
func (b *Batch) Datagram(i int) (data []byte, from netip.AddrPort, whole bool) {
	n := b.size[i]
	return b.data[i][:min(n, packet.MaxSize)], b.from[i], n <= packet.MaxSize
}

// Append copies a datagram in and tells whether there was room.
func (b *Batch) Append(data []byte, from netip.AddrPort) bool {
	if b.n == BatchSize {
		return false
	}
	copy(b.data[b.n][:], data)
	b.size[b.n], b.from[b.n] = len(data), from
	b.n++
	return true
}
