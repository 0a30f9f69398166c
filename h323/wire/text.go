package wire

import (
	"bytes"
	"unicode/utf8"
)

// Text gives what a Display or digits say. Terminals send ASCII or UTF-8, older ones
// Latin-1, some with a NUL or blanks at the end, and some with a character set's octet
// in front.
func Text(b []byte) string {
	if len(b) > 0 && b[0] == 0xb1 {
		b = b[1:]
	}
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimRight(b, " \r\n")
	if utf8.Valid(b) {
		return string(b)
	}
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}
