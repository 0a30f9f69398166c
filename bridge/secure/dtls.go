package secure

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/logging"

	"github.com/roombridge/roombridge/bridge/media"
)

// exporterLabel is that of RFC 5764 4.2.
const exporterLabel = "EXTRACTOR-dtls_srtp"

// How long a handshake may take, and when a lost flight is sent again. A
// media path is quick, and its first flights may meet a far end that does not
// listen yet.
const (
	defaultTimeout = 10 * time.Second
	flightInterval = 250 * time.Millisecond
)

// ErrNoCertificate is returned when the far end shows no certificate.
var ErrNoCertificate = errors.New("secure: no certificate from the far end")

// HandshakeConfig is what a DTLS-SRTP handshake needs to know.
type HandshakeConfig struct {
	Client      bool // we are active: a=setup:active
	Certificate tls.Certificate

	// What the signalling says of the far end's certificate.
	Hash, Fingerprint string

	// Suites in the order of preference; AES-GCM first when empty. As the
	// passive side we take what the active one likes best among them.
	Suites  []media.Suite
	Timeout time.Duration // 10 s when zero
}

// Session is a finished handshake. It stays open as long as its keys are used,
// because the far end may ask for our last flight again.
type Session struct {
	Suite         media.Suite
	Local, Remote media.Key

	conn    *dtls.Conn
	parting *parting
	done    chan struct{}
}

// Handshake runs DTLS-SRTP (RFC 5763, 5764) over a connection that carries one
// datagram a read and a write. The far end has to prove that it holds the
// certificate which the signalling announced. The connection is closed with
// the session, or when an error is returned.
func Handshake(ctx context.Context, conn net.Conn, cfg HandshakeConfig) (*Session, error) {
	s, err := handshake(ctx, conn, cfg)
	if err != nil {
		conn.Close()
		return nil, err
	}
	go s.drain()
	return s, nil
}

func handshake(ctx context.Context, conn net.Conn, cfg HandshakeConfig) (*Session, error) {
	// A hash that we do not know must fail before anything is sent.
	if _, err := Fingerprint(nil, cfg.Hash); err != nil {
		return nil, err
	}
	timeout := cfg.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	var refused error
	p := newParting(conn)
	dc, err := shake(ctx, p, cfg.Client, cfg.dtls(&refused))
	if err != nil {
		if refused != nil {
			return nil, refused
		}
		return nil, fmt.Errorf("secure: DTLS handshake: %w", err)
	}
	s := &Session{conn: dc, parting: p, done: make(chan struct{})}
	if err := s.export(cfg.Client); err != nil {
		dc.Close()
		return nil, err
	}
	return s, nil
}

func shake(ctx context.Context, conn net.Conn, client bool, c *dtls.Config) (*dtls.Conn, error) {
	if client {
		return dtls.ClientWithContext(ctx, conn, c)
	}
	return dtls.ServerWithContext(ctx, conn, c)
}

// dtls makes pion's configuration. Chains are not verified, for the
// certificates are self-signed: the fingerprint is what counts, and the
// reason of its refusal goes to refused.
func (cfg HandshakeConfig) dtls(refused *error) *dtls.Config {
	suites := cfg.Suites
	if len(suites) == 0 {
		suites = []media.Suite{media.AEADGCM128, media.AEADGCM256, media.AESCM80, media.AESCM32}
	}
	c := &dtls.Config{
		Certificates:         []tls.Certificate{cfg.Certificate},
		ClientAuth:           dtls.RequireAnyClientCert,
		InsecureSkipVerify:   true,
		ExtendedMasterSecret: dtls.RequestExtendedMasterSecret,
		FlightInterval:       flightInterval,
		LoggerFactory:        silent{},
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			*refused = ErrNoCertificate
			if len(raw) > 0 {
				*refused = verify(raw[0], cfg.Hash, cfg.Fingerprint)
			}
			return *refused
		},
	}
	for _, s := range suites {
		if p, ok := dtlsProfiles[s]; ok {
			c.SRTPProtectionProfiles = append(c.SRTPProtectionProfiles, p)
		}
	}
	return c
}

var dtlsProfiles = map[media.Suite]dtls.SRTPProtectionProfile{
	media.AESCM80:    dtls.SRTP_AES128_CM_HMAC_SHA1_80,
	media.AESCM32:    dtls.SRTP_AES128_CM_HMAC_SHA1_32,
	media.AEADGCM128: dtls.SRTP_AEAD_AES_128_GCM,
	media.AEADGCM256: dtls.SRTP_AEAD_AES_256_GCM,
}

// export takes the keys out of the handshake (RFC 5764 4.2): client key,
// server key, client salt, server salt.
func (s *Session) export(client bool) error {
	chosen, _ := s.conn.SelectedSRTPProtectionProfile()
	for suite, p := range dtlsProfiles {
		if p == chosen {
			s.Suite = suite
		}
	}
	if s.Suite == media.SuiteNone {
		return ErrSuite
	}
	k, n := s.Suite.KeyLen(), s.Suite.SaltLen()
	state := s.conn.ConnectionState()
	m, err := state.ExportKeyingMaterial(exporterLabel, nil, 2*(k+n))
	if err != nil {
		return fmt.Errorf("secure: DTLS keys: %w", err)
	}
	defer clear(m)
	clientKey := append(append(media.Key{}, m[:k]...), m[2*k:2*k+n]...)
	serverKey := append(append(media.Key{}, m[k:2*k]...), m[2*k+n:]...)
	s.Local, s.Remote = serverKey, clientKey
	if client {
		s.Local, s.Remote = clientKey, serverKey
	}
	return nil
}

// drain throws away application data, of which DTLS-SRTP has none, so that the
// handshake goes on being served. It ends with the session.
func (s *Session) drain() {
	defer close(s.done)
	buf := make([]byte, 2048)
	for {
		if _, err := s.conn.Read(buf); errors.Is(err, io.EOF) {
			return
		}
	}
}

// Done is closed when the session is over: closed here or by the far end.
func (s *Session) Done() <-chan struct{} { return s.done }

// Close says goodbye to the far end, wipes the keys of the Session and waits
// for its goroutine. Contexts made from the keys go on.
func (s *Session) Close() error {
	s.parting.closing.Store(true)
	err := s.conn.Close()
	<-s.done
	clear(s.Local)
	clear(s.Remote)
	return err
}

// silent keeps pion quiet: what matters comes back as an error.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
