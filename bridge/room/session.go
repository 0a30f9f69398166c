package room

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/secure"
)

// session is one peer connection with a browser. A browser that reloads its
// page or refuses AES-GCM gets a new one in the same place.
type session struct {
	host     host
	link     *link
	pool     *packet.Pool
	log      *slog.Logger
	pc       *webrtc.PeerConnection
	api      *webrtc.API
	berth    *berth
	keys     keyring
	gcmOnly  bool
	failing  sync.Once
	parting  parting
	settling sync.WaitGroup
	identity string
	vp8      bool

	clock   *clock
	stream  *stream
	way     way
	gate    *gate
	control control
	padder  padder

	// Of the clock's goroutine.
	reported int64 // when sender reports were sent last
	settled  bool

	mu         sync.Mutex
	slots      map[string]*slot
	sound      *speaker
	incoming   []*incoming
	candidates int
	ufrag      string
	closed     bool
}

// host is what a session tells its visitor. Its methods take the room's lock
// at most, which nobody holds who waits for a session. They may be called with
// the lock of the session's gate held.
type host interface {
	// picture brings a layer of the camera or screen; gone tells its end.
	picture(s *session, in *incoming)
	gone(s *session, in *incoming)
	// sound gives the sink for the microphone's packets.
	sound(s *session, c media.Format) func(p *packet.Packet)
	silent(s *session)
	// linked tells of the connection.
	linked(s *session, connected, failed bool)
	// refused tells that the browser did not take AES-GCM alone.
	refused(s *session)
	// slotKeyframe is the browser's request for a keyframe.
	slotKeyframe(mid string)
	wake()
}

type sessionConfig struct {
	transport *transport
	audio     []media.Codec
	vp8, full bool
	both      bool // AES-CM beside AES-GCM
	log       *slog.Logger
	now       func() int64
}

const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 25 * time.Second
	iceKeepAlive    = 2 * time.Second
	dtlsInterval    = 150 * time.Millisecond
	gatherTimeout   = 2 * time.Second
)

func newSession(cfg sessionConfig, o *offer, h host) (*session, error) {
	s := &session{
		host: h, link: newLink(cfg.now), log: cfg.log, identity: o.identity, vp8: cfg.vp8, gcmOnly: !cfg.both,
		clock: &cfg.transport.clock, pool: cfg.transport.pool, slots: map[string]*slot{},
	}
	s.link.trials = &cfg.transport.trials
	s.gate = newGate(s, cfg.transport)
	s.control.init(&s.way, cfg.transport.pool)
	s.berth = newBerth(&cfg.transport.mux, s.handshake, s.gate)
	s.stream = &stream{TCPMux: cfg.transport.tcp, dtls: s.handshake, receive: s.gate.receive}
	m, err := mediaEngine(cfg.audio, cfg.vp8)
	if err != nil {
		return nil, err
	}
	se := webrtc.SettingEngine{LoggerFactory: pionLog{cfg.log}}
	cfg.transport.settings(&se, s.berth, s.stream)
	se.DisableMediaEngineCopy(true) // senders are made outside of the connection
	se.SetLite(!cfg.full)
	se.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	se.SetDTLSRetransmissionInterval(dtlsInterval)
	// The page's browser begins the handshake: the ServerHello, of which the
	// keyring has the keys, is ours. ICE has verified the browser's address.
	if err := se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, err
	}
	se.SetDTLSInsecureSkipHelloVerify(true)
	se.SetDTLSKeyLogWriter(&s.keys)
	// Chromium names AES-CM first, and pion takes the first that it is given.
	profiles := []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}
	if cfg.both {
		profiles = append(profiles, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	}
	se.SetSRTPProtectionProfiles(profiles...)
	s.api = webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se))
	cert, err := cfg.transport.shared.certificate()
	if err != nil {
		return nil, err
	}
	if s.pc, err = s.api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{*cert}}); err != nil {
		return nil, err
	}
	s.watch()
	s.clock.add(s)
	return s, nil
}

func (s *session) watch() {
	s.pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		st := s.pc.ConnectionState() // pion tells changes on a goroutine each, in any order
		s.log.Debug("browser connection", "state", st.String())
		s.host.linked(s, st == webrtc.PeerConnectionStateConnected, st == webrtc.PeerConnectionStateFailed)
	})
	dtls := s.pc.SCTP().Transport()
	dtls.ICETransport().OnSelectedCandidatePairChange(s.selected)
	dtls.OnStateChange(func(st webrtc.DTLSTransportState) { // pion holds its lock here
		switch st {
		case webrtc.DTLSTransportStateConnected: // the certificate is verified
			s.keyed()
		case webrtc.DTLSTransportStateFailed:
			s.fail()
		}
	})
}

// keyed takes the keys and begins to send and receive.
func (s *session) keyed() {
	suite, local, remote, err := s.keys.take()
	if err != nil {
		s.log.Error("browser connection without keys", "error", err)
		s.fail()
		return
	}
	defer clear(local)
	defer clear(remote)
	in, err := secure.NewInbound(suite, remote)
	out, err2 := secure.NewOutbound(suite, local)
	if err := errors.Join(err, err2); err != nil {
		s.log.Error("browser connection without keys", "error", err)
		s.fail()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.control.open(out)
	for _, sl := range s.slots {
		s.begin(sl)
	}
	if s.sound != nil {
		s.sound.open(s.control.outbound())
	}
	go s.gate.open(in) // early packets may take the room's lock
}

// handshake sees what pion sends of DTLS and tells whether it may go out. When
// pion ends a handshake with an alert it goes on to wait for the far end, which
// has nothing more to say.
func (s *session) handshake(datagram []byte) bool {
	if s.parting.keep(datagram) {
		return false
	}
	if s.keys.sent(datagram); isFatal(datagram) {
		s.fail()
	}
	return true
}

// settle lets go of what only the handshake needs.
func (s *session) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.parting.begin()
	s.settling.Go(func() { _ = s.pc.SCTP().Transport().Stop() })
}

