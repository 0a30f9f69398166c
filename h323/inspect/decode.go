package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/wire"
)

// Error tells what is wrong with a message and where.
type Error struct {
	In     string // the part that is wrong
	Offset int    // the octet of the input where the part that could not be read begins
	Bit    int    // and the bit of that octet, from 0
	Err    error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: octet %d", e.In, e.Offset)
	if e.Bit > 0 {
		s += fmt.Sprintf(", bit %d", e.Bit)
	}
	return s + ": " + e.Err.Error()
}

// Unwrap gives the kind of error.
func (e *Error) Unwrap() error { return e.Err }

// ErrEmpty is for no input.
var ErrEmpty = errors.New("no octets")

// Decode reads the messages in b: one, or several where they come in TPKTs. With an
// error it gives what could be read.
func Decode(kind Kind, b []byte) ([]*Message, error) {
	switch kind {
	case H225, H245, RAS:
	default:
		return nil, fmt.Errorf("%q is none of %s, %s and %s", kind, H225, H245, RAS)
	}
	if len(b) == 0 {
		return nil, ErrEmpty
	}
	r := reader{kind: kind, whole: b}
	if kind == RAS || !packets(b) {
		err := r.message(&Message{}, b, 0)
		return r.list, err
	}
	for at := 0; at < len(b); {
		n := int(binary.BigEndian.Uint16(b[at+2:]))
		if err := r.message(&Message{TPKT: true}, b[at+tpkt:at+n], at+tpkt); err != nil {
			return r.list, err
		}
		at += n
	}
	return r.list, nil
}

const tpkt = 4 // octets of a TPKT's header (RFC 1006 6)

// packets tells whether b is made of whole TPKTs. That their lengths add up tells them
// from a message that begins with the same octets.
func packets(b []byte) bool {
	for len(b) > 0 {
		if len(b) < tpkt || b[0] != 3 {
			return false
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < tpkt || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// reader reads the messages of one input.
type reader struct {
	kind  Kind
	whole []byte
	list  []*Message
}

// message reads what b holds, which begins at an octet of the input.
func (r *reader) message(m *Message, b []byte, at int) error {
	r.list = append(r.list, m)
	if len(b) == 0 {
		return nil
	}
	switch r.kind {
	case H245:
		m.H245 = &h245.MultimediaSystemControlMessage{}
		return r.value(m, "H.245", m.H245, b, at)
	case RAS:
		m.RAS = &h225.RasMessage{}
		return r.value(m, "RAS", m.RAS, b, at)
	}
	return r.signalling(m, b, at)
}

// signalling reads an H.225.0 message, which a Q.931 message may be around.
func (r *reader) signalling(m *Message, b []byte, at int) error {
	if m.TPKT || q931(b) {
		q, err := wire.Parse(b)
		if err != nil {
			return &Error{In: "Q.931", Offset: at, Err: err}
		}
		m.Q931 = describe(q)
		payload, ok := q.Payload()
		if !ok {
			return nil
		}
		at += bytes.LastIndex(b, payload) // payload is a part of b
		b = payload
	}
	m.H225 = &h225.H323UserInformation{}
	if err := r.value(m, "H.225.0", m.H225, b, at); err != nil {
		return err
	}
	var err error
	if m.Tunnelled, err = inner[h245.MultimediaSystemControlMessage](r, "tunnelled H.245", m.H225.H323UUPDU.H245Control, at); err != nil {
		return err
	}
	if m.Parallel, err = inner[h245.MultimediaSystemControlMessage](r, "parallel H.245", parallel(m.H225), at); err != nil {
		return err
	}
	m.FastStart, err = inner[h245.OpenLogicalChannel](r, "fast start", fastStart(m.H225), at)
	return err
}

// q931 tells a Q.931 message, by its protocol discriminator and the length of its call
// reference (Q.931 4.2, 4.3), from an H.225.0 one: that may begin with the same octet,
// but then the lower half of the next is padding.
func q931(b []byte) bool { return len(b) > 1 && b[0] == 8 && b[1] > 0 && b[1] < 0x10 }

// value reads v and keeps what follows it. A message that cannot be read to its end is
// shown as far as it could, which is why it stays in m.
func (r *reader) value(m *Message, in string, v per.Value, b []byte, at int) error {
	d := per.NewDecoder(b)
	v.Decode(d)
	if err := d.Err(); err != nil {
		return located(in, err, at)
	}
	if n := max(d.Offset(), 1); n < len(b) {
		m.After = b[n:]
	}
	return nil
}

// inner reads what a message beginning at an octet of the input carries.
func inner[T any, P interface {
	*T
	per.Value
}](r *reader, in string, carried []per.Octets, at int) (list []P, err error) {
	for i, b := range carried {
		v := P(new(T))
		list = append(list, v)
		if n := bytes.Index(r.whole[at:], b); n > 0 {
			at += n
		}
		if err := per.Unmarshal(b, v); err != nil {
			return list, located(fmt.Sprintf("%s %d", in, i+1), err, at)
		}
		at = min(at+len(b), len(r.whole))
	}
	return list, nil
}

// located puts the place of an error in the input.
func located(in string, err error, at int) error {
	var e *per.Error
	if !errors.As(err, &e) {
		return &Error{In: in, Offset: at, Err: err}
	}
	return &Error{In: in, Offset: at + e.Bit/8, Bit: e.Bit % 8, Err: e.Err}
}
