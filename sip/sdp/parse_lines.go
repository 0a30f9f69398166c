package sdp

import (
	"net/netip"
	"strconv"
	"strings"
)

// readMedia begins a section. A line without a format cannot be answered in
// form (RFC 3264 6), so it fails the whole body; a port that is no port only
// makes the line useless.
func (p *parser) readMedia(value string) *SyntaxError {
	f := strings.Fields(value)
	switch {
	case len(f) < 4:
		return &SyntaxError{Text: "media line cut short"}
	case len(f)-3 > maxFormats:
		return &SyntaxError{Text: "too many formats in a media line"}
	case len(p.d.Media) >= maxMedia:
		return &SyntaxError{Text: "too many media lines"}
	}
	for i, word := range f {
		if i == 2 {
			word = strings.ReplaceAll(word, "/", "")
		}
		if i != 1 && !isToken(word) {
			return &SyntaxError{Text: "media line with a word that cannot be one"}
		}
	}
	p.d.Media = append(p.d.Media, Media{Type: f[0], Port: readPort(f[1]), Proto: f[2], Formats: f[3:]})
	p.m = &p.d.Media[len(p.d.Media)-1]
	return nil
}

// isToken takes the words that may stand in a media line (RFC 8866 9, token).
// Our answer repeats them.
func isToken(s string) bool {
	if s == "" || len(s) > maxToken {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]`, r)
	}) < 0
}

// readPort takes a port with or without a number of ports behind it.
func readPort(s string) int {
	s, _, _ = strings.Cut(s, "/")
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// visible tells whether a string is printable ASCII without blanks, and so
// may stand in a description of ours.
func visible(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// readConnection keeps the first c= line of a section that names an address.
func (p *parser) readConnection(value string) *SyntaxError {
	c := &p.d.Connection
	if p.m != nil {
		c = &p.m.Connection
	}
	c.Present = true
	f := strings.Fields(value)
	if len(f) < 3 || !strings.EqualFold(f[0], "IN") {
		return p.skip()
	}
	addr, ok := readAddr(f[2])
	if !ok {
		return p.skip()
	}
	if !c.Addr.IsValid() {
		c.Addr = addr
	}
	return nil
}

// readAddr takes an address with or without time to live and count. Host
// names are not looked up: a description must not make us ask the network.
func readAddr(s string) (netip.Addr, bool) {
	s, _, _ = strings.Cut(s, "/")
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// readOrigin takes what is there: user, id, version, network, type, address.
func readOrigin(value string) Origin {
	f := strings.Fields(value)
	for len(f) < 6 {
		f = append(f, "")
	}
	o := Origin{User: f[0], ID: f[1], Version: f[2]}
	o.Address, _ = readAddr(f[5])
	return o
}

// readBandwidth takes "AS:1024" with blanks anywhere.
func (p *parser) readBandwidth(value string) *SyntaxError {
	kind, number, found := strings.Cut(value, ":")
	n, err := strconv.ParseUint(strings.Trim(number, " \t"), 10, 64)
	if !found || err != nil {
		return p.skip()
	}
	list := &p.d.Bandwidth
	if p.m != nil {
		list = &p.m.Bandwidth
	}
	if len(*list) >= maxBandwidths {
		return p.skip()
	}
	*list = append(*list, Bandwidth{strings.ToUpper(strings.Trim(kind, " \t")), n})
	return nil
}
