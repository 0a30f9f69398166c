package room

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"sync"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/prf"

	"github.com/roombridge/roombridge/bridge/media"
)

// keyring takes the SRTP keys out of pion's DTLS handshake, which has no
// exporter for others: pion writes the master secret and the client's random
// to the key log, and the server's random and the profile stand in the
// ServerHello. That is always ours: the room is the passive side. What is
// gathered says nothing about who is at the other end; keys are taken when
// pion has verified the certificate.
type keyring struct {
	mu      sync.Mutex
	client  [32]byte
	master  [48]byte
	logged  bool
	hello   serverHello
	greeted bool // hello was seen
}

var errNoKeys = errors.New("room: the DTLS handshake left no SRTP keys")

// Write implements io.Writer for the key log. A line is "CLIENT_RANDOM", the
// random and the master secret, both in hexadecimal.
func (k *keyring) Write(line []byte) (int, error) {
	f := bytes.Fields(line)
	if len(f) == 3 && string(f[0]) == "CLIENT_RANDOM" && len(f[1]) == 64 && len(f[2]) == 96 {
		k.mu.Lock()
		_, err := hex.Decode(k.client[:], f[1])
		_, err2 := hex.Decode(k.master[:], f[2])
		k.logged = err == nil && err2 == nil
		k.mu.Unlock()
	}
	return len(line), nil
}

// sent looks at a DTLS datagram on its way to the browser.
func (k *keyring) sent(datagram []byte) {
	if h, ok := readServerHello(datagram); ok {
		k.mu.Lock()
		k.hello, k.greeted = h, true
		k.mu.Unlock()
	}
}

// take gives the keys, once, and forgets what they were made of (RFC 5705 4,
// RFC 5764 4.2: client key, server key, client salt, server salt).
func (k *keyring) take() (suite media.Suite, local, remote media.Key, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.wipe()
	suite = srtpSuites[dtls.SRTPProtectionProfile(k.hello.profile)]
	if !k.logged || !k.greeted || suite == media.SuiteNone {
		return media.SuiteNone, nil, nil, errNoKeys
	}
	key, salt := suite.KeyLen(), suite.SaltLen()
	seed := append([]byte("EXTRACTOR-dtls_srtp"), k.client[:]...)
	seed = append(seed, k.hello.random[:]...)
	m, err := prf.PHash(k.master[:], seed, 2*(key+salt), prfHash(k.hello.cipher))
	if err != nil {
		return media.SuiteNone, nil, nil, errNoKeys
	}
	defer clear(m)
	remote = append(append(media.Key{}, m[:key]...), m[2*key:2*key+salt]...)
	local = append(append(media.Key{}, m[key:2*key]...), m[2*key+salt:]...)
	return suite, local, remote, nil
}

func (k *keyring) wipe() {
	clear(k.master[:])
	k.logged = false
}

// srtpSuites are the profiles of DTLS in our terms (RFC 5764 4.1.2, RFC 7714 14.2).
var srtpSuites = map[dtls.SRTPProtectionProfile]media.Suite{
	dtls.SRTP_AEAD_AES_128_GCM:       media.AEADGCM128,
	dtls.SRTP_AEAD_AES_256_GCM:       media.AEADGCM256,
	dtls.SRTP_AES128_CM_HMAC_SHA1_80: media.AESCM80,
}

// prfHash is the hash of a cipher suite's pseudorandom function (RFC 5246 5).
func prfHash(cipher uint16) func() hash.Hash {
	switch dtls.CipherSuiteID(cipher) {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return sha512.New384
	}
	return sha256.New
}

// String keeps the secret out of logs.
func (k *keyring) String() string { return "keyring" }

// GoString is described at String.
func (k *keyring) GoString() string { return k.String() }
