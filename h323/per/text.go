package per

import (
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a character string of one octet a character (X.691 30).
func (d *Decoder) Text(a *Alphabet, size Size) string {
	b := []byte{}
	d.chars(size, a.bits, func(n int) {
		if a.char == nil && d.pos&7 == 0 {
			b = append(b, d.octets(n)...)
			return
		}
		for range n {
			c, ok := a.decode(byte(d.Bits(a.bits)))
			if !ok {
				d.fail(ErrAlphabet)
				return
			}
			b = append(b, c)
		}
	})
	return string(b)
}

// BMP reads a BMPString as UTF-8. Surrogates without their other half, which
// UTF-8 has no place for, become three octets each and are written back as they were.
func (d *Decoder) BMP(size Size) string {
	b := []byte{}
	high := rune(0)
	d.chars(size, 16, func(n int) {
		for range n {
			u := rune(d.Bits(16))
			if whole := utf16.DecodeRune(high, u); high != 0 && whole != utf8.RuneError {
				b, high = utf8.AppendRune(b[:len(b)-3], whole), 0
				continue
			}
			b, high = appendUnit(b, u)
		}
	})
	return string(b)
}

// appendUnit appends a UTF-16 unit, and gives it back if it may be the first of two.
func appendUnit(b []byte, u rune) (_ []byte, high rune) {
	if !utf16.IsSurrogate(u) {
		return utf8.AppendRune(b, u), 0
	}
	if u < 0xdc00 {
		high = u
	}
	return append(b, 0xe0|byte(u>>12), 0x80|byte(u>>6)&0xbf, 0x80|byte(u)&0xbf), high
}

// chars reads the length of a string and has its characters read by the given
// function, a fragment at a time.
func (d *Decoder) chars(size Size, bits int, read func(n int)) {
	size = d.root(size)
	n, more := d.length(size)
	if n > 0 && !loose(size, bits) {
		d.Align()
	}
	total := 0
	for {
		if n*bits > d.end-d.pos {
			d.fail(ErrTruncated)
		}
		if d.err != nil || !d.charge(4*n) {
			return
		}
		read(n)
		if total += n; !more || d.err != nil {
			break
		}
		n, more = d.chunk()
	}
	if d.err == nil && !size.holds(total) {
		d.fail(ErrSize)
	}
}

// GeneralString reads a string that is not of a known-multiplier type (X.691 30.6), as
// it is.
func (d *Decoder) GeneralString() string {
	b := d.fragments()
	if !d.charge(len(b)) {
		return ""
	}
	return string(b)
}

// Text writes a character string of one octet a character.
func (e *Encoder) Text(s string, a *Alphabet, size Size) {
	e.chars(len(s), size, a.bits, func(i int) uint64 {
		v, ok := a.encode(s[i])
		if !ok {
			e.Fail(ErrAlphabet)
		}
		return uint64(v)
	})
}

// BMP writes UTF-8 as a BMPString; its size counts UTF-16 units.
func (e *Encoder) BMP(s string, size Size) {
	u := bmpUnits(s)
	e.chars(len(u), size, 16, func(i int) uint64 { return uint64(u[i]) })
}

// bmpUnits gives the UTF-16 units of s, with lone surrogates as Decoder.BMP gives
// them. Other malformed octets are taken for Latin-1.
func bmpUnits(s string) []uint16 {
	u := make([]uint16, 0, len(s))
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r != utf8.RuneError || n != 1:
			u = utf16.AppendRune(u, r)
		case surrogate(s):
			u, n = append(u, uint16(s[0]&0xf)<<12|uint16(s[1]&0x3f)<<6|uint16(s[2]&0x3f)), 3
		default:
			u = append(u, uint16(s[0]))
		}
		s = s[n:]
	}
	return u
}

func surrogate(s string) bool {
	return len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80
}

// chars writes the length of a string of n characters, and them.
func (e *Encoder) chars(n int, size Size, bits int, char func(int) uint64) {
	size = e.root(size, n)
	take, more := e.length(size, n)
	if take > 0 && !loose(size, bits) {
		e.Align()
	}
	for i := 0; e.err == nil; {
		for range take {
			e.Bits(char(i), bits)
			i++
		}
		if !more {
			break
		}
		take, more = e.chunk(n - i)
	}
}

// GeneralString writes a string that is not of a known-multiplier type.
func (e *Encoder) GeneralString(s string) { e.fragments([]byte(s)) }
