package relay

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// terms is what a negotiation settled, with what the packet path looks up for
// every packet laid out for it. It is never changed.
type terms struct {
	media.Stream
	places [128]uint8     // of formats in Recv by payload type, counted from 1; 0 is not negotiated
	rtp    netip.AddrPort // where RTP goes until packets teach better
	rtcp   netip.AddrPort
}

func newTerms(st media.Stream) *terms {
	st.Recv = slices.Clone(st.Recv)
	t := &terms{Stream: st, rtp: unmap(st.Remote), rtcp: unmap(st.RemoteRTCP)}
	for i := range st.Recv {
		if pt := t.Recv[i].PT; pt < 128 && t.places[pt] == 0 && i < 255 {
			t.places[pt] = uint8(i + 1)
		}
	}
	if !t.rtcp.IsValid() && t.rtp.IsValid() {
		t.rtcp = t.rtp
		if !st.Mux && t.rtp.Port() < 65535 {
			t.rtcp = netip.AddrPortFrom(t.rtp.Addr(), t.rtp.Port()+1)
		}
	}
	return t
}

// format is what a payload type means, nil if it was not negotiated.
func (t *terms) format(pt uint8) *media.Format {
	if i := t.places[pt&0x7f]; i > 0 {
		return &t.Recv[i-1]
	}
	return nil
}

// expects tells whether a payload type was negotiated.
func (t *terms) expects(pt uint8) bool {
	return t.places[pt] != 0 || t.RecvDTMF != 0 && pt == t.RecvDTMF
}

// unmap gives the address as received packets show it; the unspecified one is
// no address.
func unmap(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() || a.Addr().IsUnspecified() || a.Port() == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// secured tells whether nothing may travel in clear.
func (t *terms) secured() bool { return t.Security.Keying != media.Plain }

func equalStreams(a, b media.Stream) bool {
	if !slices.Equal(a.Recv, b.Recv) || !equalSecurity(a.Security, b.Security) {
		return false
	}
	a.Recv, b.Recv = nil, nil
	a.Security, b.Security = media.Security{}, media.Security{}
	return a.Kind == b.Kind && a.Role == b.Role && a.Direction == b.Direction && a.Held == b.Held && a.Refused == b.Refused &&
		a.Remote == b.Remote && a.RemoteRTCP == b.RemoteRTCP && a.Mux == b.Mux && a.Send == b.Send &&
		a.SendDTMF == b.SendDTMF && a.RecvDTMF == b.RecvDTMF && a.DTMFClock == b.DTMFClock &&
		a.SendBitrate == b.SendBitrate && a.RecvBitrate == b.RecvBitrate && a.Feedback == b.Feedback
}

func equalSecurity(a, b media.Security) bool {
	return a.Keying == b.Keying && a.Suite == b.Suite &&
		bytes.Equal(a.LocalKey, b.LocalKey) && bytes.Equal(a.RemoteKey, b.RemoteKey) &&
		a.DTLSClient == b.DTLSClient && a.FingerprintHash == b.FingerprintHash && a.Fingerprint == b.Fingerprint
}
