package room

import (
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// mux tells the datagrams apart that arrive at the room's UDP port (RFC 7983):
// STUN and DTLS go to pion, SRTP and SRTCP to the session whose address they
// come from. Strangers are told by the user name of their STUN checks, and
// become a session's peer when pion has answered one.
type mux struct {
	doors []*door
	drops dropCounts
}

// door is one local address, with a socket or one for each loop.
type door struct {
	mux   *mux
	at    netip.AddrPort
	addr  *net.UDPAddr
	socks []wire.Socket
	peers atomic.Pointer[map[netip.AddrPort]*peer] // replaced when it changes

	mu     sync.RWMutex // guards names and the replacing of peers
	names  map[string]*iceEnd
	closed bool
}

// dropReason says why a datagram was dropped.
type dropReason uint8

const (
	dropSize      dropReason = iota // larger than packets are
	dropClass                       // of no protocol that is spoken here
	dropStranger                    // from an address that is nobody's
	dropName                        // STUN for nobody, or malformed
	dropCrowd                       // more STUN and DTLS than is read
	dropContested                   // an address that another session is heard from
	dropSource                      // media of a source that is on none of the page's lines
	dropForged                      // media that does not prove to be the browser's
	dropReasons
)

var dropNames = [dropReasons]string{"size", "class", "stranger", "name", "crowd", "contested", "source", "forged"}

// dropCounts counts dropped datagrams.
type dropCounts [dropReasons]atomic.Uint64

func (c *dropCounts) add(r dropReason) { c[r].Add(1) }

func (c *dropCounts) read() map[string]uint64 {
	m := make(map[string]uint64, dropReasons)
	for i := range c {
		m[dropNames[i]] = c[i].Load()
	}
	return m
}

// open makes a door of sockets on one address and begins to serve them.
func (m *mux) open(socks []wire.Socket) {
	at := socks[0].LocalAddr()
	d := &door{mux: m, at: at, addr: net.UDPAddrFromAddrPort(at), socks: socks, names: map[string]*iceEnd{}}
	d.peers.Store(&map[netip.AddrPort]*peer{})
	m.doors = append(m.doors, d)
	for _, s := range socks {
		s.Serve(&porter{door: d, sock: s})
	}
}

// at finds the door of a local address.
func (m *mux) at(a netip.AddrPort) *door {
	for _, d := range m.doors {
		if d.at == a {
			return d
		}
	}
	return nil
}

// close unbinds all doors.
func (m *mux) close() {
	for _, d := range m.doors {
		for _, s := range d.socks {
			_ = s.Close()
		}
		d.mu.Lock()
		d.closed = true
		names := maps.Clone(d.names)
		d.mu.Unlock()
		for _, e := range names {
			_ = e.Close()
		}
	}
}

// porter is the handler of one socket.
type porter struct {
	door *door
	sock wire.Socket
	run  [wire.BatchSize][]byte // media of one peer
	work workbench
}

// Receive implements wire.Handler.
func (e *porter) Receive(b *wire.Batch, now int64) {
	peers := *e.door.peers.Load()
	drops := &e.door.mux.drops
	var whose, p *peer
	var last netip.AddrPort
	n := 0
	for i := range b.Len() {
		data, from, whole := b.Datagram(i)
		if !whole {
			drops.add(dropSize)
			continue
		}
		if from != last {
			last, p = from, peers[from]
		}
		switch packet.Classify(data) {
		case packet.RTP, packet.RTCP:
			if p == nil {
				drops.add(dropStranger)
				continue
			}
			if p != whose {
				e.media(whose, n, now)
				whose, n = p, 0
			}
			e.run[n] = data
			n++
		case packet.STUN:
			e.door.stun(data, from, p)
		case packet.DTLS:
			e.door.hand(p, data)
		default:
			drops.add(dropClass)
		}
	}
	e.media(whose, n, now)
}

// Due implements wire.Handler; no deadline is ever asked for.
func (e *porter) Due(int64) {}

// media passes on what came from one peer.
func (e *porter) media(p *peer, n int, now int64) {
	if n == 0 {
		return
	}
	if p.sock.Load() != &e.sock {
		p.sock.Store(&e.sock)
	}
	p.berth.media(e.run[:n], p, now, &e.work)
	clear(e.run[:n])
}

// stun passes a STUN message to the session that it names, or, when it names
// none, to whose address it comes from.
func (d *door) stun(data []byte, from netip.AddrPort, p *peer) {
	name, ok := stunName(data)
	if !ok {
		d.mux.drops.add(dropName)
		return
	}
	if name == nil {
		d.hand(p, data)
		return
	}
	d.mu.RLock()
	end := d.names[string(name)]
	d.mu.RUnlock()
	switch {
	case end == nil:
		d.mux.drops.add(dropName)
	case p != nil && p.berth == end.berth:
		end.put(data, p.addr)
	default:
		end.put(data, net.UDPAddrFromAddrPort(from))
	}
}

// hand gives pion a datagram of a peer.
func (d *door) hand(p *peer, data []byte) {
	if p == nil {
		d.mux.drops.add(dropStranger)
		return
	}
	if end := d.end(p.berth); end != nil {
		end.put(data, p.addr)
	}
}

// end gives the present end of a session at this door.
func (d *door) end(b *berth) *iceEnd {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ends[d]
}
