package relay

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/secure"
)

// dtlsState is the DTLS association of one port (RFC 5764): its own for RTCP
// unless RTP and RTCP share a port.
type dtlsState struct {
	sync.Mutex
	security media.Security // what the running association was started for
	pipe     *secure.Pipe   // nil: none
	cancel   context.CancelFunc
	ended    chan struct{}  // closed when its goroutine has ended
	told     netip.AddrPort // where signalling says that the far end is
	peer     netip.AddrPort
	heard    bool // peer sent something
	met      bool // told did
	messages budget
}

// startDTLS begins a handshake, unless the one for the same certificate and
// role runs or is done.
func (p *port) startDTLS(t *terms, to netip.AddrPort) {
	d := &p.dtls
	d.Lock()
	same := d.cancel != nil && equalSecurity(d.security, t.Security)
	if same && to.IsValid() && to != d.told {
		d.told, d.met = to, false
		if !d.heard {
			d.peer = to
		}
	}
	d.Unlock()
	if same {
		return
	}
	p.stopDTLS()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	d.Lock()
	d.security, d.told, d.peer, d.heard, d.met = t.Security, to, to, false, false
	d.cancel, d.ended = cancel, ended
	d.Unlock()
	p.s.tasks.Go(func() {
		defer close(ended)
		p.associate(ctx, t.Security, t.Mux)
	})
}

// stopDTLS ends the association and waits for it. Contexts made from its keys
// go on until they are replaced.
func (p *port) stopDTLS() {
	d := &p.dtls
	d.Lock()
	cancel, ended := d.cancel, d.ended
	d.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	<-ended
	d.Lock()
	d.pipe, d.cancel, d.ended = nil, nil, nil
	d.Unlock()
}

// associate shakes hands until it works, and serves the association until it
// is stopped.
func (p *port) associate(ctx context.Context, sec media.Security, mux bool) {
	cfg := secure.HandshakeConfig{
		Client: sec.DTLSClient, Certificate: p.s.plane.certificate,
		Hash: sec.FingerprintHash, Fingerprint: sec.Fingerprint,
	}
	for ctx.Err() == nil {
		session, err := secure.Handshake(ctx, p.openPipe(), cfg)
		switch {
		case err == nil:
			p.keyed(session, mux)
			<-ctx.Done()
			_ = session.Close()
			return
		case errors.Is(err, secure.ErrFingerprint), errors.Is(err, secure.ErrNoCertificate), errors.Is(err, secure.ErrHash):
			p.s.log.Warn("DTLS refused", "error", err)
			<-ctx.Done()
			return
		case ctx.Err() == nil:
			p.s.log.Debug("DTLS handshake failed, trying again", "error", err)
		}
	}
}

// openPipe makes the connection that the next handshake runs over. Whom the last one failed with is
// answered no more than anybody else.
func (p *port) openPipe() *secure.Pipe {
	d := &p.dtls
	d.Lock()
	defer d.Unlock()
	d.heard = false
	d.pipe = secure.NewPipe(net.UDPAddrFromAddrPort(p.sock.LocalAddr()), net.UDPAddrFromAddrPort(d.peer), p.sendDTLS)
	return d.pipe
}

// keyed makes the contexts of a finished handshake.
func (p *port) keyed(session *secure.Session, mux bool) {
	s := p.s
	if !p.control {
		in, inErr := secure.NewInbound(session.Suite, session.Remote)
		out, outErr := secure.NewOutbound(session.Suite, session.Local)
		if err := errors.Join(inErr, outErr); err != nil {
			s.log.Error("SRTP contexts", "error", err)
			return
		}
		s.rx.key(in)
		s.tx.key(out)
	}
	if p.control || mux {
		in, inErr := secure.NewInbound(session.Suite, session.Remote)
		out, outErr := secure.NewOutbound(session.Suite, session.Local)
		if err := errors.Join(inErr, outErr); err != nil {
			s.log.Error("SRTCP contexts", "error", err)
			return
		}
		s.control.key(in, out)
	}
	s.log.Debug("DTLS done", "suite", session.Suite.String(), "rtcp", p.control)
	if f := s.feedback(); f != nil && !p.control {
		f.KeyframeWanted() // what was sent before could not be opened
	}
	s.track.askKeyframe(s.now())
}

