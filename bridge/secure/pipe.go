package secure

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeDepth is how many datagrams wait in a Pipe. A flight of a handshake is a
// handful; what does not fit is dropped, as the network might, and sent again
// by the far end.
const pipeDepth = 32

// Pipe makes a datagram connection out of a socket that carries other things
// as well: its owner delivers the datagrams that are DTLS, and sends those
// that the handshake writes.
type Pipe struct {
	send  func([]byte) error
	local net.Addr
	far   net.Addr

	in     chan []byte
	closed chan struct{}
	once   sync.Once

	mu       sync.Mutex
	deadline time.Time
	changed  chan struct{} // closed when the deadline changes
}

// NewPipe makes a Pipe. send is called on the goroutines of the handshake and
// must not block; it may not keep the datagram.
func NewPipe(local, far net.Addr, send func([]byte) error) *Pipe {
	return &Pipe{
		send:    send,
		local:   local,
		far:     far,
		in:      make(chan []byte, pipeDepth),
		closed:  make(chan struct{}),
		changed: make(chan struct{}),
	}
}

// Deliver hands in a datagram that came from the far end. It copies it, never
// blocks, and tells whether there was room.
func (p *Pipe) Deliver(b []byte) bool {
	if len(p.in) == cap(p.in) {
		return false
	}
	select {
	case p.in <- append([]byte(nil), b...):
		return true
	default:
		return false
	}
}

// Read is net.Conn's: one datagram at a time.
func (p *Pipe) Read(b []byte) (int, error) {
	for {
		timeout, stop, changed := p.timer()
		select {
		case d := <-p.in:
			stop()
			return copy(b, d), nil
		case <-p.closed:
			stop()
			return 0, io.EOF
		case <-timeout:
			return 0, os.ErrDeadlineExceeded
		case <-changed:
			stop()
		}
	}
}

func (p *Pipe) timer() (<-chan time.Time, func(), <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deadline.IsZero() {
		return nil, func() {}, p.changed
	}
	t := time.NewTimer(time.Until(p.deadline))
	return t.C, func() { t.Stop() }, p.changed
}

// Write sends one datagram.
func (p *Pipe) Write(b []byte) (int, error) {
	select {
	case <-p.closed:
		return 0, io.ErrClosedPipe
	default:
	}
	if err := p.send(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close ends all reads and writes.
func (p *Pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

// SetReadDeadline is net.Conn's.
func (p *Pipe) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline = t
	close(p.changed)
	p.changed = make(chan struct{})
	return nil
}

// SetWriteDeadline does nothing: writes do not block.
func (p *Pipe) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is SetReadDeadline, since writes do not block.
func (p *Pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// LocalAddr is net.Conn's.
func (p *Pipe) LocalAddr() net.Addr { return p.local }

// RemoteAddr is net.Conn's.
func (p *Pipe) RemoteAddr() net.Addr { return p.far }
