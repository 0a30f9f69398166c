package secure

import (
	"crypto/aes"
	"crypto/cipher"

	"github.com/roombridge/roombridge/bridge/media"
)

// label says what a session key is for (RFC 3711 4.3.1).
type label byte

const (
	rtpKey label = iota
	rtpAuth
	rtpSalt
	rtcpKey
	rtcpAuth
	rtcpSalt
)

// authSize is the length of a key for HMAC-SHA1 in bytes (RFC 3711 5.2).
const authSize = 20

// derivation makes session keys of a master key and salt.
type derivation struct {
	suite media.Suite
	block cipher.Block
	salt  []byte
}

func newDerivation(suite media.Suite, key media.Key) (*derivation, error) {
	n := suite.KeyLen()
	if len(key) != n+suite.SaltLen() {
		return nil, ErrKey
	}
	block, err := aes.NewCipher(key[:n])
	if err != nil {
		return nil, ErrKey
	}
	return &derivation{suite: suite, block: block, salt: key[n:]}, nil
}

// key is the AES-CM generator of RFC 3711 4.3.3, keyed with AES-256 for the
// suites that have it (RFC 7714 11); the key derivation rate is 0.
func (d *derivation) key(l label, n int) []byte {
	var x, out [aes.BlockSize]byte
	copy(x[:], d.salt)
	x[7] ^= byte(l)
	key := make([]byte, 0, n+len(out))
	for len(key) < n {
		d.block.Encrypt(out[:], x[:])
		key = append(key, out[:]...)
		x[15]++
	}
	return key[:n]
}
