package room

import (
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/webrtc/v3"
)

// way is where a session's packets go: to the remote address of the candidate
// pair that ICE has selected, by the socket at which it is heard, or into its
// TCP connection.
type way struct{ to atomic.Pointer[destination] }

type destination struct {
	peer *peer
	conn net.PacketConn // TCP
	addr net.Addr
}

// write sends datagrams and tells how many went. It never waits.
func (w *way) write(data [][]byte) int {
	d := w.to.Load()
	switch {
	case d == nil:
		return 0
	case d.peer != nil:
		return (*d.peer.sock.Load()).Write(d.peer.at, data)
	}
	for i, b := range data {
		if _, err := d.conn.WriteTo(b, d.addr); err != nil {
			return i
		}
	}
	return len(data)
}

// selected is pion's word of a new candidate pair.
func (s *session) selected(pair *webrtc.ICECandidatePair) {
	if pair == nil || pair.Local == nil || pair.Remote == nil {
		return
	}
	local, err := netip.ParseAddr(pair.Local.Address)
	remote, err2 := netip.ParseAddr(pair.Remote.Address)
	if err != nil || err2 != nil {
		return
	}
	at := unmapped(netip.AddrPortFrom(remote, pair.Remote.Port))
	if pair.Local.Protocol == webrtc.ICEProtocolTCP {
		if conn, addr := s.stream.find(at); conn != nil {
			s.way.to.Store(&destination{conn: conn, addr: addr})
		}
		return
	}
	if p := s.berth.find(at, local.Unmap()); p != nil {
		s.way.to.Store(&destination{peer: p})
	}
}
