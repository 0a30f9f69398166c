package per

// Int reads a constrained whole number (X.691 11.5).
func (d *Decoder) Int(lo, hi int64) int64 {
	span := uint64(hi) - uint64(lo)
	v := d.within(span)
	if v > span {
		d.fail(ErrRange)
		return lo
	}
	return int64(uint64(lo) + v)
}

// within reads a number from 0 to span.
func (d *Decoder) within(span uint64) uint64 {
	switch {
	case span < 255: // a bit-field (11.5.7.1)
		return d.Bits(width(span))
	case span == 255: // one octet (11.5.7.2)
		return d.octet()
	case span < 1<<16: // two octets (11.5.7.3)
		return d.octet()<<8 | d.octet()
	}
	n := 1 + int(d.within(uint64((width(span)+7)/8-1))) // indefinite length (11.5.7.4)
	d.Align()
	if n > 8 {
		d.fail(ErrRange)
		return 0
	}
	return d.Bits(n * 8)
}

// IntExtensible reads an INTEGER whose constraint has an extension marker (X.691 13.1).
func (d *Decoder) IntExtensible(lo, hi int64) int64 {
	if d.Bool() {
		return d.Integer()
	}
	return d.Int(lo, hi)
}

// Integer reads an unconstrained INTEGER (X.691 11.8).
func (d *Decoder) Integer() int64 {
	n, v := d.number()
	if n == 0 || d.err != nil {
		return 0
	}
	shift := 64 - 8*n
	return int64(v<<shift) >> shift
}

// IntFrom reads a semi-constrained whole number, INTEGER (lo..MAX) (X.691 11.7).
func (d *Decoder) IntFrom(lo int64) int64 {
	_, v := d.number()
	if v > uint64(1<<63-1)-uint64(max(lo, 0)) {
		d.fail(ErrUnsupported)
		return lo
	}
	return lo + int64(v)
}

// number reads a length and as many octets, of which eight may count.
func (d *Decoder) number() (n int, v uint64) {
	n, more := d.chunk()
	if more || n == 0 && d.err == nil {
		d.fail(ErrUnsupported)
		return 0, 0
	}
	b := d.octets(n)
	for len(b) > 8 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	if len(b) > 8 {
		d.fail(ErrUnsupported)
		return 0, 0
	}
	for _, o := range b {
		v = v<<8 | uint64(o)
	}
	return len(b), v
}

// small reads a normally small non-negative whole number (X.691 11.6).
func (d *Decoder) small() int {
	if !d.Bool() {
		return int(d.Bits(6))
	}
	if v := d.IntFrom(0); v < 1<<31 {
		return int(v)
	}
	d.fail(ErrUnsupported)
	return 0
}

// smallLength reads a normally small length, which is at least one (X.691 11.9.3.4).
func (d *Decoder) smallLength() int {
	if !d.Bool() {
		return int(d.Bits(6)) + 1
	}
	n, more := d.chunk()
	if more || n == 0 {
		d.fail(ErrUnsupported)
	}
	return n
}

// Enum reads an ENUMERATED with n values in its root (X.691 14). Values of the
// extension follow those of the root.
func (d *Decoder) Enum(n int, extensible bool) int {
	if extensible && d.Bool() {
		return n + d.small()
	}
	if n <= 255 { // a bit-field, as almost always
		v := int(d.Bits(width(uint64(n - 1))))
		if v >= n {
			d.fail(ErrRange)
			return 0
		}
		return v
	}
	return int(d.Int(0, int64(n-1)))
}

// Choice reads the index of a CHOICE with n alternatives in its root (X.691 23).
// Alternatives of the extension follow those of the root, and their values are
// open types. It is negative after an error.
func (d *Decoder) Choice(n int, extensible bool) int {
	i := d.Enum(n, extensible)
	if d.err != nil {
		return -1
	}
	return i
}
