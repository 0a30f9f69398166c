package per

// Value is a type that reads and writes itself.
type Value interface {
	Decode(*Decoder)
	Encode(*Encoder)
}

// Unmarshal reads a complete encoding (X.691 11.1) into v. Octets after it are
// ignored, as terminals pad.
func Unmarshal(b []byte, v Value) error {
	d := NewDecoder(b)
	v.Decode(d)
	return d.Err()
}

// Marshal gives the complete encoding of v.
func Marshal(v Value) ([]byte, error) { return Append(nil, v) }

// Append appends the complete encoding of v to b. An encoding has at least one
// octet (X.691 11.1.3).
func Append(b []byte, v Value) ([]byte, error) {
	e := Encoder{buf: b, start: len(b)}
	v.Encode(&e)
	if e.err != nil {
		return b, e.err
	}
	if len(e.buf) == e.start {
		e.buf = append(e.buf, 0)
	}
	return e.buf, nil
}

// Size is a constraint on a length.
type Size struct {
	lo, hi int
	ext    bool
}

// unlimited is the upper bound of a length that has none.
const unlimited = -1

// block is the unit of fragmentation, 16K (X.691 11.9.3.8), and limit the
// length from which on an upper bound no longer counts, 64K.
const (
	block = 16 << 10
	limit = 64 << 10
)

// Any is the size of a type without a size constraint.
func Any() Size { return Size{0, unlimited, false} }

// Fixed is SIZE (n).
func Fixed(n int) Size { return Size{n, n, false} }

// Range is SIZE (lo..hi).
func Range(lo, hi int) Size { return Size{lo, hi, false} }

// AtLeast is SIZE (lo..MAX).
func AtLeast(lo int) Size { return Size{lo, unlimited, false} }

// Extensible is the same size with an extension marker.
func (s Size) Extensible() Size { s.ext = true; return s }

func (s Size) fixed() bool       { return s.lo == s.hi && s.hi < limit }
func (s Size) constrained() bool { return s.hi != unlimited && s.hi < limit }
func (s Size) holds(n int) bool  { return n >= s.lo && (s.hi == unlimited || n <= s.hi) }
