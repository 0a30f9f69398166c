package h26x

import "encoding/binary"

// Unknown is a number of bits that a broken header does not tell.
const Unknown = -1

// Payload263 is what one RTP payload of H.263 holds.
type Payload263 struct {
	Body        []byte
	Skip, Leave int    // bits at the ends of Body that belong to others, or Unknown
	Zeros       bool   // two bytes of zeros were left out before it
	Start       bool   // it begins with a start code
	Header      []byte // RFC 4629: a copy of the picture's header, without its first two bytes
	HeaderLeave int    // bits at its end that do not belong to it
}

// Picture tells whether it begins a picture.
func (p Payload263) Picture() bool {
	switch {
	case p.Zeros:
		return len(p.Body) > 0 && p.Body[0]&0xfc == 0x80
	case p.Skip != 0:
		return false // the picture start code is at the beginning of a byte (ITU-T H.263 5.1.1)
	}
	return StartsPicture263(p.Body)
}

// overwritten is what the header of mode B begins with that libavformat 59 and those before it
// send where a vector's predictor is negative.
const overwritten = 1<<32 - 1

// Lengths of RFC 2190's headers (5).
const (
	modeA = 4
	modeB = 8
	modeC = 12
)

// Read2190 takes a payload of RFC 2190 apart; false is one that is cut off.
func Read2190(b []byte) (Payload263, bool) {
	if len(b) < modeA {
		return Payload263{}, false
	}
	size := modeA
	switch b[0] >> 6 {
	case 2:
		size = modeB
	case 3:
		size = modeC
	}
	skip, leave := int(b[0]>>3&7), int(b[0]&7)
	if binary.BigEndian.Uint32(b) == overwritten {
		size, skip, leave = modeB, Unknown, Unknown
	}
	if len(b) <= size {
		return Payload263{}, false
	}
	p := Payload263{Body: b[size:], Skip: skip, Leave: leave}
	p.Start = StartCode(p.Body, max(p.Skip, 0), 16)
	return p, true
}

// Read4629 takes a payload of RFC 4629 apart; false is one that is cut off.
func Read4629(b []byte) (Payload263, bool) {
	if len(b) < 2 {
		return Payload263{}, false
	}
	size, extra := 2, int(b[0]&1)<<5|int(b[1]>>3)
	if b[0]&0x02 != 0 { // V
		size++
	}
	if len(b) <= size+extra {
		return Payload263{}, false
	}
	p := Payload263{Body: b[size+extra:], Header: b[size : size+extra], HeaderLeave: int(b[1] & 7), Start: b[0]&0x04 != 0}
	// Some senders leave the zeros there, or forget the bit.
	whole := StartCode(p.Body, 0, 16)
	p.Zeros = p.Start && !whole
	p.Start = p.Start || whole
	return p, true
}

// Begins263 tells whether a payload begins a picture, and in which of the two
// formats: it looks at RR or the header's reserved bits, at the start code and
// at bits 1 and 2 of PTYPE. Terminals send one where the other was agreed.
func Begins263(b []byte) (rfc2190, rfc4629 bool) {
	if len(b) < modeA || b[0]&0xb8 != 0 {
		return false, false
	}
	p, ok := Read2190(b)
	rfc2190 = ok && p.Picture() && len(p.Body) > 3 && p.Body[3]&3 == 2
	p, ok = Read4629(b)
	rfc4629 = ok && p.Zeros && len(p.Header) == 0 && p.Picture() && len(p.Body) > 1 && p.Body[1]&3 == 2
	return rfc2190 && !rfc4629, rfc4629 && !rfc2190
}

// Payload263Picture reads the header of the picture that begins with a payload, in
// whichever format. It is false where none does.
func Payload263Picture(b []byte) (Picture263, bool) {
	rfc2190, rfc4629 := Begins263(b)
	var p Payload263
	switch {
	case rfc2190:
		p, _ = Read2190(b)
		b = p.Body
	case rfc4629:
		p, _ = Read4629(b)
		var header [16]byte
		b = header[:2+copy(header[2:], p.Body)]
	default:
		return Picture263{}, false
	}
	picture, err := ParsePicture263(b)
	return picture, err == nil
}

// Payload261 is what one RTP payload of H.261 holds (RFC 4587 4.1).
type Payload261 struct {
	Body        []byte
	Skip, Leave int  // bits at the ends of Body that belong to others
	Start       bool // it begins with a start code
	Picture     bool // with that of a picture
}

// header261 is the length of the header.
const header261 = 4

// Read261 takes a payload apart; false is one that is cut off.
func Read261(b []byte) (Payload261, bool) {
	if len(b) <= header261 {
		return Payload261{}, false
	}
	p := Payload261{Body: b[header261:], Skip: int(b[0] >> 5), Leave: int(b[0] >> 2 & 7)}
	p.Start = StartCode(p.Body, p.Skip, 15)
	r := reader{data: p.Body, pos: p.Skip}
	p.Picture = r.peek(20) == 0x10 && r.left() >= 20
	return p, true
}

// Payload261Picture reads the header of the picture that begins with a payload, and looks whether
// all macroblocks of the payload are intra. It is false where no picture begins.
func Payload261Picture(b []byte) (picture Picture261, intra, ok bool) {
	p, ok := Read261(b)
	if !ok || !p.Picture {
		return Picture261{}, false, false
	}
	w := walk261{reader: reader{data: p.Body, pos: p.Skip}, intraOnly: true}
	if w.begin() != nil {
		return Picture261{}, false, false
	}
	return w.picture, w.intra(false), true
}

// StartCode tells whether the bits behind the first skip of b begin with a start
// code of H.261 (zeros 15) or H.263 (zeros 16): so many zeros and a one, and
// before it some stuffing.
func StartCode(b []byte, skip, zeros int) bool {
	var word uint64
	for i := range min(len(b), 6) {
		word |= uint64(b[i]) << (56 - 8*i)
	}
	word <<= skip
	found := 0
	for ; found < zeros+8 && word>>63 == 0; found++ {
		word <<= 1
	}
	return found >= zeros && word>>63 == 1
}
