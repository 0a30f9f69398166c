// Package roomtest plays a browser's page in Go: it speaks the signalling of
// docs/signalling.md through a pair of message functions, sends pictures and
// sound like a camera and microphone, and checks what it receives. Tests of
// the room and of the whole gateway use it.
package roomtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v3"
)

// Options say what kind of page it is.
type Options struct {
	Simulcast bool                          // the camera sends h, m and l
	VP8       bool                          // the browser has VP8 only
	Slots     int                           // pictures it can show; more by AddSlots
	SRTP      []dtls.SRTPProtectionProfile  // nil is pion's default
	NoMedia   bool                          // sends nothing
	TCP       bool                          // ICE-TCP only
	OnMessage func(kind string, msg []byte) // sees every message of the room
}

// Page is a browser's page with one peer connection.
type Page struct {
	opt Options
	say func([]byte) error

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced at every change
	State    State         // guarded by mu; read it with Look or Wait
	pc       *webrtc.PeerConnection
	revision int64
	answers  map[int64]string

	Camera map[string]*Source // by rid; "" without simulcast
	Screen *Source
	all    []*Source // guarded by mu
	Mic    *Mic
	slots  []*Slot // guarded by mu
	Sound  *Sound
	done   chan struct{}
	wg     sync.WaitGroup
}

// State is what the room has told.
type State struct {
	Welcome      Welcome
	Participants []Participant
	Speaker      string
	Levels       map[string]int
	Slots        []SlotState
	Limits       []Encoding
	Errors       []Trouble
	Bye          *Trouble
	Renegotiate  int
	Quality      int // messages
	Pongs        []json.Number
	Connection   webrtc.PeerConnectionState

	Doors   []Door // what was asked before the room
	Room    Room   // how it is led
	Waiting []Waiting
	Silence []bool // told to be silent, or no longer
	Devices []Device
	Dials   []Dial
}

// Door is a question before the room.
type Door struct {
	Asks        string
	Tries       int
	Wrong, Host bool
}

// Room is how a room is led, as a page is told.
type Room struct {
	Entry, Layout, Dial string
	HostPIN             bool `json:"host_pin"`
}

// Waiting is somebody before the room, as hosts are told.
type Waiting struct{ ID, Name, Kind, Number string }

// Device is a terminal that a host may call.
type Device struct {
	Name, Protocol, Model string
	Online                bool
}

// Dial is how a call goes that a host placed.
type Dial struct{ Target, State, Cause, Reason string }

// Welcome is the answer to the join.
type Welcome struct {
	ID, Resume, Room, Version string
	Role                      string
	Resumed                   bool
	Dial, Video               []string
}

// Participant is one entry of the list.
type Participant struct {
	ID, Name, Kind, Device, Number, Protocol string
	Role                                     string
	Audio, Video, Sharing, Picture, Silenced bool
}

// SlotState is what the room says of a slot.
type SlotState struct{ MID, Participant, Kind, State, Reason string }

// Encoding is one entry of `limits`.
type Encoding struct {
	RID        string `json:"rid"`
	Active     bool   `json:"active"`
	MaxBitrate int    `json:"max_bitrate"`
	MaxWidth   int    `json:"max_width"`
	MaxHeight  int    `json:"max_height"`
	MaxFPS     int    `json:"max_fps"`
}

// Trouble is an error or a bye.
type Trouble struct{ Code, Reason string }

