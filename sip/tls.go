package sip

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// TLSOptions says how TLS is spoken with terminals.
type TLSOptions struct {
	Cert, Key string // PEM files; both empty: a self-signed certificate is made
	Min       string // oldest version: 1.0, 1.1, 1.2 (default), 1.3
	Strict    bool   // placed calls verify chain and host name; else only that the certificate is in its time
}

var tlsVersions = map[string]uint16{
	"": tls.VersionTLS12, "1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// TLSConfig builds the configuration of both roles. Terminals carry
// self-signed certificates without names, so host names are not verified
// unless Strict says so (INTEROP 2.11).
func TLSConfig(o TLSOptions) (*tls.Config, error) {
	min, ok := tlsVersions[o.Min]
	if !ok {
		return nil, fmt.Errorf("sip: TLS version %q is none of 1.0, 1.1, 1.2, 1.3", o.Min)
	}
	var cert tls.Certificate
	var err error
	if o.Cert == "" && o.Key == "" {
		cert, err = selfSigned()
	} else {
		cert, err = tls.LoadX509KeyPair(o.Cert, o.Key)
	}
	if err != nil {
		return nil, fmt.Errorf("sip: TLS certificate: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: min}
	if min < tls.VersionTLS12 {
		c.CipherSuites = oldSuites()
	}
	if !o.Strict {
		c.InsecureSkipVerify = true
		c.VerifyConnection = verifyTime
	}
	return c, nil
}

// oldSuites adds what terminals of the TLS 1.0 days speak: RSA key exchange
// and CBC, behind everything better.
func oldSuites() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	return append(ids,
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)
}

func verifyTime(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return nil // a client without a certificate
	}
	now, c := time.Now(), s.PeerCertificates[0]
	if now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return errors.New("sip: the far end's certificate is out of its time")
	}
	return nil
}

// selfSigned makes a certificate for a gateway that was given none: RSA,
// which the oldest terminals know.
func selfSigned() (tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Roombridge"},
		DNSNames:     []string{"roombridge"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(5, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
