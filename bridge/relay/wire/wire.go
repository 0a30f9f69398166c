// Package wire is the socket layer under the packet path: datagrams come and
// go in batches, behind an interface small enough that segmentation offload or
// another event loop can be put there without touching the flows above.
package wire

import "net/netip"

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

// Marker is a Socket whose datagrams can carry a mark for routers.
type Marker interface {
	// Mark sets the DSCP of what is sent from now on, 0 to 63 (RFC 2474).
	Mark(dscp uint8) error
}

// ListenFunc binds a socket.
type ListenFunc func(at netip.AddrPort) (Socket, error)
