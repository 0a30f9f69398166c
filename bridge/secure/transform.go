package secure

import (
	"github.com/roombridge/roombridge/bridge/media"
)

// transform is the cryptography of one direction under one master key. All of
// it is in place and allocates nothing. It keeps no state that matters between
// packets: the caller says which index a packet has, and that its header is whole.
type transform interface {
	// seal protects an RTP packet, behind which p has room for the tag.
	seal(p []byte, header int, index uint64)
	// open tells whether the packet is authentic, and decrypts it.
	open(p []byte, header int, index uint64) bool
	// sealRTCP protects a compound packet, behind which p has room for index and tag.
	sealRTCP(p []byte, index uint32)
	openRTCP(p []byte) bool
	clone() transform // the same keys for another goroutine
	close()
}

func newTransform(suite media.Suite, key media.Key) (transform, error) {
	if suite.KeyLen() == 0 {
		return nil, ErrSuite
	}
	k, err := newDerivation(suite, key)
	if err != nil {
		return nil, err
	}
	if aead(suite) {
		return newGCM(k)
	}
	return newCM(k)
}

// Overhead gives how many bytes sealing adds to an RTP and to an RTCP packet.
func Overhead(s media.Suite) (rtp, rtcp int) {
	switch s {
	case media.AESCM80:
		return 10, 4 + 10
	case media.AESCM32:
		return 4, 4 + 10 // SRTCP keeps the long tag (RFC 4568 6.2.2)
	case media.AEADGCM128, media.AEADGCM256:
		return 16, 4 + 16
	}
	return 0, 0
}

// aead tells the suites that authenticate while they encrypt.
func aead(s media.Suite) bool { return s == media.AEADGCM128 || s == media.AEADGCM256 }

// place puts a packet at the start of n bytes of dst, or of new memory when dst
// is too small. dst may be the packet's own memory.
func place(dst, pkt []byte, n int) []byte {
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	dst = dst[:n]
	if &dst[0] != &pkt[0] {
		copy(dst, pkt)
	}
	return dst
}
