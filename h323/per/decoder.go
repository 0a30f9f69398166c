package per

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// maxDepth bounds nesting; messages of terminals stay below 30.
const maxDepth = 64

// A decoder may allocate baseBudget octets, and factor more for each octet of
// its input. A capability of four octets takes half a kilobyte as Go value.
const (
	baseBudget = 16 << 10
	factor     = 256
)

// firstElements is for how many elements of a list there is room from the start; what
// more are claimed has to arrive first.
const firstElements = 8

// Decoder reads an encoding. After an error it gives zero values, and Err
// tells the first one.
type Decoder struct {
	buf      []byte
	pos, end int // in bits
	base     int // where buf begins in the input, in bits
	depth    int
	budget   int
	skip     bool
	err      error
	slabs    [16]any // *slab of a type, or a nil pointer to it when it came once
	types    int
	uint8s   slab[uint8]
	uint16s  slab[uint16]
	uint32s  slab[uint32]
	oid      OID    // the last one read
	arcs     []byte // and its encoding
}

// NewDecoder reads b, which must not change meanwhile. Decoded values do not
// refer to it.
func NewDecoder(b []byte) *Decoder {
	return &Decoder{buf: b[:len(b):len(b)], end: len(b) * 8, budget: baseBudget + factor*len(b)}
}

// SkipUnknown makes the decoder drop unknown extension additions rather than
// keep them in the value.
func (d *Decoder) SkipUnknown() { d.skip = true }

// Err gives the first error.
func (d *Decoder) Err() error { return d.err }

// Offset tells how many octets have been read, a part of one included.
func (d *Decoder) Offset() int { return (d.pos + 7) / 8 }

// fail keeps the first error and leaves nothing to read.
func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = &Error{d.base + d.pos, err}
	}
	d.pos, d.end = 0, 0
}

// Enter begins a nested value. When it says false the value stays empty.
func (d *Decoder) Enter() bool {
	if d.depth >= maxDepth {
		d.fail(ErrDepth)
	}
	d.depth++
	return d.err == nil
}

// Leave ends what Enter began.
func (d *Decoder) Leave() { d.depth-- }

// charge accounts for an allocation of n octets.
func (d *Decoder) charge(n int) bool {
	if d.budget -= n; d.budget < 0 {
		d.fail(ErrBudget)
	}
	return d.err == nil
}

// Bits reads an unaligned bit-field of at most 64 bits (X.691 11.2).
func (d *Decoder) Bits(n int) uint64 {
	if n > d.end-d.pos {
		d.fail(ErrTruncated)
		return 0
	}
	at, shift := d.pos>>3, d.pos&7
	if n <= 56 && at+8 <= cap(d.buf) { // beyond an open type more of the input follows
		d.pos += n
		return binary.BigEndian.Uint64(d.buf[at:at+8]) << shift >> 1 >> (63 - n)
	}
	return d.lastBits(n)
}

// lastBits reads bits octet by octet, at the end of the input and where there are many.
func (d *Decoder) lastBits(n int) (v uint64) {
	for n > 0 {
		left := 8 - d.pos&7
		take := min(n, left)
		v = v<<take | uint64(d.buf[d.pos>>3]>>(left-take)&(1<<take-1))
		d.pos += take
		n -= take
	}
	return v
}

// Bool reads a BOOLEAN (X.691 12), an extension bit or a presence bit.
func (d *Decoder) Bool() bool {
	if d.pos >= d.end {
		d.fail(ErrTruncated)
		return false
	}
	v := d.buf[d.pos>>3] << (d.pos & 7)
	d.pos++
	return v >= 0x80
}

// octet reads an octet, aligned.
func (d *Decoder) octet() uint64 {
	at := (d.pos + 7) >> 3
	if at*8+8 > d.end {
		d.fail(ErrTruncated)
		return 0
	}
	d.pos = at*8 + 8
	return uint64(d.buf[at])
}

// Align goes on at the next octet (X.691 11.2.7).
func (d *Decoder) Align() { d.pos = (d.pos + 7) &^ 7 }

