// Package h26x knows H.261 and H.263 down to the macroblock: what pictures begin
// with, and where they can be cut for RTP (RFC 2190, RFC 4587). It decodes no
// coefficient. Clauses and tables are those of ITU-T H.261 and ITU-T H.263.
//
// All readers are bounded: what they are given comes from the network.
package h26x

import (
	"encoding/binary"
	"errors"
	"strings"
)

// ErrSyntax is returned for what cannot be read, whatever the reason.
var ErrSyntax = errors.New("h26x: malformed")

// reader reads bits. After the end it gives zeros, and pos is beyond the end.
type reader struct {
	data []byte
	pos  int // bits
}

// over tells whether more was read than there is.
func (r *reader) over() bool { return r.pos > len(r.data)*8 }

// left is how many bits there are still.
func (r *reader) left() int { return len(r.data)*8 - r.pos }

// peek gives the next n bits, 25 at most, and stays.
func (r *reader) peek(n int) uint32 {
	at := r.pos >> 3
	var word uint32
	if at+4 <= len(r.data) {
		word = binary.BigEndian.Uint32(r.data[at:])
	} else {
		for i := range 4 {
			word <<= 8
			if at+i < len(r.data) {
				word |= uint32(r.data[at+i])
			}
		}
	}
	return word << (r.pos & 7) >> (32 - n)
}

// u reads n bits, 25 at most.
func (r *reader) u(n int) uint32 {
	v := r.peek(n)
	r.pos += n
	return v
}

func (r *reader) flag() bool { return r.u(1) == 1 }

// spare passes the bytes that each stand behind a bit which is 1 (PEI and
// PSPARE, GEI and GSPARE).
func (r *reader) spare() {
	for r.flag() && r.left() > 0 {
		r.pos += 8
	}
}

// vlc is a table of codes of variable length, by the bits that come next.
type vlc struct {
	bits  int // of the longest code
	codes []code
}

type code struct {
	value int16
	size  uint8 // bits; 0 is no code
}

// noCode is what read gives for bits that begin no code.
const noCode = -1

func (v *vlc) read(r *reader) int {
	c := v.codes[r.peek(v.bits)]
	r.pos += int(c.size)
	if c.size == 0 {
		return noCode
	}
	return int(c.value)
}

// add puts a code, written as zeros and ones, into the table.
func (v *vlc) add(bits string, value int) {
	n := 0
	for _, c := range bits {
		n = n<<1 | int(c-'0')
	}
	free := v.bits - len(bits)
	for i := range 1 << free {
		v.codes[n<<free|i] = code{int16(value), uint8(len(bits))}
	}
}

func newVLC(bits int) *vlc { return &vlc{bits, make([]code, 1<<bits)} }

// numbered is a table whose codes, with blanks between, have the values from first up.
func numbered(bits, first int, codes string) *vlc {
	v := newVLC(bits)
	for i, c := range strings.Fields(codes) {
		v.add(c, first+i)
	}
	return v
}

// vectors are the sizes of motion vector differences; all but 0 have a sign
// behind them (H.261 table 3, H.263 table 14).
var vectors = numbered(12, 0, `1 01 001 0001 000011 0000101 0000100 0000011
	000001011 000001010 000001001 0000010001 0000010000 0000001111 0000001110 0000001101
	0000001100 0000001011 0000001010 0000001001 0000001000 0000000111 0000000110 0000000101
	0000000100 00000000111 00000000110 00000000101 00000000100 00000000011 00000000010
	000000000011 000000000010`)

// vector reads a difference and adds it to what was predicted, within
// -limit to limit-1 (both standards wrap around). It is false for no code.
func (r *reader) vector(predicted int8, limit int) (int8, bool) {
	n := vectors.read(r)
	if n == noCode {
		return 0, false
	}
	if n > 0 && r.flag() {
		n = -n
	}
	n += int(predicted)
	switch {
	case n < -limit:
		n += 2 * limit
	case n >= limit:
		n -= 2 * limit
	}
	return int8(n), true
}
