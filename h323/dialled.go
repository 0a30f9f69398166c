package h323

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/wire"
)

// dialled is what a Setup says was called.
type dialled struct {
	number string // empty leads to reception
	pin    string // what was typed behind the number
}

// dialledIn finds the number in a Setup: in destinationAddress in the order of the
// aliases, then in CalledPartyNumber, then in what gatekeepers put beside the
// address (destExtraCallInfo, remoteExtensionAddress). destCallSignalAddress holds no
// number: it tells which of the aliases are our own address.
func dialledIn(q *wire.Message, s *h225.SetupUUIE) dialled {
	own := ownNames(s)
	for i := range s.DestinationAddress {
		if d := readAlias(&s.DestinationAddress[i], own); d.number != "" {
			return d
		}
	}
	if data, ok := q.Find(wire.CalledPartyNumber); ok {
		if n, err := wire.ParseNumber(data); err == nil {
			if d := readDialled(n.Digits, own); d.number != "" {
				return d
			}
		}
	}
	for i := range s.DestExtraCallInfo {
		if d := readAlias(&s.DestExtraCallInfo[i], own); d.number != "" {
			return d
		}
	}
	return readAlias(s.RemoteExtensionAddress, own)
}

// ownNames are texts that mean us and no room.
func ownNames(s *h225.SetupUUIE) []string {
	a, ok := s.DestCallSignalAddress.AddrPort()
	if !ok {
		return nil
	}
	return []string{a.Addr().String(), a.String()}
}

func readAlias(a *h225.AliasAddress, own []string) dialled {
	if a == nil || a.TransportID != nil {
		return dialled{}
	}
	text := a.Text()
	if a.H323ID != nil {
		text = wide(text)
	}
	return readDialled(text, own)
}

// readDialled takes away what protocols and people put around a number:
// the scheme and host of a URL (h323:1001@host), the address or domain of a gateway
// (10.0.0.5##1001, video.example.com##1001), a PIN behind it (1001##1234, 1001#1234
// as Polycom has it after an address), and a '#' that ends dialling.
func readDialled(text string, own []string) dialled {
	text = clean(text, maxNumber)
	if len(text) > 5 && strings.EqualFold(text[:5], "h323:") {
		text = clean(withoutParameters(text[5:]), maxNumber)
	}
	first, _, _ := strings.Cut(text, "##")
	named := strings.Contains(first, "@") // what has a host is none
	text = withoutHost(text)
	if head, rest, found := strings.Cut(text, "##"); found && (head == "" || !named && (means(head, own) || isHost(head))) {
		text = rest
	}
	number, pin, _ := strings.Cut(strings.TrimLeft(text, "#"), "#")
	number = strings.TrimSpace(number)
	if means(number, own) || isAddress(number) {
		return dialled{}
	}
	return dialled{number: number, pin: pinOf(pin)}
}

// withoutHost takes the host away from user@host. What was typed behind it stays.
func withoutHost(s string) string {
	user, host, _ := strings.Cut(s, "@")
	if i := strings.IndexByte(host, '#'); i >= 0 && user != "" {
		user += host[i:]
	}
	return user
}

// withoutParameters undoes what H.323 Annex O puts in a URL.
func withoutParameters(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func pinOf(s string) string { return clean(strings.Trim(s, "#"), maxAlias) }

func means(s string, own []string) bool {
	for _, o := range own {
		if s == o {
			return true
		}
	}
	return false
}

// isAddress tells an IP address, with or without port.
func isAddress(s string) bool {
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// isHost tells what can stand in front of ##: an address, or a name with a point. A
// number with a PIN behind it has neither.
func isHost(s string) bool { return isAddress(s) || strings.Contains(s, ".") }
