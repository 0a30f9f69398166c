package wire

import "io"

// bufferSize is what a reader keeps when no large message passes.
const bufferSize = 32 << 10

// Reader takes messages from a stream, many with one read.
type Reader struct {
	src  io.Reader
	buf  []byte
	r, w int // unread bytes are buf[r:w]
}

// NewReader reads from src.
func NewReader(src io.Reader) *Reader { return &Reader{src: src, buf: make([]byte, bufferSize)} }

// Buffered tells whether Next has a whole message at hand without reading.
func (r *Reader) Buffered() bool {
	_, n, err := Parse(r.buf[r.r:r.w])
	return n > 0 || err != nil
}

// Next gives the next message. Its payload is valid until the next call. The
// stream's end between two messages is io.EOF, inside one io.ErrUnexpectedEOF.
func (r *Reader) Next() (Message, error) {
	for {
		m, n, err := Parse(r.buf[r.r:r.w])
		if err != nil {
			return Message{}, err
		}
		if n > 0 {
			r.r += n
			return m, nil
		}
		if err := r.fill(); err != nil {
			return Message{}, err
		}
	}
}

// fill reads at least one byte more, behind what is unread.
func (r *Reader) fill() error {
	if err := r.room(); err != nil {
		return err
	}
	n, err := r.src.Read(r.buf[r.w:])
	r.w += n
	switch {
	case n > 0:
		return nil
	case err == nil:
		return io.ErrNoProgress
	case err == io.EOF && r.w > r.r:
		return io.ErrUnexpectedEOF
	}
	return err
}

// room makes place for the message that stands at the front. A large one gets
// a buffer of its own, which is given up afterwards.
func (r *Reader) room() error {
	unread := r.buf[r.r:r.w]
	need := bufferSize
	if len(unread) >= HeaderSize {
		_, n, err := parseHeader(unread)
		if err != nil {
			return err
		}
		need = max(need, HeaderSize+n)
	}
	switch {
	case need > len(r.buf), need == bufferSize && len(r.buf) > bufferSize && len(unread) < bufferSize:
		b := make([]byte, need)
		r.r, r.w, r.buf = 0, copy(b, unread), b
	case r.w == len(r.buf) || r.r == r.w:
		r.r, r.w = 0, copy(r.buf, unread)
	}
	return nil
}
