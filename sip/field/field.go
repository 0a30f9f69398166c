// Package field takes header values apart: lists, parameters, and texts for people.
package field

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Split cuts at a separator that is outside quotes and angle brackets. Empty
// parts are left out.
func Split(s string, sep byte) []string {
	var parts []string
	quoted, bracket, start := false, false, 0
	add := func(p string) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == sep && !bracket:
			add(s[start:i])
			start = i + 1
		}
	}
	add(s[start:])
	return parts
}

// Params reads the parameters behind the first part of a header value, names
// in lower case, quotes removed.
func Params(value string) (first string, p map[string]string) {
	parts := Split(value, ';')
	p = make(map[string]string, len(parts))
	for i, part := range parts {
		if i == 0 {
			first = part
			continue
		}
		name, v, _ := strings.Cut(part, "=")
		p[strings.ToLower(strings.TrimSpace(name))] = strings.Trim(strings.TrimSpace(v), `"`)
	}
	return first, p
}

// Clean bounds a string of the far end and makes it fit for people: valid
// UTF-8 without control characters, blanks trimmed.
func Clean(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u202e' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	for len(s) > most {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}
