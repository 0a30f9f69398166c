package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// section is one media line of ours, ready to be written.
type section struct {
	media, proto string
	port         uint16
	formats      []string
	addr         netip.Addr // when it is not the session's
	bandwidth    []string
	attributes   []attr
}

// attr is an a= line of ours. Optional ones go when the body is too large.
type attr struct {
	text     string
	optional bool
}

func (s *section) add(text string)      { s.attributes = append(s.attributes, attr{text, false}) }
func (s *section) optional(text string) { s.attributes = append(s.attributes, attr{text, true}) }

// writeHead gives v= and o=.
func writeHead(id, version uint64, addr netip.Addr) string {
	return fmt.Sprintf("v=0\r\no=roombridge %d %d IN %s\r\n", id, version, address(addr))
}

// writeRest gives everything behind o=. Over mtu the optional lines are left out.
func writeRest(addr netip.Addr, sections []section, mtu int) string {
	full := writeSections(addr, sections, true)
	if mtu <= 0 || len(full)+headSize <= mtu {
		return full
	}
	return writeSections(addr, sections, false)
}

// headSize is what v= and o= take at most with usual ids.
const headSize = 80

func writeSections(addr netip.Addr, sections []section, optional bool) string {
	var b strings.Builder
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteString("\r\n")
	}
	line("s=-")
	line("c=IN ", address(addr))
	line("t=0 0")
	for _, s := range sections {
		line("m=", s.media, " ", strconv.Itoa(int(s.port)), " ", s.proto, " ", strings.Join(s.formats, " "))
		if s.addr.IsValid() && s.addr != addr {
			line("c=IN ", address(s.addr))
		}
		for _, x := range s.bandwidth {
			line("b=", x)
		}
		for _, a := range s.attributes {
			if optional || !a.optional {
				line("a=", a.text)
			}
		}
	}
	return b.String()
}

func address(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		return "IP6 " + a.String()
	}
	if !a.IsValid() {
		return "IP4 0.0.0.0"
	}
	return "IP4 " + a.String()
}

// addFormat writes what a line says of one payload type. Static ones are
// known without a=rtpmap.
func (s *section) addFormat(f media.Format, name string) {
	pt := strconv.Itoa(int(f.PT))
	s.formats = append(s.formats, pt)
	if _, static := staticNames[f.PT]; static {
		s.optional("rtpmap:" + pt + " " + name)
	} else {
		s.add("rtpmap:" + pt + " " + name)
	}
	if p := writeParams(f); p != "" {
		s.add("fmtp:" + pt + " " + p)
	}
}

// formatName gives a coding as a=rtpmap names it.
func formatName(f media.Format) string {
	name := string(f.Codec) + "/" + strconv.Itoa(f.ClockRate)
	if f.Codec == media.Opus { // RFC 7587 7: always two channels
		name += "/2"
	}
	return name
}

// writeParams gives what a=fmtp says of us as a receiver.
func writeParams(f media.Format) string {
	var list []string
	add := func(name string, value int) {
		if value > 0 {
			list = append(list, name+"="+strconv.Itoa(value))
		}
	}
	switch f.Codec {
	case media.H264:
		return writeH264(f.H264)
	case media.DTMF:
		return "0-15"
	case media.Opus:
		add("useinbandfec", number(f.FEC))
		add("stereo", number(f.Stereo))
		add("maxaveragebitrate", f.Bitrate)
	case media.G7221:
		add("bitrate", f.Bitrate)
	case media.G729: // RFC 4856 2.1.9: comfort noise is not ours
		return "annexb=no"
	case media.VP8, media.VP9: // RFC 7741 6.1, RFC 9628 6.1
		add("max-fs", f.VideoMax.MaxFS)
		add("max-fr", f.VideoMax.FPS)
	case media.H263, media.H263P, media.H261: // RFC 4629 8.2.1, RFC 4587 6.2.1
		for i, mpi := range f.Sizes.MPI() {
			add(media.StandardSizes[i].Name, int(mpi))
		}
	}
	return strings.Join(list, ";")
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// addBandwidth states what we take, bit/s, in the given terms.
func (s *section) addBandwidth(types []string, bps int) {
	for _, t := range types {
		value := bps
		if t != "TIAS" {
			value = bps / 1000
		}
		if value > 0 {
			s.bandwidth = append(s.bandwidth, t+":"+strconv.Itoa(value))
		}
	}
}

// addProtection writes how the line is encrypted.
func (s *section) addProtection(p protection, own Fingerprint) {
	switch p.Keying {
	case media.SDES:
		s.add("crypto:" + writeCrypto(crypto{p.tag, p.Suite, p.LocalKey}))
	case media.DTLS:
		s.add("fingerprint:" + own.Hash + " " + own.Value)
		if p.DTLSClient {
			s.add("setup:active")
		} else {
			s.add("setup:passive")
		}
	}
}
