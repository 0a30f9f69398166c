package relays

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bridge/media"
)

// Payload types of every offer.
const (
	ptH264 = 97
	ptRTX  = 98
)

const fmtpH264 = "profile-level-id=" + load.ProfileLevel + ";packetization-mode=1"

// line is what is read of one video line.
type line struct {
	addr        netip.AddrPort
	suite       string
	key         media.Key
	hash        string
	fingerprint string
	setup       string
	ufrag, pwd  string
	mid         string
	ssrc        uint32
	candidates  []netip.AddrPort // UDP, in the order in which they stand
}

var errSDP = errors.New("relays: the answer has no usable video line")

// readSDP reads the video lines of a description. Attributes of the session
// count for all of them.
func readSDP(text string) ([]line, error) {
	var lines []line
	var session line
	var host netip.Addr
	in := &session
	other := false
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		key, value, ok := strings.Cut(l, "=")
		if !ok {
			continue
		}
		switch key {
		case "m":
			f := strings.Fields(value)
			if other = len(f) < 4 || f[0] != "video"; other {
				continue
			}
			n := session
			port, err := strconv.ParseUint(f[1], 10, 16)
			if err != nil {
				return nil, errSDP
			}
			n.addr = netip.AddrPortFrom(host, uint16(port))
			lines = append(lines, n)
			in = &lines[len(lines)-1]
		case "c":
			f := strings.Fields(value)
			if len(f) != 3 || other {
				continue
			}
			a, err := netip.ParseAddr(f[2])
			if err != nil {
				continue
			}
			if in == &session {
				host = a
			} else {
				in.addr = netip.AddrPortFrom(a, in.addr.Port())
			}
		case "a":
			if !other {
				in.attribute(value)
			} else if strings.HasPrefix(value, "candidate:") { // of a bundle, which its first line may have alone
				session.attribute(value)
			}
		}
	}
	if len(lines) == 0 {
		return nil, errSDP
	}
	return lines, nil
}

func (l *line) attribute(a string) {
	key, value, _ := strings.Cut(a, ":")
	f := strings.Fields(value)
	switch {
	case key == "crypto" && len(f) >= 3 && l.suite == "":
		key, _, _ := strings.Cut(strings.TrimPrefix(f[2], "inline:"), "|")
		b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "=")) // rtpengine leaves the padding out
		if err == nil {
			l.suite, l.key = f[1], b
		}
	case key == "fingerprint" && len(f) == 2:
		l.hash, l.fingerprint = f[0], f[1]
	case key == "setup":
		l.setup = value
	case key == "ice-ufrag":
		l.ufrag = value
	case key == "ice-pwd":
		l.pwd = value
	case key == "mid":
		l.mid = value
	case key == "ssrc" && len(f) > 0 && l.ssrc == 0:
		n, _ := strconv.ParseUint(f[0], 10, 32)
		l.ssrc = uint32(n)
	case key == "candidate" && len(f) >= 8 && f[1] == "1" && strings.EqualFold(f[2], "udp"):
		a, err := netip.ParseAddr(f[4])
		port, err2 := strconv.ParseUint(f[5], 10, 16)
		if err == nil && err2 == nil {
			l.candidates = append(l.candidates, netip.AddrPortFrom(a, uint16(port)))
		}
	}
}

// direction is a line's attribute.
func direction(sends, receives bool) string {
	switch {
	case sends && receives:
		return "sendrecv"
	case sends:
		return "sendonly"
	case receives:
		return "recvonly"
	}
	return "inactive"
}

// crypto writes a=crypto (RFC 4568).
func crypto(s media.Suite, k media.Key) string {
	return fmt.Sprintf("a=crypto:1 %s inline:%s\r\n", s, base64.StdEncoding.EncodeToString(k))
}
