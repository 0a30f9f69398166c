package number

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNumber bounds what is dialled, bytes.
const MaxNumber = 64

// maxTyped bounds a PIN that stands behind a number, digits.
const maxTyped = 16

// Dialled is what was dialled, without dressing.
type Dialled struct {
	Whole  string // with what was typed behind it: 1001*4321
	Number string // without: 1001
	PIN    string // what was typed behind it: 4321; never printed
	Host   string // whom the address named, lower case; often empty
}

// Parse reads an address as people and configurations write it: sip:, sips:, tel: and
// h323: URIs with host and parameters, HOST##NUMBER, or the number alone.
func Parse(text string) Dialled {
	text = strings.TrimSpace(bounded(text, 4*MaxNumber))
	for _, scheme := range []string{"sip:", "sips:", "tel:", "h323:"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			text = text[len(scheme):]
			break
		}
	}
	text, _, _ = strings.Cut(text, "?")
	user, host, _ := strings.Cut(text, "@")
	user, _, _ = strings.Cut(user, ";")
	host, _, _ = strings.Cut(host, ";")
	if s, err := url.PathUnescape(user); err == nil {
		user = s
	}
	if head, rest, ok := strings.Cut(user, "##"); ok && host == "" && strings.ContainsAny(head, ".:") {
		user, host = rest, head
	}
	d := Split(strings.TrimPrefix(user, "##"))
	d.Host = hostOf(host)
	return d
}

// Split takes away the visual separators of a number and the PIN behind it.
func Split(text string) Dialled {
	whole := canonical(text)
	d := Dialled{Whole: whole, Number: whole}
	lead := len(whole) - len(strings.TrimLeft(whole, "*#"))
	i := strings.IndexAny(whole[lead:], "*#")
	if lead+i <= 0 || i < 0 {
		return d
	}
	rest := strings.TrimLeft(whole[lead+i:], "*#")
	if rest = strings.TrimRight(rest, "*#"); isDigits(rest) && len(rest) <= maxTyped {
		d.Number, d.PIN = whole[:lead+i], rest
	}
	return d
}

// canonical is a number as it is compared, but for the case of letters.
func canonical(s string) string {
	s = strings.TrimRightFunc(strings.TrimSpace(bounded(s, MaxNumber)), endsDialling)
	if !isTelephone(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimRight(strings.TrimPrefix(s, "+"), "#")
}

func endsDialling(r rune) bool { return r == '#' || unicode.IsSpace(r) }

// isTelephone tells whether a text is digits with visual separators only.
func isTelephone(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune("-.() *#", r):
		default:
			return false
		}
	}
	return digits > 0
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// hostOf is a host without port and brackets, lower case.
func hostOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if rest, ok := strings.CutPrefix(s, "["); ok {
		s, _, _ = strings.Cut(rest, "]")
		return s
	}
	if strings.Count(s, ":") == 1 {
		s, _, _ = strings.Cut(s, ":")
	}
	return strings.TrimSuffix(s, ".")
}

// bounded is a text of at most n bytes, valid UTF-8 without control characters.
func bounded(s string, n int) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= 0x20 && s[i] < 0x7f
	}
	if !plain {
		s = strings.Map(func(r rune) rune {
			if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				return -1
			}
			return r
		}, s)
	}
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// fold maps texts that differ in case alone to the same text: each rune to the least
// of those that (?i) takes for equal.
func fold(s string) string {
	change := false
	for i := range len(s) {
		change = change || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 0x80
	}
	if !change {
		return s
	}
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}
