package wire

import (
	"encoding/binary"
	"slices"
)

// ID names an information element (Q.931 4.5). In those of a single octet with
// content the lower four bits are zero.
type ID uint8

// Information elements that terminals send.
const (
	BearerCapability      ID = 0x04
	Cause                 ID = 0x08
	CallState             ID = 0x14
	ChannelIdentification ID = 0x18
	FacilityElement       ID = 0x1c
	ProgressIndicator     ID = 0x1e
	NotificationIndicator ID = 0x27
	Display               ID = 0x28
	DateTime              ID = 0x29
	Keypad                ID = 0x2c
	Signal                ID = 0x34
	ConnectedNumber       ID = 0x4c
	CallingPartyNumber    ID = 0x6c
	CallingPartySub       ID = 0x6d
	CalledPartyNumber     ID = 0x70
	CalledPartySub        ID = 0x71
	RedirectingNumber     ID = 0x74
	UserUser              ID = 0x7e
	MoreData              ID = 0xa0
	SendingComplete       ID = 0xa1
)

const shift ID = 0x90

// single tells the elements of one octet.
func (id ID) single() bool { return id&0x80 != 0 }

// Append appends the encoding of a message to b: elements of one octet first, the
// others in the order of their IDs (Q.931 4.5.1), those of higher codesets last.
func (m *Message) Append(b []byte) ([]byte, error) {
	if m.Reference > 0x7fff {
		return b, ErrElement
	}
	list := slices.Clone(m.Elements)
	slices.SortStableFunc(list, func(x, y Element) int { return x.order() - y.order() })
	ref := m.Reference
	if m.Answer {
		ref |= 0x8000
	}
	out := binary.BigEndian.AppendUint16(append(b, discriminator, 2), ref)
	out = append(out, byte(m.Type))
	codeset := uint8(0)
	for _, e := range list {
		if e.Codeset > 7 {
			return b, ErrElement
		}
		if e.Codeset != codeset {
			codeset = e.Codeset
			out = append(out, byte(shift)|codeset)
		}
		var err error
		if out, err = e.append(out); err != nil {
			return b, err
		}
	}
	return out, nil
}

func (e Element) order() int {
	n := int(e.Codeset)<<9 | int(e.ID)<<1
	if e.ID.single() {
		n = int(e.Codeset) << 9
	}
	return n
}

func (e Element) append(b []byte) ([]byte, error) {
	switch n := len(e.Data); {
	case e.ID&0xf0 == shift:
		return b, ErrElement
	case e.ID.single() && n == 0:
		return append(b, byte(e.ID)), nil
	case e.ID.single():
		if n > 1 || e.ID&0xf0 == 0xa0 || e.ID&0xf != 0 || e.Data[0] > 0xf {
			return b, ErrElement
		}
		return append(b, byte(e.ID)|e.Data[0]), nil
	case e.ID == UserUser && e.Codeset == 0:
		if n > 0xffff {
			return b, ErrTooLong
		}
		b = binary.BigEndian.AppendUint16(append(b, byte(e.ID)), uint16(n))
	case n > 0xff:
		return b, ErrTooLong
	default:
		b = append(b, byte(e.ID), byte(n))
	}
	return append(b, e.Data...), nil
}
