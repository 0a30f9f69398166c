package wire

// CauseValue is why a call ended (Q.850).
type CauseValue struct {
	Location    uint8 // 0 the user, 2 the public network at this end
	Value       uint8 // 16 is normal clearing
	Diagnostics []byte
}

// ParseCause reads the content of a cause element (Q.850 2.2).
func ParseCause(b []byte) (CauseValue, error) {
	if len(b) < 2 {
		return CauseValue{}, ErrElement
	}
	c := CauseValue{Location: b[0] & 0xf}
	if b[0]&0x80 == 0 { // octet 3a, the recommendation
		if b = b[1:]; len(b) < 2 {
			return CauseValue{}, ErrElement
		}
	}
	c.Value = b[1] & 0x7f
	if len(b) > 2 {
		c.Diagnostics = b[2:]
	}
	return c, nil
}

// Bytes gives the content of the element, in the coding standard of the ITU-T.
func (c CauseValue) Bytes() []byte {
	return append([]byte{0x80 | c.Location&0xf, 0x80 | c.Value&0x7f}, c.Diagnostics...)
}

// Bearer is a bearer capability (Q.931 4.5.5): what kind of call it is, and how wide.
type Bearer struct {
	Capability uint8 // 0 speech, 8 unrestricted digital, 16 3.1 kHz audio
	Rate       uint8 // multiples of 64 kbit/s, if it is one
	Protocol   uint8 // layer 1: 5 H.221 and H.242, 3 A-law
}

// Capabilities of a bearer, and the protocol of video calls.
const (
	Speech       = 0
	Unrestricted = 8
	H221         = 5
)

const multirate = 0x18

// ParseBearer reads the content of a bearer capability element.
func ParseBearer(b []byte) (Bearer, error) {
	if len(b) < 2 {
		return Bearer{}, ErrElement
	}
	v := Bearer{Capability: b[0] & 0x1f, Rate: 1}
	switch rate := b[1] & 0x1f; rate {
	case multirate:
		if len(b) > 2 {
			v.Rate = b[2] & 0x7f
			b = b[1:]
		}
	default:
		v.Rate = channels[rate]
	}
	if len(b) > 2 && b[2]&0x60 == 0x20 {
		v.Protocol = b[2] & 0x1f
	}
	return v, nil
}

// channels are the rates of octet 4 in 64 kbit/s.
var channels = map[uint8]uint8{0x10: 1, 0x11: 2, 0x13: 6, 0x15: 24, 0x17: 30}

// Bytes gives the content of the element.
func (v Bearer) Bytes() []byte {
	b := []byte{0x80 | v.Capability}
	if v.Rate == 1 {
		b = append(b, 0x80|0x10)
	} else {
		b = append(b, multirate, 0x80|v.Rate&0x7f)
	}
	return append(b, 0xa0|v.Protocol&0x1f)
}
