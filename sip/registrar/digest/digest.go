// Package digest is the server's side of digest authentication (RFC 7616, RFC
// 8760 for SIP, and RFC 2617 for old terminals). It has no goroutine, no socket
// and no clock.
package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"
)

// Algorithm is a hash by its name in headers.
type Algorithm string

// Algorithms.
const (
	SHA256 Algorithm = "SHA-256"
	MD5    Algorithm = "MD5"
)

// new gives the hash; nil of an algorithm that is not known.
func (a Algorithm) new() hash.Hash {
	switch a {
	case SHA256:
		return sha256.New()
	case MD5:
		return md5.New()
	}
	return nil
}

// sum hashes parts with colons between them.
func (a Algorithm) sum(parts ...string) []byte {
	h := a.new()
	_, _ = h.Write([]byte(strings.Join(parts, ":")))
	return h.Sum(nil)
}

// HA1 is what a server keeps of a password (RFC 7616 3.4.2).
func HA1(a Algorithm, user, realm, password string) []byte { return a.sum(user, realm, password) }

// Bounds of what is read, bytes and parameters.
const (
	maxHeader = 4096
	maxParams = 32
	maxValue  = 1024
)

// Answer is what a client said to a challenge: an Authorization or
// Proxy-Authorization header. Its texts come from the network.
type Answer struct {
	User, Realm, Nonce, URI, CNonce, Opaque string

	Algorithm Algorithm
	QOP       bool   // quality of protection "auth"; none otherwise
	Count     uint32 // of uses of the nonce, with QOP

	count    string // as written, which is what is hashed
	response []byte
}

// What is wrong with a header.
var (
	errSyntax = errors.New("digest: not readable")
	errScheme = errors.New("digest: another scheme than Digest")
	errKind   = errors.New("digest: an algorithm or quality of protection that was not offered")
)

// Parse reads the value of an Authorization header.
func Parse(value string) (Answer, error) {
	p, err := params(value)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{
		User: p["username"], Realm: p["realm"], Nonce: p["nonce"], URI: p["uri"], CNonce: p["cnonce"], Opaque: p["opaque"],
		Algorithm: Algorithm(strings.ToUpper(p["algorithm"])), count: p["nc"],
	}
	if a.Algorithm == "" {
		a.Algorithm = MD5 // RFC 7616 3.3
	}
	h := a.Algorithm.new()
	qop, given := p["qop"]
	if h == nil || given && !strings.EqualFold(qop, "auth") {
		return Answer{}, errKind
	}
	a.QOP = given
	if a.response, err = hex.DecodeString(p["response"]); err != nil || len(a.response) != h.Size() {
		return Answer{}, errSyntax
	}
	if a.User == "" || a.Nonce == "" || a.URI == "" || a.QOP && a.CNonce == "" {
		return Answer{}, errSyntax
	}
	if a.QOP {
		n, err := strconv.ParseUint(a.count, 16, 32)
		if err != nil || len(a.count) != 8 {
			return Answer{}, errSyntax
		}
		a.Count = uint32(n)
	}
	return a, nil
}

// Proves tells whether the answer was made with a password. ha1 is the digest's
// bytes. It takes as long for a wrong one.
func (a *Answer) Proves(method string, ha1 []byte) bool {
	ha2 := hex.EncodeToString(a.Algorithm.sum(method, a.URI))
	parts := []string{hex.EncodeToString(ha1), a.Nonce, ha2}
	if a.QOP {
		parts = []string{parts[0], a.Nonce, a.count, a.CNonce, "auth", ha2}
	}
	return subtle.ConstantTimeCompare(a.Algorithm.sum(parts...), a.response) == 1
}

// params reads scheme and parameters (RFC 7235 2.1). One that comes twice is an
// error: it would be unclear which one counts.
func params(value string) (map[string]string, error) {
	if len(value) > maxHeader {
		return nil, errSyntax
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, errScheme
	}
	p := make(map[string]string)
	for rest = strings.TrimLeft(rest, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		name, after, ok := strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		text, after, good := word(strings.TrimLeft(after, " \t"))
		if _, twice := p[name]; !ok || !good || twice || name == "" || len(text) > maxValue || len(p) >= maxParams {
			return nil, errSyntax
		}
		p[name], rest = text, after
	}
	return p, nil
}

// word reads a token or quoted string.
func word(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ", \t")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], !strings.Contains(s[:end], `"`)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], true
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}
