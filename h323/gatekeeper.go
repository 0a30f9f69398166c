package h323

import (
	"bytes"
	"context"
	"net"
	"net/netip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/h225"
)

// CallID names a call in its messages and towards gatekeepers (H.225.0 7.6).
type CallID = h225.GloballyUniqueID

// Gatekeeper admits calls (H.225.0 7.11 and 7.13). Its methods may be called from many
// goroutines.
type Gatekeeper interface {
	// Admit asks whether a call may be placed or answered. The error is a
	// *bridge.Refusal.
	Admit(ctx context.Context, a Admission) (Admitted, error)
	// Released tells that an admitted call is over. It must not block.
	Released(a Admission, c bridge.Cause)
}

// Admission is what a gatekeeper is told of a call.
type Admission struct {
	CallID     CallID
	Conference h225.ConferenceIdentifier
	Reference  uint16 // call reference value
	Answer     bool   // the call comes in
	From, To   []h225.AliasAddress
	Signal     netip.AddrPort // of the far end's call signalling; invalid when only its alias is known
	Bitrate    int            // both directions together, bit/s
	Reach      []string       // whose registered terminals the call may mean by an alias, those that go first first; nil: those of who is no tenant's
}

// Admitted is what a gatekeeper decided of a call that is placed. For one that comes
// in nothing of it counts.
type Admitted struct {
	Signal netip.AddrPort      // where Setup goes; invalid: where it would go anyway
	To     []h225.AliasAddress // whom it shall name; nil: as it would anyway
}

// SignalAddr is where a far end reaches our call signalling; invalid when we take no
// calls.
func (e *Endpoint) SignalAddr(remote netip.Addr) netip.AddrPort {
	for _, l := range e.listeners {
		a := addrPort(l.Addr())
		if a.Addr().IsUnspecified() {
			a = netip.AddrPortFrom(routeAddr(remote), a.Port())
		}
		if a.Addr().IsValid() && (a.Addr().Is4() == remote.Unmap().Is4() || e.cfg.announced().IsValid()) {
			return e.announced(a)
		}
	}
	return netip.AddrPort{}
}

// routeAddr is the local address from which the system reaches remote.
func routeAddr(remote netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = c.Close() }()
	a, _ := netip.AddrFromSlice(c.LocalAddr().(*net.UDPAddr).IP)
	return a.Unmap()
}

// Disengage ends the call that a gatekeeper wants to end. It tells whether there is
// one.
func (e *Endpoint) Disengage(call CallID, reason string) bool {
	l := e.find(call)
	if l != nil {
		l.Hangup(bridge.CauseRemoved, or(reason, "the gatekeeper ended the call"))
	}
	return l != nil
}

// Limit asks the far end of a call for less, as a gatekeeper wants it: bit/s of both
// directions together.
func (e *Endpoint) Limit(call CallID, bitrate int) {
	if l := e.find(call); l != nil {
		l.LimitBitrate(bitrate / 2)
	}
}

func (e *Endpoint) find(call CallID) *leg {
	e.mu.Lock()
	defer e.mu.Unlock()
	for l := range e.legs {
		if bytes.Equal(l.id.call, call) {
			return l
		}
	}
	return nil
}
