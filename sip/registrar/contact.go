package registrar

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/roombridge/roombridge/sip/field"
)

// maxContacts bounds the contacts of one request.
const maxContacts = 16

var errContact = errors.New("registrar: a Contact that cannot be read")

// contact is an element of Contact (RFC 3261 20.10).
type contact struct {
	address
	q        int // thousandths
	expires  time.Duration
	given    bool // expires was
	instance string
	reg      string
}

// parseContacts reads all Contact headers of a request. star is the wildcard,
// which stands alone.
func parseContacts(values []string) (list []contact, star bool, err error) {
	for _, v := range values {
		if len(v) > maxContacts*2*maxURI {
			return nil, false, errContact
		}
		for _, part := range field.Split(v, ',') {
			if part == "*" {
				star = true
				continue
			}
			c, err := parseContact(part)
			if err != nil || len(list) >= maxContacts {
				return nil, false, errContact
			}
			list = append(list, c)
		}
	}
	if star && len(list) > 0 {
		return nil, false, errContact
	}
	return list, star, nil
}

func parseContact(s string) (c contact, err error) {
	uri, rest := "", ""
	if i := strings.IndexByte(outside(s), '<'); i >= 0 {
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			return c, errContact
		}
		uri, rest = s[i+1:i+end], s[i+end+1:]
	} else if uri, rest, _ = strings.Cut(s, ";"); rest != "" { // RFC 3261 20: parameters are the header's
		rest = ";" + rest
	}
	if c.address, err = parseURI(strings.TrimSpace(uri)); err != nil {
		return c, errContact
	}
	_, p := field.Params("_" + rest)
	if text, ok := p["expires"]; ok {
		c.expires, c.given = seconds(text), true
	}
	c.q = quality(p["q"])
	c.instance, c.reg = field.Clean(p["+sip.instance"], maxURI/2), field.Clean(p["reg-id"], 16)
	return c, nil
}

// outside blanks quoted strings, so that what is in a display name has no meaning.
func outside(s string) string {
	b := []byte(s)
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case quoted && b[i] == '\\' && i+1 < len(b):
			b[i], b[i+1] = ' ', ' '
			i++
		case quoted:
			b[i] = ' '
		}
	}
	return string(b)
}

// malformedExpires stands for what is no number (RFC 3261 20.10).
const malformedExpires = time.Hour

// seconds reads an expires value.
func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && n > math.MaxUint32:
		n = math.MaxUint32 // delta-seconds end there
	case err != nil:
		return malformedExpires
	}
	return time.Duration(n) * time.Second
}

// quality reads a q value in thousandths. What is missing counts as most.
func quality(s string) int {
	q, err := strconv.ParseFloat(s, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 1000
	}
	return int(q * 1000)
}
