package sdp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bridge/media"
)

// crypto is one a=crypto line (RFC 4568) that we can use.
type crypto struct {
	tag   string
	suite media.Suite
	key   media.Key
}

// maxCrypto bounds the lines looked at; Linphone offers six.
const maxCrypto = 32

var suites = map[string]media.Suite{
	media.AESCM80.String():    media.AESCM80,
	media.AESCM32.String():    media.AESCM32,
	media.AEADGCM128.String(): media.AEADGCM128,
	media.AEADGCM256.String(): media.AEADGCM256,
}

// readCrypto gives the usable lines of a section in its order. The others are
// left out: unknown suites (AES_256_CM…), lines that ask for less than full
// protection, keys of a wrong length, several keys, and master key
// identifiers, which no terminal needs.
func readCrypto(m *Media, own []media.Suite) []crypto {
	var list []crypto
	seen := 0
	for _, a := range m.Attributes {
		if a.Name != "crypto" {
			continue
		}
		if seen++; seen > maxCrypto {
			break
		}
		if c, ok := parseCrypto(a.Value); ok && slices.Contains(own, c.suite) {
			list = append(list, c)
		}
	}
	return list
}

func parseCrypto(s string) (crypto, bool) {
	f := strings.Fields(s)
	if len(f) < 3 || !isTag(f[0]) {
		return crypto{}, false
	}
	c := crypto{tag: f[0], suite: suites[strings.ToUpper(f[1])]}
	if c.suite == media.SuiteNone || slices.ContainsFunc(f[3:], weakens) {
		return crypto{}, false
	}
	var ok bool
	c.key, ok = parseInline(f[2], c.suite)
	return c, ok
}

// isTag takes the one to nine digits of RFC 4568 9.1; Cisco counts from 0.
func isTag(s string) bool {
	if len(s) < 1 || len(s) > 9 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// weakens tells whether a session parameter rules its line out (RFC 4568 6.3).
// Window sizes and orders of error correction do not matter to us; unknown
// parameters may be ignored only when they begin with a minus sign.
func weakens(param string) bool {
	name, _, _ := strings.Cut(strings.ToUpper(param), "=")
	switch name {
	case "WSH", "FEC_ORDER":
		return false
	}
	return !strings.HasPrefix(name, "-")
}

// parseInline reads "inline:key|lifetime". The lifetime is dropped: a call is
// over long before 2^31 packets.
func parseInline(s string, suite media.Suite) (media.Key, bool) {
	method, rest, found := strings.Cut(s, ":")
	if !found || !strings.EqualFold(method, "inline") || strings.Contains(rest, ";") {
		return nil, false
	}
	parts := strings.Split(rest, "|")
	if len(parts) > 2 || len(parts) == 2 && strings.Contains(parts[1], ":") {
		return nil, false // a master key identifier
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil || len(key) != suite.KeyLen()+suite.SaltLen() {
		return nil, false
	}
	return key, true
}

// writeCrypto gives the value of an a=crypto line of ours.
func writeCrypto(c crypto) string {
	return c.tag + " " + c.suite.String() + " inline:" + base64.StdEncoding.EncodeToString(c.key)
}

// randomKey is the KeyFunc of a State that was given none.
func randomKey(s media.Suite) (media.Key, error) {
	k := make(media.Key, s.KeyLen()+s.SaltLen())
	_, err := rand.Read(k)
	return k, err
}

func sameKey(a, b media.Key) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// offerTag numbers our own lines from 1.
func offerTag(i int) string { return strconv.Itoa(i + 1) }
