package control

import (
	"net/netip"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/capability"
	"github.com/roombridge/roombridge/h323/h245"
)

// stream is one of our port pairs and the channels that use it.
type stream struct {
	LocalStream
	out *outgoing
	in  []*incoming // newest first

	refused []media.Format   // codecs that the far end did not want from us
	given   bool             // nothing more is tried until the far end's set changes
	closed  bool             // the far end asked for our channel to be closed
	wanted  *capability.Mode // what a requestMode asked for; nil is anything
	limit   int              // flowControlCommand, bit/s; 0 is none
	stopped bool             // flowControlCommand said 0
	told    limitTold
}

// forget begins anew with the choice of a codec.
func (st *stream) forget() { st.refused, st.given, st.closed, st.wanted = nil, false, false, nil }

// outgoing is a channel that we opened.
type outgoing struct {
	number  uint16
	session uint8
	entry   *capability.Entry // nil: fast connect opened it
	format  media.Format
	open    bool
	fast    bool
	remote  netip.AddrPort // where RTP goes
	control netip.AddrPort // where RTCP goes
}

// incoming is a channel that the far end opened.
type incoming struct {
	number  uint16
	session uint8
	media   capability.Media
	control netip.AddrPort // where RTCP goes
	idle    bool           // logicalChannelInactive
}

// Bounds of channels.
const (
	maxIncoming = 4  // of one stream
	maxClosing  = 32 // ours that the far end has not acknowledged
	maxRefused  = 4  // codecs tried for one stream
)

// sessionOf is the RTP session of a kind (H.225.0 7.5).
func sessionOf(k media.Kind) uint8 {
	if k == media.Audio {
		return 1
	}
	return 2
}

// find gives the main stream of a kind, nil if there is none or it has no port.
func (s *Session) find(k media.Kind) *stream {
	for _, st := range s.streams {
		if st.Kind == k && st.Role == media.Main && st.RTP != 0 {
			return st
		}
	}
	return nil
}

// ours finds the stream of a channel of ours, nil if it has none.
func (s *Session) ours(number uint16) *stream {
	for _, st := range s.streams {
		if st.out != nil && st.out.number == number {
			return st
		}
	}
	return nil
}

// theirs finds a channel of the far end.
func (s *Session) theirs(number uint16) (*stream, *incoming) {
	for _, st := range s.streams {
		for _, i := range st.in {
			if i.number == number {
				return st, i
			}
		}
	}
	return nil, nil
}

// number takes the next logical channel number of ours. They count up, so that late
// answers to old ones do no harm.
func (s *Session) number() uint16 {
	for {
		if s.numbers++; s.numbers == 0 {
			s.numbers = 101
		}
		if !s.closing[s.numbers] && s.ours(s.numbers) == nil {
			return s.numbers
		}
	}
}

// transport is the address of a port of ours as the far end is told it.
func (s *Session) transport(port uint16) *h245.TransportAddress {
	return h245.NewTransportAddress(netip.AddrPortFrom(s.cfg.AddressFor(s.cfg.Remote), port))
}

// target reads an address of the far end that media can be sent to.
func (s *Session) target(t *h245.TransportAddress) netip.AddrPort {
	a, ok := t.AddrPort()
	if !ok || a.Port() == 0 || a.Addr().IsUnspecified() || s.forbidden(t) {
		return netip.AddrPort{}
	}
	return a
}

// forbidden tells of an address that no media goes to, whoever names it: many hosts at
// once, and this machine or what is on its link for a far end that is not there itself.
// Any other may be a far end's proxy.
func (s *Session) forbidden(t *h245.TransportAddress) bool {
	if multicast(t) {
		return true
	}
	addr, ok := t.AddrPort()
	a, remote := addr.Addr(), s.cfg.Remote.Unmap()
	return ok && (a == broadcast ||
		a.IsLoopback() && !remote.IsLoopback() ||
		a.IsLinkLocalUnicast() && !remote.IsLinkLocalUnicast())
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// multicast tells of an address of many, whether it is called so or not.
func multicast(t *h245.TransportAddress) bool {
	a, _ := t.AddrPort()
	return t != nil && t.MulticastAddress != nil || a.Addr().IsMulticast()
}

func closeOf(number uint16, lcse bool) *h245.CloseLogicalChannel {
	return &h245.CloseLogicalChannel{
		ForwardLogicalChannelNumber: number,
		Source:                      h245.CloseLogicalChannelSource{User: !lcse, Lcse: lcse},
		Reason:                      &h245.CloseLogicalChannelReason{Unknown: true},
	}
}
