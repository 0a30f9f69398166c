package secure

import (
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

const (
	rtcpHeaderSize = 8       // what SRTCP leaves clear, bytes
	encrypted      = 1 << 31 // the E bit before the SRTCP index
	maxPacket      = 1 << 16 // longer than any datagram, bytes
)

// rtpHeader gives the length of an RTP header with CSRCs and extension, and
// false when the packet does not hold it.
func rtpHeader(pkt []byte) (int, bool) {
	if len(pkt) < packet.HeaderSize || len(pkt) > maxPacket || pkt[0]>>6 != 2 {
		return 0, false
	}
	n := packet.HeaderSize + 4*int(pkt[0]&0x0f)
	if pkt[0]&0x10 != 0 {
		if len(pkt) < n+4 {
			return 0, false
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(pkt[n+2:]))
	}
	return n, n <= len(pkt)
}

func rtpSeq(pkt []byte) uint16   { return binary.BigEndian.Uint16(pkt[2:]) }
func rtpSSRC(pkt []byte) uint32  { return binary.BigEndian.Uint32(pkt[8:]) }
func rtcpSSRC(pkt []byte) uint32 { return binary.BigEndian.Uint32(pkt[4:]) }

// rtcpHeader tells whether a packet has the header that SRTCP leaves clear.
func rtcpHeader(pkt []byte) bool {
	return len(pkt) >= rtcpHeaderSize && len(pkt) <= maxPacket && pkt[0]>>6 == 2
}

// rtcpIndex reads the SRTCP index, which stands in front of an HMAC (RFC 3711
// 3.4) and behind the tag of AEAD (RFC 7714 9.2), and gives false when the
// packet is too short for one.
func rtcpIndex(suite media.Suite, pkt []byte) (uint32, bool) {
	_, tail := Overhead(suite)
	if !rtcpHeader(pkt) || len(pkt) < rtcpHeaderSize+tail {
		return 0, false
	}
	at := len(pkt) - tail
	if aead(suite) {
		at = len(pkt) - 4
	}
	return binary.BigEndian.Uint32(pkt[at:]) &^ encrypted, true
}
