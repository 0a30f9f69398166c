package room

import (
	"io"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// berth is a session's place at the mux, and the ice.UDPMux that pion's agent
// of the session sees. It outlives ICE restarts: media goes on to come from
// the addresses of before while another path is looked for.
type berth struct {
	mux  *mux
	dtls func([]byte) bool // sees the DTLS that pion sends; true: it goes out
	gate gatekeeper        // takes the media

	mu    sync.Mutex // taken before a door's
	ends  map[*door]*iceEnd
	peers []*peer
	left  bool
}

// peer is a remote address of a session at one door.
type peer struct {
	berth *berth
	door  *door
	at    netip.AddrPort
	addr  *net.UDPAddr
	sock  atomic.Pointer[wire.Socket] // where it was last heard
	heard atomic.Int64                // when authentic media came last, 0 is never
	beat  atomic.Int64                // when pion was told last that it comes
}

const (
	// maxPeers bounds the addresses of one session; browsers check from each
	// of their own to each of ours.
	maxPeers = 32
	// An address from which a session was heard so lately is not given to another.
	peerHeld = 5e9 // ns
	// pion is told this often that media comes.
	beatEvery = 1e9 // ns
)

// gatekeeper takes SRTP and SRTCP datagrams that came together from one address,
// and tells whether any was authentic. They are valid during the call only.
type gatekeeper interface {
	receive(data [][]byte, now int64, w *workbench) (authentic bool)
}

func newBerth(m *mux, dtls func([]byte) bool, g gatekeeper) *berth {
	return &berth{mux: m, dtls: dtls, gate: g, ends: map[*door]*iceEnd{}}
}

// GetConn implements ice.UDPMux: pion's end for one generation of ICE.
func (b *berth) GetConn(name string, addr net.Addr) (net.PacketConn, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok {
		return nil, net.UnknownNetworkError(addr.Network())
	}
	d := b.mux.at(unmapped(a.AddrPort()))
	if d == nil {
		return nil, &net.AddrError{Err: "not bound", Addr: addr.String()}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if b.left || d.closed {
		return nil, io.ErrClosedPipe
	}
	if e := d.names[name]; e != nil {
		if e.berth != b {
			return nil, &net.AddrError{Err: "the name is taken", Addr: addr.String()}
		}
		return e, nil
	}
	e := newICEEnd(b, d, name)
	d.names[name], b.ends[d] = e, e
	return e, nil
}

// RemoveConnByUfrag implements ice.UDPMux.
func (b *berth) RemoveConnByUfrag(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.mux.doors {
		d.mu.Lock()
		if e := d.names[name]; e != nil && e.berth == b {
			delete(d.names, name)
			if b.ends[d] == e {
				delete(b.ends, d)
			}
		}
		d.mu.Unlock()
	}
}

// GetListenAddresses implements ice.UDPMux.
func (b *berth) GetListenAddresses() []net.Addr {
	var out []net.Addr
	for _, d := range b.mux.doors {
		out = append(out, d.addr)
	}
	return out
}

// Close implements ice.UDPMux; leave is what ends a berth.
func (b *berth) Close() error { return nil }

// leave gives the berth's addresses back.
func (b *berth) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = true
	for _, p := range b.peers {
		p.door.forget(p)
	}
	b.peers = nil
}

// meet makes an address one of the session's. pion has answered a check from
// it, which proves that the far end knows the password, or is about to send
// one there, which proves nothing: then the address must be nobody's.
func (b *berth) meet(d *door, at netip.AddrPort, proved bool) {
	if p := (*d.peers.Load())[at]; p != nil && (p.berth == b || !proved) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left {
		return
	}
	if len(b.peers) >= maxPeers {
		b.evict()
	}
	p := &peer{berth: b, door: d, at: at, addr: net.UDPAddrFromAddrPort(at)}
	p.sock.Store(&d.socks[0])
	if d.remember(p) {
		b.peers = append(b.peers, p)
	}
}

// evict forgets the address that was silent for longest.
func (b *berth) evict() {
	oldest := 0
	for i, p := range b.peers {
		if p.heard.Load() < b.peers[oldest].heard.Load() {
			oldest = i
		}
	}
	b.peers[oldest].door.forget(b.peers[oldest])
	b.peers = append(b.peers[:oldest], b.peers[oldest+1:]...)
}

// find gives the peer of an address; where several doors have it, the one
// that was heard last.
func (b *berth) find(at netip.AddrPort, local netip.Addr) *peer {
	b.mu.Lock()
	defer b.mu.Unlock()
	var best *peer
	for _, p := range b.peers {
		if p.at != at {
			continue
		}
		if p.door.at.Addr() == local {
			return p
		}
		if best == nil || p.heard.Load() >= best.heard.Load() {
			best = p
		}
	}
	return best
}

// media passes the session's packets on. They never reach pion, which would
// think the path dead where a browser checks it seldom.
func (b *berth) media(data [][]byte, p *peer, now int64, w *workbench) {
	if !b.gate.receive(data, now, w) {
		return
	}
	if before := p.heard.Swap(now); now-p.beat.Load() >= beatEvery || before == 0 {
		p.beat.Store(now)
		p.door.hand(p, appendIndication(nil))
	}
}

// remember enters a peer, unless another session is heard from its address.
func (d *door) remember(p *peer) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := *d.peers.Load()
	if o := old[p.at]; o != nil && o.berth != p.berth && o.lively() {
		d.mux.drops.add(dropContested)
		return false
	}
	peers := maps.Clone(old)
	peers[p.at] = p
	d.peers.Store(&peers)
	return true
}

func (d *door) forget(p *peer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := *d.peers.Load()
	if old[p.at] != p {
		return
	}
	peers := maps.Clone(old)
	delete(peers, p.at)
	d.peers.Store(&peers)
}

// lively tells whether authentic media came from the peer just now.
func (p *peer) lively() bool {
	heard := p.heard.Load()
	return heard != 0 && wire.Clock()-heard < peerHeld
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
