package sip

import (
	"bytes"
	"errors"
	"strconv"
)

// Sizes of messages. Offers of room systems reach 4.2 kB (INTEROP 1.17); the
// rest is room for routes, certificates and multipart bodies.
const (
	maxMessage = 64 << 10
	maxHead    = 16 << 10
)

// What a stream can break.
var (
	errTooLarge = errors.New("message too large")
	errNoLength = errors.New("no valid Content-Length on a stream")
)

// framer cuts a byte stream into messages, wherever the reads cut it.
type framer struct {
	buf   []byte
	crlfs int // line ends since the last message, RFC 5626 3.5.1
}

// push adds what a read brought.
func (f *framer) push(b []byte) { f.buf = append(f.buf, b...) }

// partial tells whether a message has begun and is not complete.
func (f *framer) partial() bool { return len(f.buf) > 0 }

// next gives the next complete message, or nil when more bytes are needed.
// pings is the number of double CRLF before it, each of which wants a CRLF
// (RFC 5626 4.4.1). The message is valid until the next push. After an error
// the stream has no boundary to go on from; the message holds what there is.
func (f *framer) next() (msg []byte, pings int, err error) {
	pings = f.skipBlank()
	if len(f.buf) == 0 {
		return nil, pings, nil
	}
	head, ok := headEnd(f.buf)
	if !ok {
		if len(f.buf) > maxHead {
			return nil, pings, errTooLarge
		}
		return nil, pings, nil
	}
	if head > maxHead {
		return f.buf[:maxHead], pings, errTooLarge
	}
	n, ok := contentLength(f.buf[:head])
	if !ok {
		return f.buf[:head], pings, errNoLength
	}
	if n > maxMessage-head {
		return f.buf[:head], pings, errTooLarge
	}
	if len(f.buf) < head+n {
		return nil, pings, nil
	}
	msg, f.buf, f.crlfs = f.buf[:head+n:head+n], f.buf[head+n:], 0
	return msg, pings, nil
}

// skipBlank drops line ends and zero bytes between messages (RFC 3261 7.5;
// zero bytes are the keep-alive of some terminals) and counts double CRLF.
func (f *framer) skipBlank() (pings int) {
	i := 0
	for i < len(f.buf) {
		switch f.buf[i] {
		case '\n':
			if f.crlfs++; f.crlfs%2 == 0 {
				pings++
			}
		case '\r', 0:
		default:
			f.buf = f.buf[i:]
			return pings
		}
		i++
	}
	f.buf = f.buf[:0]
	return pings
}

// headEnd finds the end of the header section: the first empty line, whether
// lines end in CRLF or in LF alone.
func headEnd(b []byte) (int, bool) {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			return 0, false
		}
		if line := b[i : i+n]; i > 0 && (len(line) == 0 || len(line) == 1 && line[0] == '\r') {
			return i + n + 1, true
		}
		i += n + 1
	}
}

// contentLength reads the Content-Length of a header section; false when it
// is missing, repeated with another value, or no number.
func contentLength(head []byte) (int, bool) {
	found := -1
	for line := range bytes.Lines(head) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || found >= 0 && found != int(n) {
			return 0, false
		}
		found = int(n)
	}
	return max(found, 0), found >= 0
}