// fail tells once, on another goroutine, that there is no connection.
func (s *session) fail() {
	s.failing.Do(func() {
		if s.gcmOnly {
			go s.host.refused(s)
		} else {
			go s.host.linked(s, false, true)
		}
	})
}

// answer takes an offer of the same page and gives the answer's text.
func (s *session) answer(o *offer) (text string, err error) {
	defer func() {
		// A page's offer must not take the gateway down, whatever pion makes of it.
		if r := recover(); r != nil {
			err = fmt.Errorf("the offer cannot be used: %v", r)
		}
	}()
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.text}); err != nil {
		return "", fmt.Errorf("the offer cannot be used: %w", err)
	}
	o.text = ""
	s.mu.Lock()
	if s.ufrag != o.ufrag {
		s.ufrag, s.candidates = o.ufrag, 0
	}
	s.mu.Unlock()
	if err := s.send(o); err != nil {
		return "", err
	}
	a, err := s.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("the offer cannot be answered: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(s.pc)
	if err := s.pc.SetLocalDescription(a); err != nil {
		return "", fmt.Errorf("the offer cannot be answered: %w", err)
	}
	select {
	case <-gathered: // only local addresses: a matter of milliseconds
	case <-time.After(gatherTimeout):
	}
	d := s.pc.LocalDescription()
	if d == nil {
		return "", errors.New("the connection was closed")
	}
	text, agreed, err := finishAnswer(d.SDP, o, s.sources)
	if err == nil {
		s.gate.agree(agreed)
	}
	return text, err
}

func (s *session) sources(mid string) (sources, bool) {
	s.mu.Lock()
	sl := s.slots[mid]
	s.mu.Unlock()
	if sl == nil {
		return sources{}, false
	}
	return sl.sources(), true
}

// send gives each line on which the page receives its sender.
func (s *session) send(o *offer) error {
	for _, t := range s.pc.GetTransceivers() {
		mid := t.Mid()
		var err error
		switch {
		case mid == o.mic:
			err = s.sendSound(t)
		case mid == o.camera || mid == o.screen:
			if c := t.Receiver().GetParameters().Codecs; len(c) > 0 {
				err = t.SetCodecPreferences(preferred(c))
			}
		default:
			err = s.sendSlot(t, o)
		}
		if err != nil {
			return fmt.Errorf("the offer cannot be answered: %w", err)
		}
	}
	return nil
}

func (s *session) sendSound(t *webrtc.RTPTransceiver) error {
	codecs := t.Receiver().GetParameters().Codecs
	if t.Sender() != nil || t.Direction() == webrtc.RTPTransceiverDirectionInactive || len(codecs) == 0 {
		return nil
	}
	sp := &speaker{now: s.link.now, way: &s.way}
	sender, err := s.api.NewRTPSender(sp, s.pc.SCTP().Transport())
	if err != nil {
		return err
	}
	if err := t.SetSender(sender, sp); err != nil {
		return err
	}
	s.mu.Lock()
	s.sound = sp
	sp.open(s.control.outbound())
	s.mu.Unlock()
	return nil
}

func (s *session) sendSlot(t *webrtc.RTPTransceiver, o *offer) error {
	for _, so := range o.slots {
		if so.mid != t.Mid() {
			continue
		}
		s.mu.Lock()
		sl := s.slots[so.mid]
		s.mu.Unlock()
		if sl != nil {
			sl.offered(so)
			return nil
		}
		if len(so.formats) == 0 || t.Direction() != webrtc.RTPTransceiverDirectionSendonly || len(t.Receiver().GetParameters().Codecs) == 0 {
			return nil
		}
		sl = newSlot(so, s.link, &s.way, s.pool)
		sender, err := s.api.NewRTPSender(sl, s.pc.SCTP().Transport())
		if err != nil {
			return err
		}
		if err := t.SetSender(sender, sl); err != nil {
			return err
		}
		s.mu.Lock()
		s.slots[so.mid] = sl
		s.begin(sl)
		s.mu.Unlock()
	}
	return nil
}

// begin lets a slot send, once there are keys.
func (s *session) begin(sl *slot) {
	out := s.control.outbound()
	if sl.open(out); out != nil && sl.pads() {
		s.link.begin()
	}
}

// candidate takes a trickled candidate of the page.
func (s *session) candidate(c webrtc.ICECandidateInit) error {
	s.mu.Lock()
	s.candidates++
	n := s.candidates
	s.mu.Unlock()
	if n > maxCandidates {
		return nil // more than any machine has: not worth a word
	}
	return s.pc.AddICECandidate(c)
}

// connected tells whether media can flow now.
func (s *session) connected() bool {
	return s.pc.ConnectionState() == webrtc.PeerConnectionStateConnected
}

func (s *session) outputs() (map[string]*slot, *speaker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := make(map[string]*slot, len(s.slots))
	for k, v := range s.slots {
		m[k] = v
	}
	return m, s.sound
}

// close ends the connection.
func (s *session) close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.mu.Unlock()
	s.clock.remove(s)
	s.padder.close()
	s.gate.close()
	slots, sound := s.outputs()
	for _, sl := range slots {
		sl.close()
	}
	if sound != nil {
		sound.close()
	}
	s.control.close()
	s.settling.Wait()
	if words := s.parting.take(); len(words) > 0 {
		s.way.write(words)
	}
	_ = s.pc.Close()
	s.berth.leave()
}
