package room

import (
	"io"
	"net"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// iceEnd is the net.PacketConn behind pion's candidate of one door: what it
// reads are the STUN and DTLS datagrams of one browser.
type iceEnd struct {
	berth *berth
	door  *door
	name  string

	mu     sync.Mutex
	queue  []iceDatagram
	more   chan struct{}
	closed chan struct{}
	over   bool
}

type iceDatagram struct {
	data []byte
	from net.Addr
}

// iceQueue is how many datagrams wait for pion. A burst of checks, or a flight
// of a handshake, is less.
const iceQueue = 64

func newICEEnd(b *berth, d *door, name string) *iceEnd {
	return &iceEnd{berth: b, door: d, name: name, more: make(chan struct{}, 1), closed: make(chan struct{})}
}

// put queues a copy of a datagram; it never waits.
func (e *iceEnd) put(data []byte, from net.Addr) {
	e.mu.Lock()
	full := e.over || len(e.queue) >= iceQueue
	if !full {
		e.queue = append(e.queue, iceDatagram{append([]byte(nil), data...), from})
	}
	e.mu.Unlock()
	if full {
		e.door.mux.drops.add(dropCrowd)
		return
	}
	nudge(e.more)
}

// ReadFrom implements net.PacketConn.
func (e *iceEnd) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		e.mu.Lock()
		if len(e.queue) > 0 && !e.over {
			d := e.queue[0]
			if e.queue = e.queue[1:]; len(e.queue) == 0 {
				e.queue = nil
			}
			e.mu.Unlock()
			if len(d.data) > len(b) {
				return 0, d.from, io.ErrShortBuffer
			}
			return copy(b, d.data), d.from, nil
		}
		e.mu.Unlock()
		select {
		case <-e.more:
		case <-e.closed:
			return 0, nil, io.EOF
		}
	}
}

// WriteTo implements net.PacketConn. What pion answers to makes known whose
// the address is.
func (e *iceEnd) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-e.closed:
		return 0, io.ErrClosedPipe
	default:
	}
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.UnknownNetworkError(to.Network())
	}
	at := unmapped(a.AddrPort())
	switch packet.Classify(b) {
	case packet.STUN:
		if isSTUN(b) {
			e.berth.meet(e.door, at, stunType(b) == stunSuccess)
		}
	case packet.DTLS:
		if !e.berth.dtls(b) {
			return len(b), nil
		}
	}
	e.door.socks[0].Write(at, [][]byte{b})
	return len(b), nil
}

// Close implements net.PacketConn.
func (e *iceEnd) Close() error {
	e.mu.Lock()
	again := e.over
	e.over, e.queue = true, nil
	e.mu.Unlock()
	if !again {
		close(e.closed)
	}
	return nil
}

// LocalAddr implements net.PacketConn.
func (e *iceEnd) LocalAddr() net.Addr { return e.door.addr }

// SetDeadline implements net.PacketConn. pion sets one only before it closes.
func (e *iceEnd) SetDeadline(time.Time) error { return nil }

// SetReadDeadline is SetDeadline.
func (e *iceEnd) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline is SetDeadline.
func (e *iceEnd) SetWriteDeadline(time.Time) error { return nil }

var _ net.PacketConn = (*iceEnd)(nil)
