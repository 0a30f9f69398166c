package room

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"sync"
	"time"

	"github.com/pion/transport/v2/stdnet"
	"github.com/pion/webrtc/v3"
)

// shared is what pion would make and keep for each connection, and all can
// have together for a while: the machine's interfaces and a certificate.
type shared struct {
	mu     sync.Mutex
	net    *stdnet.Net
	seen   time.Time
	cert   *webrtc.Certificate
	issued time.Time
}

const (
	// Interfaces change seldom; candidates for TCP are made of them.
	networkFor = 10 * time.Second
	// A certificate is good for a month. Connections keep the one that they
	// began with.
	certificateFor = 24 * time.Hour
)

// network gives the interfaces, or nil when pion has to see for itself.
func (s *shared) network() *stdnet.Net {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.net == nil || time.Since(s.seen) > networkFor {
		n, err := stdnet.NewNet()
		if err != nil {
			return nil
		}
		s.net, s.seen = n, time.Now()
	}
	return s.net
}

// certificate gives the certificate for a new connection.
func (s *shared) certificate() (*webrtc.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cert == nil || time.Since(s.issued) > certificateFor {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		if s.cert, err = webrtc.GenerateCertificate(key); err != nil {
			return nil, err
		}
		s.issued = time.Now()
	}
	return s.cert, nil
}
