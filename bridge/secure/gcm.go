package secure

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

const (
	gcmTag   = 16 // bytes
	gcmNonce = 12
)

// gcm is AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714). A packet that fails
// is spoilt: it is decrypted while it is authenticated, and cleared then.
type gcm struct {
	rtp, rtcp gcmKeys

	// What is passed to an interface would escape, so that it is kept here.
	nonce [gcmNonce]byte
	aad   [rtcpHeaderSize + 4]byte
	tag   [gcmTag]byte
}

// gcmKeys are the session keys of RTP or RTCP.
type gcmKeys struct {
	cipher.AEAD
	high uint32 // of the salt
	low  uint64
}

func newGCM(d *derivation) (*gcm, error) {
	t := &gcm{}
	if err := t.rtp.derive(d, rtpKey, rtpSalt); err != nil {
		return nil, err
	}
	return t, t.rtcp.derive(d, rtcpKey, rtcpSalt)
}

func (k *gcmKeys) derive(d *derivation, key, salt label) error {
	session := d.key(key, d.suite.KeyLen())
	defer clear(session)
	return k.set(session, d.key(salt, d.suite.SaltLen()))
}

func (k *gcmKeys) set(key, salt []byte) error {
	block, err := aes.NewCipher(key)
	if err != nil {
		return ErrKey
	}
	if k.AEAD, err = cipher.NewGCM(block); err != nil {
		return ErrKey
	}
	k.high, k.low = binary.BigEndian.Uint32(salt), binary.BigEndian.Uint64(salt[4:])
	return nil
}

// iv is that of RFC 7714 8.1 and 9.1: two bytes of zeros, the SSRC and the
// index, on top of the salt.
func (t *gcm) iv(k *gcmKeys, ssrc uint32, index uint64) []byte {
	binary.BigEndian.PutUint32(t.nonce[:], k.high^ssrc>>16)
	binary.BigEndian.PutUint64(t.nonce[4:], k.low^(uint64(ssrc)<<48|index))
	return t.nonce[:]
}

func (t *gcm) seal(p []byte, header int, index uint64) {
	t.rtp.Seal(p[header:header], t.iv(&t.rtp, rtpSSRC(p), index), p[header:len(p)-gcmTag], p[:header])
}

func (t *gcm) open(p []byte, header int, index uint64) bool {
	_, err := t.rtp.Open(p[header:header], t.iv(&t.rtp, rtpSSRC(p), index), p[header:], p[:header])
	return err == nil
}

// associate is what SRTCP authenticates only: the header and the word with the
// index (RFC 7714 9.2).
func (t *gcm) associate(p []byte, word uint32) []byte {
	copy(t.aad[:], p[:rtcpHeaderSize])
	binary.BigEndian.PutUint32(t.aad[rtcpHeaderSize:], word)
	return t.aad[:]
}

func (t *gcm) sealRTCP(p []byte, index uint32) {
	n, word := len(p)-4, index|encrypted
	t.rtcp.Seal(p[rtcpHeaderSize:rtcpHeaderSize], t.iv(&t.rtcp, rtcpSSRC(p), uint64(index)), p[rtcpHeaderSize:n-gcmTag], t.associate(p, word))
	binary.BigEndian.PutUint32(p[n:], word)
}

func (t *gcm) openRTCP(p []byte) bool {
	n := len(p) - 4
	word := binary.BigEndian.Uint32(p[n:])
	iv := t.iv(&t.rtcp, rtcpSSRC(p), uint64(word&^encrypted))
	if word&encrypted == 0 {
		return t.verifyRTCP(p, iv)
	}
	_, err := t.rtcp.Open(p[rtcpHeaderSize:rtcpHeaderSize], iv, p[rtcpHeaderSize:n], t.associate(p, word))
	return err == nil
}

// verifyRTCP authenticates a packet that is not encrypted. Its tag stands
// between the two parts of what is authenticated (RFC 7714 9.3).
func (t *gcm) verifyRTCP(p []byte, iv []byte) bool {
	n := len(p) - 4 - gcmTag
	copy(t.tag[:], p[n:])
	copy(p[n:], p[n+gcmTag:])
	_, err := t.rtcp.Open(t.tag[:0], iv, t.tag[:], p[:n+4])
	return err == nil
}

func (t *gcm) clone() transform {
	return &gcm{rtp: t.rtp, rtcp: t.rtcp} // crypto/cipher's AEADs keep no state
}

func (t *gcm) close() { *t = gcm{} }