// Want is what a slot shall show.
type Want struct {
	MID         string `json:"mid"`
	Participant string `json:"participant"`
	Kind        string `json:"kind"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
}

// New makes a page that says its messages through say.
func New(opt Options, say func([]byte) error) (*Page, error) {
	p := &Page{
		opt: opt, say: say, changed: make(chan struct{}), answers: map[int64]string{}, Camera: map[string]*Source{},
		done: make(chan struct{}),
	}
	return p, p.connect()
}

// connect makes a new peer connection with its tracks.
func (p *Page) connect() error {
	api, err := p.api()
	if err != nil {
		return err
	}
	if p.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	pc := p.pc
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {
		// pion tells changes on a goroutine each, in any order.
		p.change(func(st *State) { st.Connection = pc.ConnectionState() })
	})
	pc.OnTrack(p.onTrack)
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			_ = p.Say("candidate", map[string]any{"candidate": c.ToJSON()})
		}
	})
	if err := p.addSources(pc); err != nil {
		return err
	}
	return p.addSlots(p.opt.Slots)
}

func (p *Page) api() (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	fb := []webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	video := func(mime, fmtp string, pt webrtc.PayloadType) error {
		return errors.Join(
			m.RegisterCodec(webrtc.RTPCodecParameters{
				RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: fb}, PayloadType: pt,
			}, webrtc.RTPCodecTypeVideo),
			m.RegisterCodec(webrtc.RTPCodecParameters{
				RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/rtx", ClockRate: 90000, SDPFmtpLine: fmt.Sprintf("apt=%d", pt)}, PayloadType: pt + 1,
			}, webrtc.RTPCodecTypeVideo))
	}
	err := m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}, PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio)
	err = errors.Join(err, m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0,
	}, webrtc.RTPCodecTypeAudio))
	err = errors.Join(err, video(webrtc.MimeTypeVP8, "", 96))
	if !p.opt.VP8 {
		err = errors.Join(err, video(webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 102))
	}
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.TransportCCURI} {
		err = errors.Join(err, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo))
	}
	err = errors.Join(err, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio))
	ir := &interceptor.Registry{}
	for _, make := range []func() (interceptor.Factory, error){
		func() (interceptor.Factory, error) { return nack.NewGeneratorInterceptor() },
		func() (interceptor.Factory, error) { return nack.NewResponderInterceptor() },
		func() (interceptor.Factory, error) { return report.NewReceiverInterceptor() },
		func() (interceptor.Factory, error) { return report.NewSenderInterceptor() },
		func() (interceptor.Factory, error) { return twcc.NewSenderInterceptor() },
	} {
		f, e := make()
		err = errors.Join(err, e)
		ir.Add(f)
	}
	ir.Add(&tap{page: p})
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if p.opt.TCP {
		se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	}
	if p.opt.SRTP != nil {
		se.SetSRTPProtectionProfiles(p.opt.SRTP...)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(ir), webrtc.WithSettingEngine(se)), err
}

// Say sends one message.
func (p *Page) Say(kind string, members map[string]any) error {
	m := map[string]any{"type": kind}
	for k, v := range members {
		m[k] = v
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return p.say(b)
}

// Deliver takes one message of the room.
func (p *Page) Deliver(msg []byte) {
	var m struct {
		Type         string
		SDP          string
		Revision     int64
		Candidate    *webrtc.ICECandidateInit
		List         json.RawMessage
		On           bool
		ID           string
		Levels       map[string]int
		Slots        []SlotState
		Encodings    []Encoding
		Code, Reason string
		N            json.Number
	}
	if err := json.Unmarshal(msg, &m); err != nil {
		p.change(func(s *State) { s.Errors = append(s.Errors, Trouble{"page", err.Error()}) })
		return
	}
	if p.opt.OnMessage != nil {
		p.opt.OnMessage(m.Type, msg)
	}
	p.change(func(s *State) {
		switch m.Type {
		case "welcome":
			_ = json.Unmarshal(msg, &s.Welcome)
		case "answer":
			p.answers[m.Revision] = m.SDP
		case "participants":
			s.Participants = nil
			_ = json.Unmarshal(m.List, &s.Participants)
		case "speaker":
			s.Speaker = m.ID
		case "levels":
			s.Levels = m.Levels
		case "slots":
			s.Slots = m.Slots
		case "limits":
			s.Limits = m.Encodings
		case "error":
			s.Errors = append(s.Errors, Trouble{m.Code, m.Reason})
		case "bye":
			s.Bye = &Trouble{m.Code, m.Reason}
		case "renegotiate":
			s.Renegotiate++
		case "quality":
			s.Quality++
		case "silence":
			s.Silence = append(s.Silence, m.On)
		case "pong":
			s.Pongs = append(s.Pongs, m.N)
		default:
			s.led(m.Type, msg, m.List)
		}
	})
}

// led takes the messages of how the room is led.
func (s *State) led(kind string, msg []byte, list json.RawMessage) {
	switch kind {
	case "door":
		var d Door
		_ = json.Unmarshal(msg, &d)
		s.Doors = append(s.Doors, d)
	case "room":
		s.Room = Room{}
		_ = json.Unmarshal(msg, &s.Room)
	case "waiting":
		s.Waiting = nil
		_ = json.Unmarshal(list, &s.Waiting)
	case "devices":
		s.Devices = nil
		_ = json.Unmarshal(list, &s.Devices)
	case "dial":
		var d Dial
		_ = json.Unmarshal(msg, &d)
		s.Dials = append(s.Dials, d)
	}
}

func (p *Page) change(f func(s *State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.State)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Look gives a copy of the state.
func (p *Page) Look() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.State
}

// Wait waits until the state is as wished.
func (p *Page) Wait(ctx context.Context, what string, ok func(State) bool) error {
	for {
		p.mu.Lock()
		good, changed, st := ok(p.State), p.changed, p.State
		p.mu.Unlock()
		if good {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("roomtest: no %s in time; state %+v", what, st)
		}
	}
}

// Offer negotiates and waits for the answer; restart asks for an ICE restart.
func (p *Page) Offer(ctx context.Context, restart bool) error {
	o, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return err
	}
	if err := p.pc.SetLocalDescription(o); err != nil {
		return err
	}
	p.mu.Lock()
	p.revision++
	rev := p.revision
	p.mu.Unlock()
	errs := len(p.Look().Errors)
	if err := p.Say("offer", map[string]any{"sdp": o.SDP, "revision": rev}); err != nil {
		return err
	}
	var answer string
	if err := p.Wait(ctx, "answer", func(s State) bool {
		answer = p.answers[rev]
		return answer != "" || len(s.Errors) > errs
	}); err != nil {
		return err
	}
	if answer == "" {
		return fmt.Errorf("roomtest: offer refused: %+v", p.Look().Errors)
	}
	p.readAnswer(answer)
	return p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// Connected waits for the connection.
func (p *Page) Connected(ctx context.Context) error {
	return p.Wait(ctx, "connection", func(s State) bool { return s.Connection == webrtc.PeerConnectionStateConnected })
}

// Again makes a new peer connection, as a page does that was reloaded or
// whose connection failed, and negotiates it.
func (p *Page) Again(ctx context.Context) error {
	old := p.pc
	p.mu.Lock()
	p.slots, p.Sound = nil, nil
	p.mu.Unlock()
	p.change(func(s *State) { s.Connection = webrtc.PeerConnectionStateNew })
	if err := p.connect(); err != nil {
		return err
	}
	_ = old.Close()
	return p.Offer(ctx, false)
}

// Show asks for pictures, one slot after the other.
func (p *Page) Show(wants ...Want) error {
	for i := range wants {
		if wants[i].MID == "" {
			wants[i].MID = p.Slot(i).MID()
		}
		if wants[i].Kind == "" {
			wants[i].Kind = "main"
		}
	}
	return p.Say("want", map[string]any{"slots": wants})
}

// Follow shows the others of the room in the slots, as they come and go,
// until the page is closed.
func (p *Page) Follow() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p.wg.Go(func() {
		<-p.done
		cancel()
	})
	shown := -1
	for {
		var wants []Want
		if p.Wait(ctx, "change", func(s State) bool { return len(s.Participants) != shown }) != nil {
			return
		}
		s := p.Look()
		shown = len(s.Participants)
		for _, o := range s.Participants {
			if o.ID != s.Welcome.ID && len(wants) < len(p.slotList()) {
				wants = append(wants, Want{Participant: o.ID, Width: 640, Height: 360})
			}
		}
		_ = p.Show(wants...)
	}
}

// Slot is the i-th picture that the page shows.
func (p *Page) Slot(i int) *Slot { return p.slotList()[i] }

// Using moves the page to a new signalling connection.
func (p *Page) Using(say func([]byte) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say = say
}

// Profile is the SRTP profile in the answer's terms: it tells which ciphers
// the connection uses.
func (p *Page) LocalSDP() string {
	if d := p.pc.LocalDescription(); d != nil {
		return d.SDP
	}
	return ""
}

// Answer is the last answer's text.
func (p *Page) Answer() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers[p.revision]
}

// Close ends the page without a word to the room.
func (p *Page) Close() {
	select {
	case <-p.done:
		return
	default:
	}
	close(p.done)
	_ = p.pc.GracefulClose()
	for _, s := range p.Camera {
		s.close()
	}
	if p.Screen != nil {
		p.Screen.close()
	}
	p.wg.Wait()
}

func (p *Page) readAnswer(answer string) {
	for _, section := range strings.Split(answer, "m=")[1:] {
		mid, ssrc, rtx := "", uint32(0), uint32(0)
		for line := range strings.SplitSeq(section, "\r\n") {
			if v, ok := strings.CutPrefix(line, "a=mid:"); ok {
				mid = v
			}
			if v, ok := strings.CutPrefix(line, "a=ssrc-group:FID "); ok {
				_, _ = fmt.Sscanf(v, "%d %d", &ssrc, &rtx)
			}
		}
		for _, s := range p.slotList() {
			if s.MID() == mid {
				s.sources(ssrc, rtx)
			}
		}
	}
}

// Timeout is a context for tests.
func Timeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
