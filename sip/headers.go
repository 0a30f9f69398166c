package sip

import (
	"slices"
	"strconv"
	"strings"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/sip/field"
)

// compact are the short forms of the headers that sipgo leaves to us (RFC 3261 7.3.3, RFC 4028).
var compact = map[string]string{
	"supported": "k", "session-expires": "x", "contact": "m", "content-type": "c", "content-encoding": "e",
	"refer-to": "r", "event": "o", "subject": "s",
}

// headerSource is what requests and responses have in common here.
type headerSource interface {
	GetHeaders(name string) []sipgo.Header
}

// header gives the first header of a name, long or short, and whether there is one.
func header(m headerSource, name string) (string, bool) {
	if h := m.GetHeaders(name); len(h) > 0 {
		return strings.TrimSpace(h[0].Value()), true
	}
	if short := compact[strings.ToLower(name)]; short != "" {
		if h := m.GetHeaders(short); len(h) > 0 {
			return strings.TrimSpace(h[0].Value()), true
		}
	}
	return "", false
}

// list gives the elements of all headers of a name, long and short, split at
// commas outside quotes and angle brackets. At most 64 are read.
func list(m headerSource, name string) []string {
	var all []string
	names := []string{name}
	if short := compact[strings.ToLower(name)]; short != "" {
		names = append(names, short)
	}
	for _, n := range names {
		for _, h := range m.GetHeaders(n) {
			all = append(all, splitOutside(h.Value(), ',')...)
			if len(all) > 64 {
				return all[:64]
			}
		}
	}
	return all
}

// tokens gives the elements of a header in lower case.
func tokens(m headerSource, name string) []string {
	l := list(m, name)
	for i := range l {
		l[i] = strings.ToLower(l[i])
	}
	return l
}

func hasToken(m headerSource, name, token string) bool {
	return slices.Contains(tokens(m, name), token)
}

// splitOutside and params take values apart, and clean makes text fit for people.
var (
	splitOutside = field.Split
	params       = field.Params
	clean        = field.Clean
)

// number reads a bounded decimal.
func number(s string, most uint64) (uint64, bool) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 63)
	return n, err == nil && n <= most
}

// contentType gives the type of a body in lower case without parameters.
func contentType(m headerSource) string {
	v, _ := header(m, "Content-Type")
	t, _, _ := strings.Cut(v, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// quotable makes text fit for a quoted string in a header we write.
func quotable(s string) string {
	return strings.NewReplacer(`\`, "", `"`, "'", "\r", " ", "\n", " ").Replace(clean(s, 128))
}

func uitoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
