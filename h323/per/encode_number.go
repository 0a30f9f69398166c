package per

import "math/bits"

// Int writes a constrained whole number (X.691 11.5).
func (e *Encoder) Int(v, lo, hi int64) {
	if v < lo || v > hi {
		e.Fail(ErrRange)
		return
	}
	e.within(uint64(v)-uint64(lo), uint64(hi)-uint64(lo))
}

// within writes a number from 0 to span.
func (e *Encoder) within(v, span uint64) {
	switch {
	case span < 255:
		e.Bits(v, width(span))
	case span == 255:
		e.Align()
		e.Bits(v, 8)
	case span < 1<<16:
		e.Align()
		e.Bits(v, 16)
	default:
		n := unsignedOctets(v)
		e.within(uint64(n-1), uint64(unsignedOctets(span)-1))
		e.Align()
		e.Bits(v, n*8)
	}
}

// unsignedOctets and signedOctets give the fewest octets that hold v (X.691 11.3, 11.4).
func unsignedOctets(v uint64) int { return max(1, (bits.Len64(v)+7)/8) }

func signedOctets(v int64) int { return bits.Len64(uint64(v^v>>63))/8 + 1 }

// IntExtensible writes an INTEGER whose constraint has an extension marker.
func (e *Encoder) IntExtensible(v, lo, hi int64) {
	outside := v < lo || v > hi
	e.Bool(outside)
	if outside {
		e.Integer(v)
		return
	}
	e.Int(v, lo, hi)
}

// Integer writes an unconstrained INTEGER (X.691 11.8).
func (e *Encoder) Integer(v int64) {
	n := signedOctets(v)
	e.chunk(n)
	e.Bits(uint64(v), n*8)
}

// IntFrom writes a semi-constrained whole number (X.691 11.7).
func (e *Encoder) IntFrom(v, lo int64) {
	if v < lo {
		e.Fail(ErrRange)
		return
	}
	u := uint64(v) - uint64(lo)
	n := unsignedOctets(u)
	e.chunk(n)
	e.Bits(u, n*8)
}

// small writes a normally small non-negative whole number (X.691 11.6).
func (e *Encoder) small(n int) {
	e.Bool(n > 63)
	if n > 63 {
		e.IntFrom(int64(n), 0)
		return
	}
	e.Bits(uint64(n), 6)
}

// smallLength writes a normally small length, which is at least one (X.691 11.9.3.4).
func (e *Encoder) smallLength(n int) {
	e.Bool(n > 64)
	switch {
	case n <= 64:
		e.Bits(uint64(n-1), 6)
	case n < block:
		e.chunk(n)
	default:
		e.Fail(ErrUnsupported)
	}
}

// Enum writes an ENUMERATED with n values in its root.
func (e *Encoder) Enum(v, n int, extensible bool) {
	if v < 0 || v >= n && !extensible {
		e.Fail(ErrEnumerated)
		return
	}
	if extensible {
		e.Bool(v >= n)
	}
	if v >= n {
		e.small(v - n)
		return
	}
	e.Int(int64(v), 0, int64(n-1))
}

// Choice writes the index of a CHOICE with n alternatives in its root. The value
// of an alternative beyond them must be written as an open type.
func (e *Encoder) Choice(i, n int, extensible bool) { e.Enum(i, n, extensible) }
