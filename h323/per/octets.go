package per

import (
	"encoding/hex"
	"fmt"
)

// Octets is an OCTET STRING or the content of an open type; as text it is in hex.
type Octets []byte

// MarshalText gives the octets in hex.
func (o Octets) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, o), nil }

// String gives the octets in hex.
func (o Octets) String() string { return hex.EncodeToString(o) }

// BitString is a BIT STRING: Len bits from the highest of the first octet on.
type BitString struct {
	Bytes []byte
	Len   int
}

// String gives the octets in hex and the number of bits.
func (b BitString) String() string { return fmt.Sprintf("%x/%d", b.Bytes, b.Len) }

// MarshalText gives the same as String.
func (b BitString) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Octets reads an OCTET STRING (X.691 17).
func (d *Decoder) Octets(size Size) Octets {
	b := bitBuffer{octets: []byte{}}
	d.units(size, 8, 16, &b)
	return b.octets
}

// OpenType reads an open type as octets (X.691 11.2).
func (d *Decoder) OpenType() Octets {
	b := d.fragments()
	if !d.charge(len(b)) {
		return nil
	}
	return content(b)
}

// BitString reads a BIT STRING (X.691 16).
func (d *Decoder) BitString(size Size) BitString {
	b := bitBuffer{octets: []byte{}}
	d.units(size, 1, 16, &b)
	return BitString{b.octets, b.n}
}

// bitBuffer collects bits, whole octets at a time when it can.
type bitBuffer struct {
	octets []byte
	n      int
}

// units reads a string of units of some bits each (X.691 16.8 to 16.11, 17.5 to
// 17.8): one of fixed length is aligned when it is longer than the given number of
// bits, one of variable length always.
func (d *Decoder) units(size Size, unit, unaligned int, b *bitBuffer) {
	size = d.root(size)
	n, more := d.length(size)
	if n > 0 && (!size.fixed() || n*unit > unaligned) {
		d.Align()
	}
	for {
		d.take(n*unit, b)
		if !more || d.err != nil {
			break
		}
		n, more = d.chunk()
	}
	if d.err == nil && !size.holds(b.n/unit) {
		d.fail(ErrSize)
	}
}

// take moves n bits to the buffer, which holds whole octets until the last call.
func (d *Decoder) take(n int, b *bitBuffer) {
	if n > d.end-d.pos {
		d.fail(ErrTruncated)
	}
	if d.err != nil || !d.charge((n+7)/8) {
		return
	}
	b.n += n
	if d.pos&7 == 0 {
		b.octets = append(b.octets, d.buf[d.pos>>3:][:n/8]...)
		d.pos += n &^ 7
		n &= 7
	}
	for ; n > 0; n -= 8 {
		here := min(n, 8)
		b.octets = append(b.octets, byte(d.Bits(here))<<(8-here))
	}
}

// Octets writes an OCTET STRING.
func (e *Encoder) Octets(b []byte, size Size) { e.units(b, len(b), size, 8, 16) }

// OpenType writes an open type whose content is given; it has at least one octet.
func (e *Encoder) OpenType(b []byte) {
	if len(b) == 0 {
		b = []byte{0}
	}
	e.fragments(b)
}

// BitString writes a BIT STRING.
func (e *Encoder) BitString(b BitString, size Size) {
	if b.Len < 0 || b.Len > 8*len(b.Bytes) {
		e.Fail(ErrSize)
		return
	}
	e.units(b.Bytes, b.Len, size, 1, 16)
}

// units writes n units of some bits each.
func (e *Encoder) units(b []byte, n int, size Size, unit, unaligned int) {
	size = e.root(size, n)
	take, more := e.length(size, n)
	if take > 0 && (!size.fixed() || n*unit > unaligned) {
		e.Align()
	}
	for at := 0; e.err == nil; {
		e.put(b[at/8:], take*unit)
		at += take * unit
		n -= take
		if !more {
			break
		}
		take, more = e.chunk(n)
	}
}

// put writes the first n bits of b.
func (e *Encoder) put(b []byte, n int) {
	if e.free == 0 {
		e.buf = append(e.buf, b[:n/8]...)
		b, n = b[n/8:], n&7
	}
	for i := 0; n > 0; i++ {
		here := min(n, 8)
		e.Bits(uint64(b[i]>>(8-here)), here)
		n -= here
	}
}
