package web

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

const reloadEvery = time.Minute

// reloader serves an operator's certificate and takes up a renewed one
// without a restart.
type reloader struct {
	certPath, keyPath string
	now               func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	cert    *tls.Certificate
	changed time.Time // of the certificate file
	looked  time.Time
}

// Reload gives a TLS configuration with the certificate and key in two PEM
// files. They are looked at again at most once a minute; a pair that does not
// fit or cannot be read leaves the old one in use.
func Reload(certPath, keyPath string, now func() time.Time, log *slog.Logger) (*tls.Config, error) {
	r := &reloader{certPath: certPath, keyPath: keyPath, now: now, log: log}
	if err := r.load(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	r.looked = now()
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: r.get}, nil
}

func (r *reloader) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); now.Sub(r.looked) >= reloadEvery {
		r.looked = now
		if info, err := os.Stat(r.certPath); err == nil && !info.ModTime().Equal(r.changed) {
			if err := r.load(); err != nil {
				r.log.Error("the renewed certificate cannot be used", "error", err)
			} else {
				r.log.Info("certificate renewed", "until", r.cert.Leaf.NotAfter)
			}
		}
	}
	return r.cert, nil
}

func (r *reloader) load() error {
	info, err := os.Stat(r.certPath)
	if err != nil {
		return err
	}
	cert, err := tls.LoadX509KeyPair(r.certPath, r.keyPath)
	if err != nil {
		return err
	}
	r.cert, r.changed = &cert, info.ModTime()
	return nil
}
