package per

// Encoder writes an encoding. After an error it writes nothing more of use, and
// Err tells the first one.
type Encoder struct {
	buf   []byte
	start int
	free  int // unused bits of the last octet
	err   error
}

// NewEncoder begins an empty encoding.
func NewEncoder() *Encoder { return &Encoder{} }

// Err gives the first error.
func (e *Encoder) Err() error { return e.err }

// Bytes gives what has been written.
func (e *Encoder) Bytes() []byte { return e.buf[e.start:] }

// Fail keeps the first error.
func (e *Encoder) Fail(err error) {
	if e.err == nil {
		e.err = &Error{(len(e.buf)-e.start)*8 - e.free, err}
	}
}

// Bits writes an unaligned bit-field of at most 64 bits.
func (e *Encoder) Bits(v uint64, n int) {
	for n > 0 {
		if e.free == 0 {
			e.buf = append(e.buf, 0)
			e.free = 8
		}
		take := min(n, e.free)
		n -= take
		e.free -= take
		e.buf[len(e.buf)-1] |= byte(v>>n) & (1<<take - 1) << e.free
	}
}

// Bool writes a BOOLEAN, an extension bit or a presence bit.
func (e *Encoder) Bool(v bool) {
	if v {
		e.Bits(1, 1)
	} else {
		e.Bits(0, 1)
	}
}

// Align goes on at the next octet.
func (e *Encoder) Align() { e.free = 0 }

func (e *Encoder) octets(b []byte) {
	e.Align()
	e.buf = append(e.buf, b...)
}

// chunk writes a length for at most n units, and tells for how many. When it is
// a whole number of blocks another length must follow (X.691 11.9.3.8).
func (e *Encoder) chunk(n int) (take int, more bool) {
	e.Align()
	switch {
	case n < 0x80:
		e.buf = append(e.buf, byte(n))
		return n, false
	case n < block:
		e.buf = append(e.buf, byte(0x80|n>>8), byte(n))
		return n, false
	}
	m := min(n/block, 4)
	e.buf = append(e.buf, byte(0xc0|m))
	return m * block, true
}

func (e *Encoder) fragments(b []byte) {
	for more := true; more; {
		var n int
		n, more = e.chunk(len(b))
		e.octets(b[:n])
		b = b[n:]
	}
}

// Open begins an open type, and gives what Close needs to end it. Its content is
// written in place.
func (e *Encoder) Open() int {
	e.Align()
	e.buf = append(e.buf, 0)
	return len(e.buf)
}

// Close ends an open type: its length is put before its content. The content has
// at least one octet (X.691 11.1.3).
func (e *Encoder) Close(start int) {
	e.Align()
	if len(e.buf) == start {
		e.buf = append(e.buf, 0)
	}
	switch n := len(e.buf) - start; {
	case n < 0x80:
		e.buf[start-1] = byte(n)
	case n < block:
		e.buf = append(e.buf, 0)
		copy(e.buf[start+1:], e.buf[start:])
		e.buf[start-1], e.buf[start] = byte(0x80|n>>8), byte(n)
	default:
		content := append([]byte(nil), e.buf[start:]...)
		e.buf = e.buf[:start-1]
		e.fragments(content)
	}
}

// EncodeList writes a SEQUENCE OF or SET OF whose elements write themselves.
func EncodeList[T any, P pointed[T]](e *Encoder, size Size, list []T) {
	e.list(size, len(list), func(i int) { P(&list[i]).Encode(e) })
}

// EncodeListOf writes a SEQUENCE OF or SET OF with the given writer of an element.
func EncodeListOf[T any](e *Encoder, size Size, list []T, element func(*Encoder, T)) {
	e.list(size, len(list), func(i int) { element(e, list[i]) })
}

func (e *Encoder) list(size Size, n int, element func(int)) {
	size = e.root(size, n)
	take, more := e.length(size, n)
	for i := 0; ; {
		for range take {
			element(i)
			i++
		}
		if !more || e.err != nil {
			return
		}
		take, more = e.chunk(n - i)
	}
}

// root gives the size that counts for n units where one has an extension marker.
func (e *Encoder) root(size Size, n int) Size {
	if size.ext {
		e.Bool(!size.holds(n))
		if !size.holds(n) {
			return Any()
		}
	}
	size.ext = false
	return size
}

// length writes the length of a list or string (X.691 11.9.4), or the first of
// several when more is true.
func (e *Encoder) length(size Size, n int) (take int, more bool) {
	switch {
	case !size.holds(n):
		e.Fail(ErrSize)
		return 0, false
	case size.fixed():
		return n, false
	case size.constrained():
		e.Int(int64(n), int64(size.lo), int64(size.hi))
		return n, false
	}
	return e.chunk(n)
}
