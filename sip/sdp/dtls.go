package sdp

import (
	"strings"
)

// dtlsOffer is what a far end said for DTLS-SRTP (RFC 5763).
type dtlsOffer struct {
	hash, value string // of its certificate; empty is none usable
	setup       string // lower case; empty is not said
}

// hexPairs gives the length of each hash that a fingerprint may be of (RFC
// 8122 5). MD5 and MD2 are not trusted.
var hexPairs = map[string]int{"sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64}

// readDTLS looks at the media section first and at the session for what the
// section does not say. Of several fingerprints SHA-256 is taken.
func readDTLS(d *Description, m *Media) dtlsOffer {
	var o dtlsOffer
	for _, list := range [][]Attribute{m.Attributes, d.Attributes} {
		if o.hash == "" {
			o.hash, o.value = fingerprint(list)
		}
		if o.setup == "" {
			s, _ := attribute(list, "setup")
			o.setup = strings.ToLower(s)
		}
	}
	return o
}

func fingerprint(list []Attribute) (hash, value string) {
	for _, a := range list {
		if a.Name != "fingerprint" {
			continue
		}
		f := strings.Fields(a.Value)
		if len(f) != 2 {
			continue
		}
		h, v := strings.ToLower(f[0]), strings.ToUpper(f[1])
		if n := hexPairs[h]; n == 0 || !isHexPairs(v, n) {
			continue
		}
		if hash == "" || h == "sha-256" {
			hash, value = h, v
		}
		if h == "sha-256" {
			break
		}
	}
	return hash, value
}

func isHexPairs(s string, n int) bool {
	if len(s) != 3*n-1 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if i%3 == 2 {
			if s[i] != ':' {
				return false
			}
		} else if !strings.Contains("0123456789ABCDEF", s[i:i+1]) {
			return false
		}
	}
	return true
}

// weAreClient settles the roles for an offer: actpass and passive leave the
// active role to us. An offer that names no role means active (RFC 4145 4). A
// connection that is already up keeps its roles (RFC 8842 5.3).
func (o dtlsOffer) weAreClient(established, wereClient bool) bool {
	switch o.setup {
	case "passive":
		return true
	case "actpass":
		return !established || wereClient
	}
	return false
}
