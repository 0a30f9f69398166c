package secure

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha1"   // fingerprints of old terminals
	_ "crypto/sha256" // fingerprints
	_ "crypto/sha512" // fingerprints
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// Errors of certificates and their fingerprints.
var (
	ErrHash        = errors.New("secure: fingerprint hash not known")
	ErrFingerprint = errors.New("secure: certificate does not match the fingerprint")
)

// NewCertificate makes a self-signed ECDSA P-256 certificate for DTLS-SRTP,
// where the fingerprint in the signalling is what vouches for it (RFC 5763).
// It names nobody.
func NewCertificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "roombridge"},
		NotBefore:    now.Add(-24 * time.Hour), // terminals' clocks
		NotAfter:     now.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Fingerprint gives a certificate's fingerprint as SDP writes it (RFC 8122 5):
// upper-case hex pairs with colons.
func Fingerprint(der []byte, hash string) (string, error) {
	h, ok := hashes[strings.ToLower(hash)]
	if !ok {
		return "", fmt.Errorf("%w: %q", ErrHash, hash)
	}
	w := h.New()
	w.Write(der)
	sum := w.Sum(nil)
	pairs := make([]string, len(sum))
	for i := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString(sum[i : i+1]))
	}
	return strings.Join(pairs, ":"), nil
}

// Hashes of RFC 8122 5 that still mean something: md2 and md5 do not.
var hashes = map[string]crypto.Hash{
	"sha-1":   crypto.SHA1,
	"sha-224": crypto.SHA224,
	"sha-256": crypto.SHA256,
	"sha-384": crypto.SHA384,
	"sha-512": crypto.SHA512,
}

// verify compares a certificate with the fingerprint of the signalling.
func verify(der []byte, hash, want string) error {
	got, err := Fingerprint(der, hash)
	if err != nil {
		return err
	}
	if !strings.EqualFold(got, strings.TrimSpace(want)) {
		return ErrFingerprint
	}
	return nil
}

// GenerateKey makes a random master key and salt for SDES (RFC 4568).
func GenerateKey(s media.Suite) (media.Key, error) {
	if s.KeyLen() == 0 {
		return nil, ErrSuite
	}
	key := make(media.Key, s.KeyLen()+s.SaltLen())
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	return key, nil
}
