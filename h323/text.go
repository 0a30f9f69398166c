package h323

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/roombridge/roombridge/h323/wire"
)

// Bounds of what is kept of a far end's description, bytes.
const (
	maxAlias  = 128
	maxName   = 128
	maxDevice = 128
	maxNumber = 256
)

// clean makes a string of the network fit for logs, the API and pages: valid UTF-8,
// no control characters, no blanks around it, bounded.
func clean(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u202e' || r == '\ufeff' {
			return -1
		}
		return r
	}, s)
	return shorten(strings.TrimSpace(s), most)
}

// shorten cuts a text to at most so many bytes, between characters.
func shorten(s string, most int) string {
	for len(s) > most {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// nameOf reads a name of 8 bits a character: UTF-8, else Windows-1251 where it looks
// like Cyrillic, else Latin-1.
func nameOf(b []byte) string {
	trimmed := b
	if len(trimmed) > 0 && trimmed[0] == 0xb1 { // a character set's octet in front
		trimmed = trimmed[1:]
	}
	if !utf8.Valid(trimmed) && cyrillic(trimmed) {
		return clean(windows1251(trimmed), maxName)
	}
	return clean(wire.Text(b), maxName)
}

// cyrillic tells whether 8-bit text is more likely Windows-1251 than Latin-1: three
// letters of its upper half in a row are a word there, and hardly ever in a language
// that is written with accents. ViaVideo 8.0 (Polycom) sends such names.
func cyrillic(b []byte) bool {
	run := 0
	for _, c := range b {
		if c < 0xc0 {
			run = 0
			continue
		}
		if run++; run == 3 {
			return true
		}
	}
	return false
}

// windows1251 reads the letters of that code page; what is no letter stays Latin-1.
func windows1251(b []byte) string {
	r := make([]rune, 0, len(b))
	for _, c := range b {
		switch {
		case c == 0:
			return string(r)
		case c >= 0xc0:
			r = append(r, 'А'+rune(c-0xc0))
		case c == 0xa8:
			r = append(r, 'Ё')
		case c == 0xb8:
			r = append(r, 'ё')
		default:
			r = append(r, rune(c))
		}
	}
	return string(r)
}

// wide reads text that came as a BMPString. Huawei TE puts the bytes of UTF-8 into
// its characters, one in each.
func wide(s string) string {
	b := make([]byte, 0, len(s))
	high := false
	for _, r := range s {
		if r > 0xff {
			return s
		}
		high = high || r >= 0x80
		b = append(b, byte(r))
	}
	if high && utf8.Valid(b) {
		return string(b)
	}
	return s
}

// bmp shortens text to so many characters of a BMPString. Those beyond the basic
// plane are two there.
func bmp(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > most {
			return s[:i]
		}
	}
	return s
}

// vendorText reads an OCTET STRING that holds a product or version: some makers end
// it with a NUL.
func vendorText(b []byte) string { return clean(wire.Text(b), maxDevice) }