// sendDTLS sends a message of the handshake to whoever is heard, and to where signalling points
// until somebody has been heard from there: who is heard may be a stranger.
func (p *port) sendDTLS(data []byte) error {
	d := &p.dtls
	d.Lock()
	to, told := d.peer, d.told
	if d.met || told == to {
		told = netip.AddrPort{}
	}
	d.Unlock()
	for _, at := range []netip.AddrPort{to, told} {
		if at.IsValid() {
			p.sock.Write(at, [][]byte{data})
		}
	}
	return nil
}

// deliverDTLS hands a datagram to the handshake. Until one has come from where
// signalling pointed, the far end may be behind a translator and is answered
// where it comes from; whether it is the far end, its certificate shows. Whoever was there
// first keeps nobody out who comes from where signalling pointed.
func (p *port) deliverDTLS(data []byte, from netip.AddrPort, now int64) verdict {
	d := &p.dtls
	d.Lock()
	defer d.Unlock()
	if d.pipe == nil || d.cancel == nil {
		return dropIdle
	}
	expected := d.told.IsValid() && from.Addr() == d.told.Addr()
	if !expected && (d.met || d.heard && from.Addr() != d.peer.Addr()) {
		return dropSource
	}
	d.peer, d.heard, d.met = from, true, d.met || expected
	if !d.messages.spend(tryMessages, now) || !d.pipe.Deliver(data) {
		return dropProbe
	}
	return accepted
}

// rekey makes the contexts that new terms ask for. Keys that did not change
// keep theirs, with their rollover counters and replay windows, also over a
// time in which the stream was refused: a context made anew under the same key
// would use its keystream twice (RFC 3711 9.1).
func (s *Stream) rekey(t *terms) error {
	was, sec := s.security, t.Security
	if t.Direction == media.Inactive && !t.rtp.IsValid() || equalSecurity(was, sec) && sec.Keying != media.DTLS {
		return nil
	}
	switch sec.Keying {
	case media.DTLS:
		if was.Keying == media.SDES {
			s.unkey()
		}
		if t.rtp.IsValid() {
			s.rtp.startDTLS(t, t.rtp)
			if !t.Mux {
				s.rtcp.startDTLS(t, t.rtcp)
			}
		}
	case media.SDES:
		s.rtp.stopDTLS()
		s.rtcp.stopDTLS()
		if err := s.keySDES(was, sec); err != nil {
			return err
		}
	default:
		s.rtp.stopDTLS()
		s.rtcp.stopDTLS()
		s.unkey()
	}
	s.security = sec
	return nil
}

func (s *Stream) unkey() {
	s.rx.key(nil)
	s.tx.key(nil)
	s.control.key(nil, nil)
}

// keySDES replaces the contexts of those directions whose key or suite changed.
func (s *Stream) keySDES(was, sec media.Security) error {
	in, inErr := secure.NewInbound(sec.Suite, sec.RemoteKey)
	inRTCP, inRTCPErr := secure.NewInbound(sec.Suite, sec.RemoteKey)
	out, outErr := secure.NewOutbound(sec.Suite, sec.LocalKey)
	outRTCP, outRTCPErr := secure.NewOutbound(sec.Suite, sec.LocalKey)
	if err := errors.Join(inErr, inRTCPErr, outErr, outRTCPErr); err != nil {
		return err
	}
	other := was.Keying != media.SDES || was.Suite != sec.Suite
	if other || !bytes.Equal(was.RemoteKey, sec.RemoteKey) {
		s.rx.key(in)
		s.control.keyIn(inRTCP)
	}
	if other || !bytes.Equal(was.LocalKey, sec.LocalKey) {
		s.tx.key(out)
		s.control.keyOut(outRTCP)
	}
	return nil
}
