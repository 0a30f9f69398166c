package bridge

import "strings"

// Public is the address that is called without what was typed behind its number: that
// is a PIN (h323:HOST##1001##4321, h323:1001#4321@HOST), which is for nobody to read.
func (t Target) Public() string {
	const escaped = "%23" // '#' in a URL
	uri := strings.ReplaceAll(t.URI, escaped, "#")
	if i := strings.LastIndexByte(uri, '@'); i >= 0 {
		return masked(uri[:i]) + "@" + masked(uri[i+1:])
	}
	host, number, ok := strings.Cut(uri, "##")
	if !ok || isNumber(strings.TrimPrefix(host, t.Scheme+":")) {
		return masked(uri)
	}
	return host + "##" + masked(number)
}

// masked hides what follows the '#' behind a number.
func masked(s string) string {
	begin := len(s) - len(strings.TrimLeft(s, "#"))
	i := strings.IndexByte(s[begin:], '#')
	if i < 0 {
		return s
	}
	i += begin
	pin := strings.TrimLeft(s[i:], "#")
	if pin == "" {
		return s // it only ends dialling
	}
	return s[:len(s)-len(pin)] + "****"
}

// isNumber tells a number from a host.
func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789*+") == "" }
