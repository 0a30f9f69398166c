package hmacsha1

import (
	"bytes"
	"crypto/sha1"
	"encoding"
	"encoding/binary"
	"hash"
)

// standard is HMAC over crypto/sha1. What is passed to an interface would
// escape, so that it is kept here.
type standard struct {
	hash         hash.Hash
	restore      encoding.BinaryUnmarshaler // of hash
	inner, outer []byte                     // its state behind the pads
	word         [4]byte
	sums         [Size]byte
}

func newStandard(inner, outer *[sha1.BlockSize]byte) *standard {
	s := &standard{hash: sha1.New()}
	s.restore = s.hash.(encoding.BinaryUnmarshaler)
	s.inner, s.outer = s.behind(inner), s.behind(outer)
	return s
}

func (s *standard) clone() *standard {
	d := &standard{hash: sha1.New(), inner: bytes.Clone(s.inner), outer: bytes.Clone(s.outer)}
	d.restore = d.hash.(encoding.BinaryUnmarshaler)
	return d
}

// behind gives the marshalled state behind a pad. crypto/sha1 promises that it
// can be marshalled and restored.
func (s *standard) behind(pad *[sha1.BlockSize]byte) []byte {
	s.hash.Reset()
	s.hash.Write(pad[:])
	b, err := s.hash.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return b
}

func (s *standard) sum(m *Message) {
	s.start(s.inner)
	s.hash.Write(m.Data)
	binary.BigEndian.PutUint32(s.word[:], m.Word)
	s.hash.Write(s.word[:])
	inner := s.hash.Sum(s.sums[:0])
	s.start(s.outer)
	s.hash.Write(inner)
	copy(m.Sum[:], s.hash.Sum(s.sums[:0]))
}

func (s *standard) start(state []byte) {
	if err := s.restore.UnmarshalBinary(state); err != nil {
		panic(err)
	}
}
