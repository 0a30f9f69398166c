package relay

import (
	"encoding/binary"
	"math/bits"
)

// Transport layer feedback formats of RFC 5104 4.2.
const (
	formatTMMBR = 3
	formatTMMBN = 4
)

// bitrateTuple is one entry of TMMBR and TMMBN (RFC 5104 4.2.1.1).
type bitrateTuple struct {
	ssrc     uint32
	bitrate  uint64 // bit/s
	overhead uint16 // bytes a packet
}

const tupleSize = 8

// parseTuples reads the entries behind the two SSRCs of a feedback packet.
func parseTuples(fci []byte, each func(bitrateTuple)) {
	for ; len(fci) >= tupleSize; fci = fci[tupleSize:] {
		v := binary.BigEndian.Uint32(fci[4:])
		exp, mantissa := v>>26, uint64(v>>9&0x1ffff)
		rate := mantissa << min(exp, 46)
		each(bitrateTuple{binary.BigEndian.Uint32(fci), rate, uint16(v & 0x1ff)})
	}
}

// marshalTuples makes a TMMBR or TMMBN packet.
func marshalTuples(format uint8, sender uint32, tuples ...bitrateTuple) []byte {
	b := make([]byte, 12, 12+tupleSize*len(tuples))
	b[0], b[1] = 2<<6|format, 205
	binary.BigEndian.PutUint16(b[2:], uint16(2+2*len(tuples)))
	binary.BigEndian.PutUint32(b[4:], sender)
	for _, t := range tuples {
		exp := max(bits.Len64(t.bitrate)-17, 0)
		b = binary.BigEndian.AppendUint32(b, t.ssrc)
		b = binary.BigEndian.AppendUint32(b, uint32(exp)<<26|uint32(t.bitrate>>exp)<<9|uint32(t.overhead&0x1ff))
	}
	return b
}
