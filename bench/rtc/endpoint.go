package rtc

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/secure"
)

// Endpoint is one peer connection on a leg.
type Endpoint struct {
	Ufrag, Pwd  string
	Fingerprint string // SHA-256 of its certificate

	leg  *load.Leg
	cert tls.Certificate
	tie  uint64

	mu      sync.Mutex
	remote  Remote
	pipe    *secure.Pipe
	session *secure.Session
	check   [12]byte      // of the last request
	proved  chan struct{} // closed by the first response
	once    sync.Once
}

// Remote is what the far end's description says.
type Remote struct {
	Candidate         netip.AddrPort
	Ufrag, Pwd        string
	Hash, Fingerprint string
	Active            bool // it opens the DTLS handshake: a=setup:active
}

// New makes an endpoint on a leg.
func New(leg *load.Leg) (*Endpoint, error) {
	cert, err := certificate()
	if err != nil {
		return nil, err
	}
	fp, err := secure.Fingerprint(cert.Certificate[0], "sha-256")
	if err != nil {
		return nil, err
	}
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return &Endpoint{
		Ufrag: hex.EncodeToString(b[:4]), Pwd: hex.EncodeToString(b[4:16]), Fingerprint: fp,
		leg: leg, cert: cert, tie: binary.BigEndian.Uint64(b[16:]), proved: make(chan struct{}),
	}, nil
}

// certificate makes one for all endpoints of this process: hundreds would only
// take the generator's time.
var certificate = sync.OnceValues(func() (tls.Certificate, error) { return secure.NewCertificate(time.Now()) })

// How ICE is paced.
const (
	checkEvery = 50 * time.Millisecond
	connecting = 15 * time.Second
)

// ErrConnect is returned when the far end does not answer checks.
var ErrConnect = errors.New("rtc: no answer to connectivity checks")

// Connect proves the path and agrees on keys for the leg, in one of the suites.
func (e *Endpoint) Connect(ctx context.Context, r Remote, suites ...media.Suite) error {
	ctx, cancel := context.WithTimeout(ctx, connecting)
	defer cancel()
	e.mu.Lock()
	e.remote = r
	e.pipe = secure.NewPipe(net.UDPAddrFromAddrPort(e.leg.Addr()), net.UDPAddrFromAddrPort(r.Candidate), e.leg.Write)
	pipe := e.pipe
	e.mu.Unlock()
	if err := e.leg.Connect(r.Candidate); err != nil {
		return err
	}
	e.leg.Other(e.receive)
	if err := e.prove(ctx); err != nil {
		return err
	}
	s, err := secure.Handshake(ctx, pipe, secure.HandshakeConfig{
		Client: !r.Active, Certificate: e.cert, Hash: r.Hash, Fingerprint: r.Fingerprint, Suites: suites,
	})
	if err != nil {
		return fmt.Errorf("rtc: handshake: %w", err)
	}
	e.mu.Lock()
	e.session = s
	e.mu.Unlock()
	in, err := secure.NewInbound(s.Suite, s.Remote)
	if err != nil {
		return err
	}
	out, err := secure.NewOutbound(s.Suite, s.Local)
	if err != nil {
		return err
	}
	e.leg.Secure(in, out)
	e.leg.Every(e.ask) // consent (RFC 7675)
	return nil
}

// prove sends checks until one is answered.
func (e *Endpoint) prove(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		e.ask()
		select {
		case <-e.proved:
			return nil
		case <-tick.C:
		case <-ctx.Done():
			return ErrConnect
		}
	}
}

// ask sends one check.
func (e *Endpoint) ask() {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, _ = rand.Read(e.check[:])
	_ = e.leg.Write(request(e.check, e.remote.Ufrag+":"+e.Ufrag, e.remote.Pwd, e.tie))
}

// receive takes STUN and DTLS from the generator's loop.
func (e *Endpoint) receive(data []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch packet.Classify(data) {
	case packet.DTLS:
		e.pipe.Deliver(data)
	case packet.STUN:
		m, err := parse(data, e.Pwd, e.remote.Pwd)
		switch {
		case err != nil:
		case m.kind == bindingRequest:
			_ = e.leg.Write(response(m.id, e.remote.Candidate, e.Pwd))
		case m.kind == bindingResponse && m.id == e.check:
			e.once.Do(func() { close(e.proved) })
		}
	}
}

// Suite is what the handshake chose.
func (e *Endpoint) Suite() media.Suite {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == nil {
		return media.SuiteNone
	}
	return e.session.Suite
}

// Close says goodbye.
func (e *Endpoint) Close() {
	e.mu.Lock()
	s, p := e.session, e.pipe
	e.mu.Unlock()
	if s != nil {
		_ = s.Close()
	} else if p != nil {
		_ = p.Close()
	}
}
