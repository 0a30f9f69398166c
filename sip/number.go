package sip

import (
	"net/url"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// maxNumber bounds what a terminal can dial, bytes.
const maxNumber = 64

// dialled gives the number that an INVITE is for: the user of the Request-URI,
// else that of To (some devices dial an address and put the room there).
// Empty leads to reception.
func dialled(req *sipgo.Request) string {
	if n := numberOf(req.Recipient); n != "" {
		return n
	}
	return numberOf(req.To().Address)
}

func numberOf(uri sipgo.Uri) string {
	user := uri.User
	if user == "" && uri.Scheme == "tel" {
		user = uri.Raw()
	}
	return undress(user)
}

// undress takes away what protocols and people put around a number: escapes
// (RFC 3261 19.1.2), parameters of a telephone subscriber (";phone-context"),
// and visual separators between digits (RFC 3966 5.1.1). A name keeps its
// points and dashes.
func undress(user string) string {
	user, _, _ = strings.Cut(user, ";")
	if s, err := url.PathUnescape(user); err == nil {
		user = s
	}
	user, _, _ = strings.Cut(user, ";")
	user = clean(user, maxNumber)
	if !isTelephone(user) {
		return user
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, user)
}

// isTelephone tells whether a user part is digits with visual separators only.
func isTelephone(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			digits++
		case r == '+' && i == 0, strings.ContainsRune("-.() ", r):
		default:
			return false
		}
	}
	return digits > 0
}

// escapeUser writes a user part for a URI of ours.
func escapeUser(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,/?", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}
