package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// CertificateFile is where a self-signed certificate is kept in its directory.
const CertificateFile = "web-cert.pem"

const (
	keyFile      = "web-key.pem"
	certLifetime = 820 * 24 * time.Hour // Apple's systems refuse more than 825 days
	certRenewal  = 30 * 24 * time.Hour  // made anew when less than this is left
)

// Certificate gives the self-signed certificate in dir, or makes one for the
// names and keeps it there, so that people who accepted it are not asked again
// after a restart. Without a dir, or one that cannot be written, it lasts as
// long as the process.
func Certificate(dir string, names []string, now time.Time, log *slog.Logger) (tls.Certificate, error) {
	if dir != "" {
		cert, err := readCertificate(dir, names, now)
		if err == nil {
			return cert, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			log.Info("a new certificate is made", "why", err.Error())
		}
	}
	certPEM, keyPEM, err := selfSigned(names, now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if dir != "" {
		if err := writeCertificate(dir, certPEM, keyPEM); err != nil {
			log.Warn("the certificate cannot be kept; browsers will ask again after a restart", "error", err)
		}
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func readCertificate(dir string, names []string, now time.Time) (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, CertificateFile), filepath.Join(dir, keyFile))
	if err != nil {
		return cert, err
	}
	leaf := cert.Leaf
	if now.Add(certRenewal).After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		return cert, errors.New("the kept one has expired or soon will")
	}
	for _, n := range names {
		if leaf.VerifyHostname(n) != nil {
			return cert, fmt.Errorf("the kept one does not name %s", n)
		}
	}
	return cert, nil
}

func writeCertificate(dir string, certPEM, keyPEM []byte) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, keyFile), keyPEM, 0o600); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, CertificateFile), certPEM, 0o644)
}

// writeFile replaces a file in one step.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func selfSigned(names []string, now time.Time) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Roombridge", Organization: []string{"Roombridge, self-signed"}},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(certLifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		// Not a CA: who trusts it by hand trusts this host alone.
		BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), nil
}

// HostNames lists the names and addresses under which browsers reach this
// machine, for a self-signed certificate: localhost, the host's name, the
// addresses of its interfaces, and what is given.
func HostNames(more ...string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if h, err := os.Hostname(); err == nil && validHost(h) {
		names = append(names, strings.ToLower(h))
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			names = append(names, n.IP.String())
		}
	}
	for _, m := range more {
		ip, err := netip.ParseAddr(m)
		if err == nil && !ip.IsUnspecified() || err != nil && validHost(m) {
			names = append(names, strings.ToLower(m))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// validHost keeps names out of a certificate that X.509 readers refuse.
func validHost(h string) bool {
	if h == "" || len(h) > 253 || strings.HasPrefix(h, ".") || strings.HasSuffix(h, ".") || strings.Contains(h, "..") {
		return false
	}
	for _, r := range h {
		if !(r == '-' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return false
		}
	}
	return true
}
