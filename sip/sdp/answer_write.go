package sdp

import (
	"net/netip"
	"strconv"

	"github.com/roombridge/roombridge/bridge/media"
)

// answerSections writes one section for each offered line.
func (s *State) answerSections(lines []remote, taken []*agreed) []section {
	list := make([]section, len(lines))
	s.address = s.sessionAddress(lines, taken)
	for i := range lines {
		if taken[i] == nil {
			list[i] = refuse(&lines[i])
		} else {
			list[i] = s.acceptSection(&lines[i], taken[i])
		}
	}
	return list
}

// refuse answers a line with port 0, its own protocol and one of its formats
// (RFC 3264 6).
func refuse(r *remote) section {
	x := section{media: r.m.Type, proto: r.m.Proto, formats: r.m.Formats[:1]}
	if r.profile.rtp {
		for _, p := range readPayloads(&Media{Formats: x.formats, Attributes: r.m.Attributes}) {
			if _, static := staticNames[p.PT]; !static && p.name != "" {
				x.optional("rtpmap:" + strconv.Itoa(int(p.PT)) + " " + p.name)
			}
		}
	}
	r.addIdentity(&x)
	x.add("inactive")
	return x
}

// addIdentity gives back what names a line.
func (r *remote) addIdentity(x *section) {
	for _, name := range [...]struct{ name, value string }{
		{"content", r.content}, {"label", r.label}, {"mid", r.mid},
	} {
		if visible(name.value) && len(name.value) <= maxToken {
			x.add(name.name + ":" + name.value)
		}
	}
}

// acceptSection answers a line that we take.
func (s *State) acceptSection(r *remote, a *agreed) section {
	l := s.local.Streams[a.stream]
	x := section{media: r.m.Type, proto: r.m.Proto, port: l.Port, addr: s.localFor(r)}
	if a.recvBitrate > 0 {
		x.addBandwidth(bandwidthTypes(r.m), a.recvBitrate)
	}
	x.addFormat(a.recv[0], a.chosen.answerName())
	if a.sendDTMF != nil {
		x.addFormat(a.sendDTMF.Format, a.sendDTMF.answerName())
	}
	for _, f := range a.feedback {
		x.add("rtcp-fb:" + f.scope + " " + f.text)
	}
	x.addProtection(a.protection, s.local.Fingerprint)
	_, rtcp := r.m.attribute("rtcp")
	switch {
	case r.mux:
		x.add("rtcp-mux")
	case l.RTCPPort != 0 && (rtcp || l.RTCPPort != l.Port+1):
		x.add("rtcp:" + strconv.Itoa(int(l.RTCPPort)))
	}
	if _, ok := r.m.attribute("ptime"); ok && l.Kind == media.Audio {
		x.add("ptime:20")
	}
	r.addIdentity(&x)
	x.add(s.session.Streams[a.stream].Direction.String())
	return x
}

// answerName gives back the far end's spelling of a coding.
func (p *payload) answerName() string {
	if p.Codec == media.G722 {
		return formatName(p.Format)
	}
	return p.name
}

// localFor gives our address for a line.
func (s *State) localFor(r *remote) netip.Addr {
	if s.local.AddressFor != nil && r.addr.IsValid() {
		if a := s.local.AddressFor(r.addr.Addr()); a.IsValid() {
			return a.Unmap()
		}
	}
	return s.address
}

// sessionAddress is ours for the first line that names an address.
func (s *State) sessionAddress(lines []remote, taken []*agreed) netip.Addr {
	for i := range lines {
		if taken[i] != nil && lines[i].addr.IsValid() {
			return s.localFor(&lines[i])
		}
	}
	return s.address
}

// remember keeps what later offers of ours must repeat.
func (s *State) remember(lines []remote, taken []*agreed) {
	old := s.lines
	s.lines = make([]lineState, len(lines))
	for i := range lines {
		r := &lines[i]
		l := lineState{
			media: r.m.Type, proto: r.m.Proto, format: r.m.Formats[0],
			content: r.content, label: r.label, mid: r.mid,
		}
		if i < len(old) && old[i].media == l.media {
			l.types = old[i].types
		}
		if taken[i] != nil {
			l.types.learn(taken[i].payloads)
		}
		s.lines[i] = l
	}
	for i := range s.streams {
		// A far end may not drop lines or change what they are; one that does
		// leaves the stream without a line.
		if line := s.streams[i].line; line >= len(lines) || line >= 0 && lines[line].kind != s.local.Streams[i].Kind {
			s.streams[i].line = -1
		}
	}
}
