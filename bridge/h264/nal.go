// Package h264 knows H.264 down to the NAL unit, the parameter sets and the
// first fields of a slice: enough to relay a stream between terminals and
// browsers without decoding it. RTP packetisation is RFC 6184; clauses of the
// standard itself are those of ITU-T H.264.
//
// All readers are bounded: what they are given comes from the network.
package h264

import "errors"

// NAL unit types (table 7-1) and the packet types of RFC 6184 table 1.
const (
	TypeSlice      = 1
	TypePartitionA = 2
	TypePartitionC = 4
	TypeIDR        = 5
	TypeSEI        = 6
	TypeSPS        = 7
	TypePPS        = 8
	TypeAUD        = 9
	TypeEndOfSeq   = 10
	TypeEndOfStr   = 11
	TypeFiller     = 12
	TypePrefix     = 14
	TypeSubsetSPS  = 15
	TypeExtension  = 20
	TypeDepth      = 21
	TypeSTAPA      = 24
	TypeSTAPB      = 25
	TypeMTAP16     = 26
	TypeMTAP24     = 27
	TypeFUA        = 28
	TypeFUB        = 29
)

// ErrSyntax is returned for what cannot be read, whatever the reason.
var ErrSyntax = errors.New("h264: malformed")

// Type gives the type of a NAL unit, 0 when it is empty.
func Type(nal []byte) uint8 {
	if len(nal) == 0 {
		return 0
	}
	return nal[0] & 0x1f
}

// refIDC gives nal_ref_idc in place.
func refIDC(nal []byte) byte { return nal[0] & 0x60 }

// isSlice tells whether a type carries picture data of the base layer.
func isSlice(t uint8) bool { return t >= TypeSlice && t <= TypeIDR }

// hasSliceHeader tells whether a type carries a slice header.
func hasSliceHeader(t uint8) bool { return t == TypeSlice || t == TypePartitionA || t == TypeIDR }

// SplitAnnexB gives the NAL units of a byte stream (annex B) without start
// codes and without copying. Trailing zero bytes are not part of a unit, and
// what comes before the first start code is left out.
func SplitAnnexB(stream []byte) [][]byte {
	var nals [][]byte
	start := -1
	for i := 0; i+2 < len(stream); {
		switch {
		case stream[i+2] > 1:
			i += 3
		case stream[i] != 0 || stream[i+1] != 0 || stream[i+2] != 1:
			i++
		default:
			if start >= 0 {
				nals = appendNAL(nals, stream[start:i])
			}
			i += 3
			start = i
		}
	}
	if start >= 0 {
		nals = appendNAL(nals, stream[start:])
	}
	return nals
}

func appendNAL(nals [][]byte, nal []byte) [][]byte {
	for len(nal) > 0 && nal[len(nal)-1] == 0 {
		nal = nal[:len(nal)-1]
	}
	if len(nal) == 0 {
		return nals
	}
	return append(nals, nal)
}

// AppendAnnexB appends NAL units to a byte stream, each after a start code.
func AppendAnnexB(dst []byte, nals ...[]byte) []byte {
	for _, nal := range nals {
		dst = append(dst, 0, 0, 0, 1)
		dst = append(dst, nal...)
	}
	return dst
}
