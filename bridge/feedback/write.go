package feedback

import (
	"encoding/binary"

	"github.com/pion/rtcp"
)

// Bounds of the packets that are written.
const (
	maxBlocks = 31  // RFC 3550 6.4.1
	maxNACK   = 253 // entries
)

// feedbackHeader writes the first twelve bytes of a transport layer feedback
// packet that b is the whole of (RFC 4585 6.1).
func feedbackHeader(b []byte, format uint8, sender, media uint32) {
	b[0], b[1] = 2<<6|format, byte(rtcp.TypeTransportSpecificFeedback)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	binary.BigEndian.PutUint32(b[4:], sender)
	binary.BigEndian.PutUint32(b[8:], media)
}

// AppendNACK writes a generic NACK (RFC 4585 6.2.1) for packets of the source
// media; nothing when there are no pairs.
func AppendNACK(dst []byte, sender, media uint32, pairs []rtcp.NackPair) []byte {
	for len(pairs) > 0 {
		n := min(len(pairs), maxNACK)
		begin := len(dst)
		dst = append(dst, make([]byte, 12)...)
		for _, p := range pairs[:n] {
			dst = binary.BigEndian.AppendUint16(dst, p.PacketID)
			dst = binary.BigEndian.AppendUint16(dst, uint16(p.LostPackets))
		}
		feedbackHeader(dst[begin:], rtcp.FormatTLN, sender, media)
		pairs = pairs[n:]
	}
	return dst
}

// AppendReceiverReport writes receiver reports (RFC 3550 6.4.2) with the blocks
// given, one without any when there are none.
func AppendReceiverReport(dst []byte, sender uint32, blocks []rtcp.ReceptionReport) []byte {
	for {
		n := min(len(blocks), maxBlocks)
		dst = append(dst, 2<<6|byte(n), byte(rtcp.TypeReceiverReport), 0, byte(1+6*n))
		dst = binary.BigEndian.AppendUint32(dst, sender)
		for i := range blocks[:n] {
			dst = appendBlock(dst, &blocks[i])
		}
		if blocks = blocks[n:]; len(blocks) == 0 {
			return dst
		}
	}
}

func appendBlock(dst []byte, r *rtcp.ReceptionReport) []byte {
	dst = binary.BigEndian.AppendUint32(dst, r.SSRC)
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.FractionLost)<<24|r.TotalLost&0xffffff)
	dst = binary.BigEndian.AppendUint32(dst, r.LastSequenceNumber)
	dst = binary.BigEndian.AppendUint32(dst, r.Jitter)
	dst = binary.BigEndian.AppendUint32(dst, r.LastSenderReport)
	return binary.BigEndian.AppendUint32(dst, r.Delay)
}
