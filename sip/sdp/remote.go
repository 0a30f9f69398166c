package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// remote is one media line of the far end in neutral words.
type remote struct {
	index     int
	m         *Media
	profile   profile
	kind      media.Kind // 0: not sound or picture over RTP
	live      bool       // offered with a port
	direction media.Direction
	onHold    bool // c=0.0.0.0, the hold of RFC 2543
	addr      netip.AddrPort
	rtcp      netip.AddrPort
	mux       bool
	content   string
	label     string
	mid       string
}

// profile is a transport protocol of RTP.
type profile struct {
	rtp    bool
	secure bool // must be encrypted
	dtls   bool // by DTLS-SRTP
}

// profileOf reads the transport token. Feedback works without AVPF, so the F
// makes no difference. Anything else is not RTP as we carry it.
func profileOf(proto string) profile {
	switch strings.ToUpper(proto) {
	case "RTP/AVP", "RTP/AVPF":
		return profile{rtp: true}
	case "RTP/SAVP", "RTP/SAVPF":
		return profile{rtp: true, secure: true}
	case "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF":
		return profile{rtp: true, secure: true, dtls: true}
	}
	return profile{}
}

// view reads all lines of a description.
func view(d *Description) []remote {
	list := make([]remote, len(d.Media))
	for i := range d.Media {
		list[i] = viewLine(d, i)
	}
	return list
}

func viewLine(d *Description, i int) remote {
	m := &d.Media[i]
	r := remote{index: i, m: m, profile: profileOf(m.Proto), live: m.Port > 0}
	if r.profile.rtp && m.is("audio") {
		r.kind = media.Audio
	} else if r.profile.rtp && m.is("video") {
		r.kind = media.Video
	}
	r.direction = readDirection(d, m)
	r.content, _ = m.attribute("content")
	r.label, _ = m.attribute("label")
	r.mid, _ = m.attribute("mid")
	_, r.mux = m.attribute("rtcp-mux")
	r.readAddresses(d.connection(m).Addr)
	return r
}

// readDirection gives the direction from the far end's side. The session's is
// for lines that say nothing; the default is sendrecv (RFC 8866 6.7).
func readDirection(d *Description, m *Media) media.Direction {
	for _, list := range [][]Attribute{m.Attributes, d.Attributes} {
		for _, a := range list {
			switch a.Name {
			case "sendrecv":
				return media.SendRecv
			case "sendonly":
				return media.Send
			case "recvonly":
				return media.Recv
			case "inactive":
				return media.Inactive
			}
		}
	}
	return media.SendRecv
}

// readAddresses settles where RTP and RTCP go. An unspecified address is hold
// on a live line and nothing on a refused one; a group or broadcast address is
// never sent to, because the far end could aim us at others with it.
func (r *remote) readAddresses(a netip.Addr) {
	if !r.live || !a.IsValid() {
		return
	}
	if a.IsUnspecified() {
		r.onHold = true
		return
	}
	if !usable(a) {
		return
	}
	r.addr = netip.AddrPortFrom(a, uint16(r.m.Port))
	r.rtcp = r.readRTCP(a)
}

func usable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// readRTCP takes a=rtcp (RFC 3605) or the next port.
func (r *remote) readRTCP(a netip.Addr) netip.AddrPort {
	if r.mux {
		return r.addr
	}
	if s, ok := r.m.attribute("rtcp"); ok {
		f := strings.Fields(s)
		if len(f) > 0 {
			if port, err := strconv.ParseUint(f[0], 10, 16); err == nil && port > 0 {
				if len(f) == 4 {
					if other, ok := readAddr(f[3]); ok && usable(other) {
						a = other
					}
				}
				return netip.AddrPortFrom(a, uint16(port))
			}
		}
	}
	if r.m.Port >= 65535 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a, uint16(r.m.Port+1))
}

// slides tells whether the line says of itself that it carries slides.
func (r *remote) slides() bool {
	for _, word := range strings.Split(strings.ToLower(r.content), ",") {
		if strings.TrimSpace(word) == "slides" {
			return true
		}
	}
	return false
}
