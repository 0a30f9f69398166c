package ras

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/roombridge/roombridge/h323/h225"
)

// Bounds of what far ends call themselves.
const (
	maxAlias   = 128 // characters
	maxAliases = 32  // of one terminal
)

// AliasOf gives the alias of the kind that its text has: dialledDigits for digits,
// h323-ID for everything else.
func AliasOf(text string) h225.AliasAddress {
	if text != "" && len(text) <= 128 && strings.Trim(text, "0123456789#*,") == "" {
		return h225.AliasAddress{DialledDigits: &text}
	}
	return h225.AliasAddress{H323ID: &text}
}

// aliasesOf is AliasOf for a list.
func aliasesOf(texts []string) []h225.AliasAddress {
	var list []h225.AliasAddress
	for _, t := range texts {
		list = append(list, AliasOf(t))
	}
	return list
}

// aliasText is what an alias says, in the form that people know and write. A url-ID is
// an h323-ID in a URL (h323:name@host), which terminals dial as they dial the other.
func aliasText(a *h225.AliasAddress) string {
	if a.TransportID != nil {
		return ""
	}
	text := a.Text()
	if a.H323ID != nil {
		text = wide(text)
	}
	if a.URLID != nil {
		if len(text) > 5 && strings.EqualFold(text[:5], "h323:") {
			text = text[5:]
		}
		text, _, _ = strings.Cut(text, "@")
	}
	return clean(text, maxAlias)
}

// wide reads UTF-8 that was put octet by octet into a 16 bit string, as Huawei terminals
// do with names.
func wide(s string) string {
	b := make([]byte, 0, len(s))
	ascii := true
	for _, r := range s {
		if r > 0xff {
			return s
		}
		ascii = ascii && r < 0x80
		b = append(b, byte(r))
	}
	if ascii || !utf8.Valid(b) {
		return s
	}
	return string(b)
}

// clean bounds a text of the network: valid, without control characters and surrounding
// blanks. Strings that end in NUL are common.
func clean(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
	}
	return s
}

// key is the form in which aliases are compared: whatever kind they are of, and in
// whatever case they are written.
func key(text string) string { return strings.ToLower(text) }

// texts gives the distinct texts of aliases, at most maxAliases.
func texts(list []h225.AliasAddress) []string {
	var out []string
	seen := map[string]bool{}
	for i := range list {
		t := aliasText(&list[i])
		if t == "" || seen[key(t)] || len(out) == maxAliases {
			continue
		}
		seen[key(t)] = true
		out = append(out, t)
	}
	return out
}

// dialled gives the texts of aliases that are called, to be shown: a PIN that was dialled
// behind a number (1001##4321, 1001#4321) is masked.
func dialled(list []h225.AliasAddress) []string {
	out := texts(list)
	for i, t := range out {
		out[i] = masked(t)
	}
	return out
}

// masked hides what follows a number's first '#'. What stands in front of it may be no
// number: another '#', or the address of a gateway with "##" (10.0.0.5##1001).
func masked(text string) string {
	number := strings.TrimLeft(text, "#")
	if host, rest, ok := strings.Cut(number, "##"); ok && strings.ContainsAny(host, ".:") {
		number = strings.TrimLeft(rest, "#")
	}
	digits := strings.IndexByte(number, '#')
	if digits < 0 || strings.Trim(number[digits:], "#") == "" {
		return text
	}
	pin := strings.TrimLeft(number[digits:], "#")
	return strings.TrimSuffix(text, pin) + "…"
}
