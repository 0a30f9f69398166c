// Package wire is the socket layer under the packet path: datagrams come and
// go in batches, behind an interface small enough for another layer to be put
// there without touching the flows above.
//
// Sockets live on event loops (Loops). That, a goroutine for each socket, and
// what the kernel offers were compared by BenchmarkRelay: bursts of 7 datagrams
// of 1200 bytes, 30 a second to each socket, all sent on, on one core. Processor
// time of a datagram where a goroutine for each socket is 1, and the delay that
// 99 of 100 stay below, in milliseconds:
//
//	sockets   goroutines   loops        + UDP_SEGMENT   + UDP_GRO, sent joined
//	10        1    0.23    0.95  0.18   0.85  0.19      0.80  0.16
//	200       1    2.5     0.90  0.22   0.68  0.21      0.59  0.20
//	500       1    0.10    0.95  0.10   0.79  0.12      0.57  0.19
//	1000      1    0.96    1.00  0.09   0.96  0.16      0.79  0.08
//
// In BenchmarkKernel, a burst out and in again without any waiting, UDP_SEGMENT
// takes 0.44 of the time, with UDP_GRO 0.20. UDP_GRO costs nothing where nothing
// is joined; time stamps of the kernel (SO_TIMESTAMPNS) cost 1 %.
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
