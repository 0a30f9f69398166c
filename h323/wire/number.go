package wire

// Number is a called, calling, connected or redirecting party number (Q.931 4.5.8,
// 4.5.10).
type Number struct {
	Type         uint8 // 0 unknown, 1 international, 2 national, 4 subscriber
	Plan         uint8 // 1 is E.164, 9 private
	Presentation uint8 // 0 allowed, 1 restricted
	Screening    uint8 // 3 given by the network
	Digits       string
}

// E164 is the numbering plan of telephone numbers.
const E164 = 1

// ParseNumber reads the content of a number's element.
func ParseNumber(b []byte) (Number, error) {
	if len(b) == 0 {
		return Number{}, ErrElement
	}
	n := Number{Type: b[0] >> 4 & 7, Plan: b[0] & 0xf}
	more := b[0]&0x80 == 0
	b = b[1:]
	if more && len(b) > 0 {
		n.Presentation, n.Screening = b[0]>>5&3, b[0]&3
		more = b[0]&0x80 == 0
		b = b[1:]
	}
	if more && len(b) > 0 && b[0]&0x80 != 0 { // octet 3b, of redirecting numbers alone
		b = b[1:]
	}
	n.Digits = Text(b)
	return n, nil
}

// Called gives the content of a called party number's element, which has no octet 3a.
func (n Number) Called() []byte {
	return append([]byte{0x80 | n.Type<<4 | n.Plan}, n.Digits...)
}

// Calling gives the content of a calling or connected party number's element.
func (n Number) Calling() []byte {
	return append([]byte{n.Type<<4 | n.Plan, 0x80 | n.Presentation<<5 | n.Screening}, n.Digits...)
}
