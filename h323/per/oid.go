package per

import (
	"bytes"
	"math/big"
	"strconv"
	"strings"
)

// OID is an OBJECT IDENTIFIER in dotted form, so that it can be compared and
// written down: OID("0.0.8.2250.0.7").
type OID string

// maxArc bounds an arc to 128 octets; a UUID below 2.25 takes 19.
const maxArc = 128

// OID reads an OBJECT IDENTIFIER (X.691 24, X.690 8.19).
func (d *Decoder) OID() OID {
	b := d.fragments()
	if d.err != nil || !d.charge(4*len(b)) {
		return ""
	}
	if d.oid != "" && bytes.Equal(b, d.arcs) { // many capabilities have the same one
		return d.oid
	}
	whole := b
	var space [64]byte
	text := space[:0]
	for first := true; ; first = false {
		n := arcLen(b)
		if n == 0 {
			d.fail(ErrOID)
			return ""
		}
		text = appendArc(text, b[:n], first)
		if b = b[n:]; len(b) == 0 {
			d.oid, d.arcs = OID(text), whole
			return d.oid
		}
		text = append(text, '.')
	}
}

// arcLen tells how many octets the first arc of b takes; none if it is malformed.
func arcLen(b []byte) int {
	for i, o := range b[:min(len(b), maxArc)] {
		switch {
		case i == 0 && o == 0x80: // 8.19.2: the fewest octets
			return 0
		case o < 0x80:
			return i + 1
		}
	}
	return 0
}

// appendArc appends an arc; the first one stands for two (X.690 8.19.4).
func appendArc(text, arc []byte, first bool) []byte {
	if len(arc) > 9 {
		return appendBigArc(text, arc, first)
	}
	var v uint64
	for _, o := range arc {
		v = v<<7 | uint64(o&0x7f)
	}
	if first {
		root := min(v/40, 2)
		text = append(strconv.AppendUint(text, root, 10), '.')
		v -= root * 40
	}
	return strconv.AppendUint(text, v, 10)
}

func appendBigArc(text, arc []byte, first bool) []byte {
	v := new(big.Int)
	for _, o := range arc {
		v.Lsh(v, 7).Or(v, big.NewInt(int64(o&0x7f)))
	}
	if first {
		text = append(text, "2."...)
		v.Sub(v, big.NewInt(80))
	}
	return v.Append(text, 10)
}

// OID writes an OBJECT IDENTIFIER.
func (e *Encoder) OID(o OID) {
	var space [64]byte
	b, ok := appendOID(space[:0], string(o))
	if !ok {
		e.Fail(ErrOID)
		return
	}
	e.fragments(b)
}

func appendOID(b []byte, s string) (_ []byte, ok bool) {
	root, rest, ok := strings.Cut(s, ".")
	if !ok || len(root) != 1 || root[0] < '0' || root[0] > '2' {
		return b, false
	}
	plus := uint64(root[0]-'0') * 40
	few := root != "2" // X.690 8.19.4: below 0 and 1 there are forty arcs
	for more := true; more; plus, few = 0, false {
		var arc string
		arc, rest, more = strings.Cut(rest, ".")
		v, err := strconv.ParseUint(arc, 10, 63)
		switch {
		case arc == "" || arc[0] < '0' || few && (err != nil || v >= 40):
			return b, false
		case err == nil:
			b = appendBase128(b, v+plus)
		default:
			if b, ok = appendBigBase128(b, arc, plus); !ok {
				return b, false
			}
		}
	}
	return b, true
}

func appendBase128(b []byte, v uint64) []byte {
	n := max(1, (width(v)+6)/7)
	for i := n - 1; i > 0; i-- {
		b = append(b, 0x80|byte(v>>(7*i)))
	}
	return append(b, byte(v&0x7f))
}

func appendBigBase128(b []byte, arc string, plus uint64) ([]byte, bool) {
	v, ok := new(big.Int).SetString(arc, 10)
	if !ok || len(arc) > 3*maxArc {
		return b, false
	}
	v.Add(v, new(big.Int).SetUint64(plus))
	n := max(1, (v.BitLen()+6)/7)
	if n > maxArc {
		return b, false
	}
	for i := n - 1; i >= 0; i-- {
		o := byte(new(big.Int).Rsh(v, uint(7*i)).Uint64() & 0x7f)
		if i > 0 {
			o |= 0x80
		}
		b = append(b, o)
	}
	return b, true
}