// octets gives the next n octets of the input, aligned.
func (d *Decoder) octets(n int) []byte {
	d.Align()
	if n > (d.end-d.pos)/8 {
		d.fail(ErrTruncated)
		return nil
	}
	b := d.buf[d.pos>>3:][:n]
	d.pos += n * 8
	return b
}

// chunk reads a length without upper bound (X.691 11.9.3.5 to 11.9.3.8). When
// more is true, another follows after n units.
func (d *Decoder) chunk() (n int, more bool) {
	first := int(d.octet())
	switch {
	case first < 0x80:
		return first, false
	case first < 0xc0:
		return first&0x3f<<8 | int(d.octet()), false
	case first&0x3f == 0 || first&0x3f > 4:
		d.fail(ErrFragment)
		return 0, false
	}
	return first & 0x3f * block, true
}

// fragments reads the octets of a length-prefixed field. The result refers to
// the input unless the field came in several fragments.
func (d *Decoder) fragments() []byte {
	n, more := d.chunk()
	b := d.octets(n)
	if !more {
		return b
	}
	whole := []byte(nil)
	for {
		if !d.charge(len(b)) {
			return nil
		}
		whole = append(whole, b...)
		if !more {
			return whole
		}
		n, more = d.chunk()
		b = d.octets(n)
	}
}

// Window is the place to go back to after an open type.
type Window struct {
	buf            []byte
	pos, end, base int
}

// Open enters an open type (X.691 11.2): until Close the decoder sees nothing but
// its octets. In one that came in fragments, positions of errors are near the place.
func (d *Decoder) Open() Window {
	b := d.fragments()
	w := Window{d.buf, d.pos, d.end, d.base}
	if d.err == nil {
		d.base += d.pos - len(b)*8
		d.buf, d.pos, d.end = b, 0, len(b)*8
	}
	return w
}

// Close leaves an open type, whatever is left of it.
func (d *Decoder) Close(w Window) {
	if d.err == nil {
		d.buf, d.pos, d.end, d.base = w.buf, w.pos, w.end, w.base
	}
}

// List reads a SEQUENCE OF or SET OF (X.691 20, 21) whose elements read
// themselves.
func List[T any, P pointed[T]](d *Decoder, size Size) []T {
	return list(d, size, func(d *Decoder, v *T) { P(v).Decode(d) })
}

// ListOf reads a SEQUENCE OF or SET OF with the given reader of an element.
func ListOf[T any](d *Decoder, size Size, element func(*Decoder) T) []T {
	return list(d, size, func(d *Decoder, v *T) { *v = element(d) })
}

// list grows as elements come, not as their number is claimed.
func list[T any](d *Decoder, size Size, read func(*Decoder, *T)) []T {
	size = d.root(size)
	n, more := d.length(size)
	list := []T{}
	if n > 0 {
		list = take[T](d, min(n, firstElements))[:0]
	}
	for {
		for i := range n {
			var zero T
			if !d.charge(max(1, int(unsafe.Sizeof(zero)))) {
				return list
			}
			at := len(list)
			if at == cap(list) {
				list = append(list, make([]T, min(n-i, max(at, 1)))...)
			}
			list = list[:at+1]
			if read(d, &list[at]); d.err != nil {
				return list
			}
		}
		if !more {
			break
		}
		n, more = d.chunk()
	}
	if !size.holds(len(list)) {
		d.fail(ErrSize)
	}
	return list
}

// root gives the size that counts where one has an extension marker.
func (d *Decoder) root(size Size) Size {
	if size.ext && d.Bool() {
		return Any()
	}
	size.ext = false
	return size
}

// length reads the length of a list or string (X.691 11.9.4); when more is true,
// another one follows after n units.
func (d *Decoder) length(size Size) (n int, more bool) {
	switch {
	case size.fixed():
		return size.lo, false
	case size.constrained():
		return int(d.Int(int64(size.lo), int64(size.hi))), false
	}
	return d.chunk()
}

// width gives the bits that a number up to n takes.
func width(n uint64) int { return bits.Len64(n) }
