package secure

import (
	"crypto/subtle"
	"encoding/binary"

	"github.com/roombridge/roombridge/bridge/secure/aesctr"
	"github.com/roombridge/roombridge/bridge/secure/hmacsha1"
)

// srtcpTag is the length of the tag of SRTCP in bytes, whatever SRTP's is.
const srtcpTag = 10

// cm is AES_CM_128 with HMAC-SHA1 (RFC 3711 4.1.1 and 4.2.1). A packet is
// authenticated before it is decrypted, and left as it was when that fails.
type cm struct {
	rtp, rtcp cmKeys
	tag       int // of SRTP, in bytes
}

// cmKeys are the session keys of RTP or RTCP.
type cmKeys struct {
	cipher *aesctr.Cipher
	mac    *hmacsha1.Key
	salt   [2]uint64 // 16 bits further up, as the counter block takes it
}

func newCM(d *derivation) (*cm, error) {
	t := &cm{}
	t.tag, _ = Overhead(d.suite)
	if err := t.rtp.derive(d, rtpKey, rtpAuth, rtpSalt); err != nil {
		return nil, err
	}
	return t, t.rtcp.derive(d, rtcpKey, rtcpAuth, rtcpSalt)
}

func (k *cmKeys) derive(d *derivation, key, auth, salt label) error {
	session := d.key(key, d.suite.KeyLen())
	defer clear(session)
	c, err := aesctr.New(session)
	if err != nil {
		return ErrKey
	}
	mac := d.key(auth, authSize)
	defer clear(mac)
	k.cipher, k.mac = c, hmacsha1.New(mac)
	var s [aesctr.BlockSize]byte
	copy(s[:], d.key(salt, d.suite.SaltLen()))
	k.salt = [2]uint64{binary.BigEndian.Uint64(s[:]), binary.BigEndian.Uint64(s[8:])}
	return nil
}

// xor encrypts or decrypts: the counter block is the salt, the SSRC 64 bits
// and the index 16 bits from its end.
func (k *cmKeys) xor(data []byte, ssrc uint32, index uint64) {
	var iv [aesctr.BlockSize]byte
	binary.BigEndian.PutUint64(iv[:], k.salt[0]^uint64(ssrc))
	binary.BigEndian.PutUint64(iv[8:], k.salt[1]^index<<16)
	k.cipher.XOR(data, &iv)
}

func (t *cm) seal(p []byte, header int, index uint64) {
	m := t.encrypt(p, header, index)
	t.rtp.mac.Sum(&m)
	copy(p[len(p)-t.tag:], m.Sum[:])
}

// encrypt leaves the sum for the tag to the caller.
func (t *cm) encrypt(p []byte, header int, index uint64) hmacsha1.Message {
	t.rtp.xor(p[header:len(p)-t.tag], rtpSSRC(p), index)
	return t.authenticated(p, index)
}

// authenticated is all but the tag, and the rollover counter (RFC 3711 4.2).
func (t *cm) authenticated(p []byte, index uint64) hmacsha1.Message {
	return hmacsha1.Message{Data: p[:len(p)-t.tag], Word: uint32(index >> 16)}
}

func (t *cm) open(p []byte, header int, index uint64) bool {
	m := t.authenticated(p, index)
	t.rtp.mac.Sum(&m)
	return t.finish(p, header, index, &m)
}

// finish decrypts if the tag is that of m.
func (t *cm) finish(p []byte, header int, index uint64, m *hmacsha1.Message) bool {
	n := len(p) - t.tag
	if subtle.ConstantTimeCompare(p[n:], m.Sum[:t.tag]) != 1 {
		return false
	}
	t.rtp.xor(p[header:n], rtpSSRC(p), index)
	return true
}

func (t *cm) sealRTCP(p []byte, index uint32) {
	n := len(p) - srtcpTag - 4
	t.rtcp.xor(p[rtcpHeaderSize:n], rtcpSSRC(p), uint64(index))
	m := hmacsha1.Message{Data: p[:n], Word: index | encrypted}
	binary.BigEndian.PutUint32(p[n:], m.Word)
	t.rtcp.mac.Sum(&m)
	copy(p[n+4:], m.Sum[:srtcpTag])
}

func (t *cm) openRTCP(p []byte) bool {
	n := len(p) - srtcpTag - 4
	m := hmacsha1.Message{Data: p[:n], Word: binary.BigEndian.Uint32(p[n:])}
	t.rtcp.mac.Sum(&m)
	if subtle.ConstantTimeCompare(p[n+4:], m.Sum[:srtcpTag]) != 1 {
		return false
	}
	if m.Word&encrypted != 0 {
		t.rtcp.xor(p[rtcpHeaderSize:n], rtcpSSRC(p), uint64(m.Word&^encrypted))
	}
	return true
}

func (t *cm) clone() transform {
	return &cm{rtp: t.rtp.clone(), rtcp: t.rtcp.clone(), tag: t.tag}
}

func (k *cmKeys) clone() cmKeys {
	return cmKeys{cipher: k.cipher.Clone(), mac: k.mac.Clone(), salt: k.salt}
}

func (t *cm) close() {
	for _, k := range []*cmKeys{&t.rtp, &t.rtcp} {
		k.cipher.Wipe()
		k.mac.Wipe()
		*k = cmKeys{}
	}
}
