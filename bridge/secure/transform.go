package secure

import (
	"fmt"

	"github.com/pion/srtp/v2"

	"github.com/roombridge/roombridge/bridge/media"
)

// transform is the cryptography of one direction under one master key. It
// keeps no state that matters between packets: the caller says which index a
// packet has. dst may be the packet itself.
type transform interface {
	seal(dst, pkt []byte, ssrc uint32, index uint64) ([]byte, error)
	open(dst, pkt []byte, ssrc uint32, index uint64) ([]byte, error)
	sealRTCP(dst, pkt []byte, ssrc uint32, index uint32) ([]byte, error)
	openRTCP(dst, pkt []byte) ([]byte, error)
	close()
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

func profile(s media.Suite) (srtp.ProtectionProfile, error) {
	switch s {
	case media.AESCM80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, nil
	case media.AESCM32:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, nil
	case media.AEADGCM128:
		return srtp.ProtectionProfileAeadAes128Gcm, nil
	case media.AEADGCM256:
		return srtp.ProtectionProfileAeadAes256Gcm, nil
	}
	return 0, ErrSuite
}

// maxForeign is how many SSRCs pion's context may have seen before it is made
// anew. It remembers each for ever, and has no means to forget one.
const maxForeign = 32

// pion is the transform over pion/srtp. Its own idea of indexes is overruled
// before each packet, and its replay protection is off.
type pion struct {
	suite media.Suite
	key   []byte // copy: pion's context has to be made anew at times
	ctx   *srtp.Context
	seen  []uint32
}

func newPion(suite media.Suite, key media.Key) (*pion, error) {
	if _, err := profile(suite); err != nil {
		return nil, err
	}
	if len(key) != suite.KeyLen()+suite.SaltLen() {
		return nil, ErrKey
	}
	t := &pion{suite: suite, key: append([]byte(nil), key...)}
	return t, t.renew()
}

func (t *pion) renew() error {
	p, err := profile(t.suite)
	if err != nil {
		return err
	}
	n := t.suite.KeyLen()
	t.ctx, err = srtp.CreateContext(t.key[:n], t.key[n:], p)
	if err != nil {
		// pion's text may hold the key.
		return ErrKey
	}
	t.seen = t.seen[:0]
	return nil
}

// note keeps pion's memory of SSRCs bounded.
func (t *pion) note(ssrc uint32) error {
	for _, s := range t.seen {
		if s == ssrc {
			return nil
		}
	}
	if len(t.seen) >= maxForeign {
		if err := t.renew(); err != nil {
			return err
		}
	}
	t.seen = append(t.seen, ssrc)
	return nil
}

func (t *pion) seal(dst, pkt []byte, ssrc uint32, index uint64) ([]byte, error) {
	if err := t.note(ssrc); err != nil {
		return nil, err
	}
	t.ctx.SetROC(ssrc, uint32(index>>16))
	out, err := t.ctx.EncryptRTP(dst, pkt, nil)
	return out, malformed(err)
}

func (t *pion) open(dst, pkt []byte, ssrc uint32, index uint64) ([]byte, error) {
	if err := t.note(ssrc); err != nil {
		return nil, err
	}
	t.ctx.SetROC(ssrc, uint32(index>>16))
	out, err := t.ctx.DecryptRTP(dst, pkt, nil)
	if err != nil {
		return nil, ErrAuth
	}
	return out, nil
}

func (t *pion) sealRTCP(dst, pkt []byte, ssrc uint32, index uint32) ([]byte, error) {
	if err := t.note(ssrc); err != nil {
		return nil, err
	}
	t.ctx.SetIndex(ssrc, index-1) // pion counts up before it seals
	out, err := t.ctx.EncryptRTCP(whole(dst, pkt), pkt, nil)
	return out, malformed(err)
}

func (t *pion) openRTCP(dst, pkt []byte) ([]byte, error) {
	if err := t.note(rtcpSSRC(pkt)); err != nil {
		return nil, err
	}
	out, err := t.ctx.DecryptRTCP(whole(dst, pkt), pkt, nil)
	if err != nil {
		return nil, ErrAuth
	}
	return out, nil
}

// whole makes dst as long as the packet when it is the packet's own memory:
// pion clears what lies between the two lengths before it reads the packet.
func whole(dst, pkt []byte) []byte {
	if cap(dst) > 0 && len(pkt) > 0 && &dst[:1][0] == &pkt[0] {
		return pkt
	}
	return dst
}

func (t *pion) close() {
	clear(t.key)
	t.ctx = nil
}

func malformed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}
