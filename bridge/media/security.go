package media

import (
	"fmt"
	"io"
)

// Suite is an SRTP protection profile.
type Suite uint8

// The suites that legs use. The names are those of RFC 4568 6.2 and RFC 7714.
const (
	SuiteNone  Suite = iota
	AESCM80          // AES_CM_128_HMAC_SHA1_80
	AESCM32          // AES_CM_128_HMAC_SHA1_32
	AEADGCM128       // AEAD_AES_128_GCM
	AEADGCM256       // AEAD_AES_256_GCM
)

// KeyLen and SaltLen give the lengths of a suite's master key and salt in bytes.
func (s Suite) KeyLen() int {
	switch s {
	case AESCM80, AESCM32, AEADGCM128:
		return 16
	case AEADGCM256:
		return 32
	}
	return 0
}

// SaltLen is described at KeyLen.
func (s Suite) SaltLen() int {
	switch s {
	case AESCM80, AESCM32:
		return 14
	case AEADGCM128, AEADGCM256:
		return 12
	}
	return 0
}

func (s Suite) String() string {
	switch s {
	case AESCM80:
		return "AES_CM_128_HMAC_SHA1_80"
	case AESCM32:
		return "AES_CM_128_HMAC_SHA1_32"
	case AEADGCM128:
		return "AEAD_AES_128_GCM"
	case AEADGCM256:
		return "AEAD_AES_256_GCM"
	}
	return "none"
}

// Keying says how a stream's keys are agreed.
type Keying uint8

// Ways of keying.
const (
	Plain Keying = iota // RTP without encryption
	SDES                // keys in the signalling (RFC 4568)
	DTLS                // DTLS-SRTP (RFC 5763, 5764)
)

func (k Keying) String() string {
	switch k {
	case SDES:
		return "sdes"
	case DTLS:
		return "dtls"
	}
	return "none"
}

// Key is master key and salt, one after the other. It never prints itself.
type Key []byte

func (Key) String() string { return "[masked]" }

// Format keeps keys out of every verb of fmt, %d and %x among them.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, "[masked]") }

// MarshalText keeps keys out of JSON, logs and traces.
func (Key) MarshalText() ([]byte, error) { return []byte("[masked]"), nil }

// Security is how one stream is protected.
type Security struct {
	Keying Keying
	Suite  Suite // SDES: the suite chosen; DTLS settles it in the handshake

	LocalKey  Key // SDES: protects what we send
	RemoteKey Key // SDES: protects what we receive

	DTLSClient      bool   // DTLS: we take the active role
	FingerprintHash string // DTLS: "sha-256"…, of the far end's certificate
	Fingerprint     string // DTLS: hex pairs with colons, upper case
}
