package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// MaxPacket is the longest content of a TPKT, whose length counts its header.
const MaxPacket = 1<<16 - 1 - header

const header = 4

// DefaultStray is for Reader.Stray.
const DefaultStray = 16

// KeepAlive is an empty TPKT, which both ends of a connection may send at any time.
var KeepAlive = []byte{3, 0, 0, header}

// Errors of framing.
var (
	ErrFraming  = errors.New("wire: not a TPKT")
	ErrTooLong  = errors.New("wire: too long")
	errKeepGoes = errors.New("wire: keep-alive")
)

// Reader cuts a stream into TPKTs. Headers and contents may arrive in any pieces.
type Reader struct {
	// Limit is the longest content that is taken, MaxPacket if it is zero.
	Limit int
	// Stray is how many octets between packets may be none of a TPKT before the
	// stream is given up.
	Stray int

	in  *bufio.Reader
	buf []byte
}

// NewReader reads packets from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{Stray: DefaultStray, in: bufio.NewReaderSize(r, 2048)}
}

// Next gives the content of the next packet, which is valid until the following
// call. It is empty for a keep-alive. Within a packet the stream's end is
// io.ErrUnexpectedEOF.
func (r *Reader) Next() ([]byte, error) {
	n, err := r.length()
	switch {
	case err == errKeepGoes:
		return nil, nil
	case err != nil:
		return nil, err
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if _, err := io.ReadFull(r.in, b); err != nil {
		return nil, unexpected(err)
	}
	return b, nil
}

// length reads a header and gives the length of the content.
func (r *Reader) length() (int, error) {
	for stray := 0; ; stray++ {
		h, err := r.in.Peek(header)
		if err != nil {
			if len(h) > 0 {
				err = unexpected(err)
			}
			return 0, err
		}
		switch n := int(binary.BigEndian.Uint16(h[2:])); {
		case h[0] == 0 && (h[1] == 0 || h[1] == 3) && n <= header:
			// Tandberg (seen on C and MXP series): a keep-alive of four octets with
			// version and reserved octet exchanged, or of zeros.
			r.discard(header)
			return 0, errKeepGoes
		case h[0] != 3:
			if stray >= r.Stray {
				return 0, ErrFraming
			}
			r.discard(1)
		case n <= header: // the reserved octet is not looked at: some set it
			r.discard(header)
			return 0, errKeepGoes
		case n-header > r.limit():
			return 0, ErrTooLong
		default:
			r.discard(header)
			return n - header, nil
		}
	}
}

// discard skips octets that have been peeked at.
func (r *Reader) discard(n int) { _, _ = r.in.Discard(n) }

func (r *Reader) limit() int {
	if r.Limit <= 0 {
		return MaxPacket
	}
	return r.Limit
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendPacket appends a TPKT with the given content to b.
func AppendPacket(b, content []byte) ([]byte, error) {
	if len(content) > MaxPacket {
		return b, ErrTooLong
	}
	b = append(b, 3, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(len(content)+header))
	return append(b, content...), nil
}
