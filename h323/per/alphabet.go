package per

import "strings"

// Alphabet is the permitted alphabet of a known-multiplier character string type
// of one octet a character (X.691 30.5).
type Alphabet struct {
	bits  int       // of a character
	value [256]int8 // what is written for a character; negative: not permitted
	char  []byte    // the character for what is read; nil: any octet is itself
}

// Alphabets without a constraint. Their seven bits take eight when aligned, and
// the eighth is not looked at: terminals put names in UTF-8 or an old code page
// where only ASCII is allowed.
var (
	IA5       = &Alphabet{bits: 8}
	Printable = IA5
	Visible   = IA5
	Numeric   = NewAlphabet(" 0123456789")
)

// NewAlphabet makes the alphabet of a FROM constraint, whose at most 128
// characters may come in any order.
func NewAlphabet(chars string) *Alphabet {
	a := &Alphabet{bits: 1}
	for 1<<a.bits < len(chars) {
		a.bits *= 2 // 30.5.2: a power of two
	}
	var last byte
	for i := range chars {
		last = max(last, chars[i])
	}
	own := int(last) < 1<<a.bits // 30.5.4: the character's own value, or its index
	a.char = make([]byte, 1<<a.bits)
	next := 0
	for c := range a.value {
		a.value[c] = -1
		if strings.IndexByte(chars, byte(c)) < 0 {
			continue
		}
		if own {
			next = c
		}
		a.value[c], a.char[next] = int8(next), byte(c)
		next++
	}
	return a
}

// decode gives the character for what was read.
func (a *Alphabet) decode(v byte) (c byte, ok bool) {
	if a.char == nil {
		return v, true
	}
	c = a.char[v]
	return c, c != 0
}

// encode gives what is written for a character.
func (a *Alphabet) encode(c byte) (v byte, ok bool) {
	if a.char == nil {
		return c, true
	}
	return byte(a.value[c]), a.value[c] >= 0
}

// loose tells whether a string may begin within an octet: when all its characters
// surely fit in two octets (X.691 30.5.6, 30.5.7).
func loose(size Size, bits int) bool {
	switch {
	case size.fixed():
		return size.hi*bits <= 16
	case size.constrained():
		return size.hi*bits < 16
	}
	return false
}
