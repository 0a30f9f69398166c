package control

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

type message = h245.MultimediaSystemControlMessage

// ear is a User that remembers what it heard.
type ear struct {
	session     media.Session
	changes     int
	established int
	heard       string
	keyframes   int
	limits      []int
	ended       string
	failed      string
}

func (e *ear) MediaChanged(s media.Session)         { e.session = s; e.changes++ }
func (e *ear) Established()                         { e.established++ }
func (e *ear) Digit(r rune)                         { e.heard += string(r) }
func (e *ear) KeyframeWanted()                      { e.keyframes++ }
func (e *ear) BitrateLimit(_ media.Kind, bps int)   { e.limits = append(e.limits, bps) }
func (e *ear) EndSession(reason string)             { e.ended = reason }
func (e *ear) Failed(c bridge.Cause, reason string) { e.failed = c.String() + ": " + reason }
func (e *ear) stream(k media.Kind) (none media.Stream) {
	if st := e.session.Find(k, media.Main); st != nil {
		return *st
	}
	return none
}

// epoch is when the virtual time of tests begins.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var baseline = media.H264Params{
	Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, MaxFS: 8192, MaxMBPS: 245760, AsymmetryAllowed: true,
}

// video gives H.264 in both packetizations.
func video() []media.Format {
	single := baseline
	single.Mode = 0
	return []media.Format{
		{Codec: media.H264, ClockRate: 90000, H264: baseline},
		{Codec: media.H264, ClockRate: 90000, H264: single},
	}
}

func sound(codecs ...media.Codec) (list []media.Format) {
	for _, c := range codecs {
		list = append(list, media.Format{Codec: c, ClockRate: 8000})
	}
	return list
}

// config is a whole end at an address, with its ports from the given one on.
func config(addr, far string, port uint16) Config {
	return Config{
		Caps: media.Capabilities{
			Audio: sound(media.G722, media.PCMA, media.PCMU, media.DTMF), Video: video(),
			RecvBitrate: 2_000_000, SendBitrate: 2_000_000,
		},
		Local: []LocalStream{
			{Kind: media.Audio, RTP: port, RTCP: port + 1},
			{Kind: media.Video, RTP: port + 2, RTCP: port + 3},
		},
		Remote:     netip.MustParseAddr(far),
		AddressFor: func(netip.Addr) netip.Addr { return netip.MustParseAddr(addr) },
	}
}

// end is a session with its user.
type end struct {
	*Session
	ear
	sent []string // names of what it said
}

func newEnd(cfg Config) *end {
	e := &end{}
	e.Session = New(cfg, &e.ear)
	return e
}

// packet is a message on its way.
type packet struct {
	at   time.Time
	to   *end
	data []byte
}

// rig is two ends and the line between them. Messages travel as they are encoded.
type rig struct {
	t     *testing.T
	now   time.Time
	a, b  *end
	delay [2]time.Duration // towards a, towards b
	line  []packet
	alter func(m *message) // what the line makes of messages
	count int
}

func newRig(t *testing.T, a, b Config) *rig {
	return &rig{t: t, now: epoch, a: newEnd(a), b: newEnd(b), delay: [2]time.Duration{10 * time.Millisecond, 10 * time.Millisecond}}
}

func pair(t *testing.T) *rig {
	return newRig(t, config("127.0.0.1", "127.0.0.2", 5000), config("127.0.0.2", "127.0.0.1", 6000))
}

func (r *rig) other(e *end) *end {
	if e == r.a {
		return r.b
	}
	return r.a
}

// post puts on the line what the ends want to say.
func (r *rig) post() {
	for i, e := range []*end{r.b, r.a} {
		for _, m := range e.Output() {
			e.sent = append(e.sent, kind(m))
			data, err := per.Marshal(m)
			if err != nil {
				r.t.Fatalf("%s cannot be encoded: %v", kind(m), err)
			}
			r.line = append(r.line, packet{r.now.Add(r.delay[i]), r.other(e), data})
		}
	}
}

// step lets the next thing happen that is due until the given time.
func (r *rig) step(until time.Time) bool {
	r.post()
	at, what := until.Add(1), func() {}
	for i, p := range r.line {
		if p.at.Before(at) {
			at, what = p.at, func() { r.line = slices.Delete(r.line, i, i+1); r.deliver(p) }
		}
	}
	for _, e := range []*end{r.a, r.b} {
		if d := e.Deadline(); !d.IsZero() && d.Before(at) {
			at, what = d, func() { e.Expire(r.now) }
		}
	}
	if at.After(until) {
		return false
	}
	r.now = at
	if r.count++; r.count > 10000 {
		r.t.Fatal("the ends never come to rest")
	}
	what()
	return true
}

func (r *rig) deliver(p packet) {
	var m message
	if err := per.Unmarshal(p.data, &m); err != nil {
		r.t.Fatalf("decoding %x: %v", p.data, err)
	}
	if r.alter != nil {
		r.alter(&m)
	}
	p.to.Receive(r.now, &m)
}

// run lets time pass.
func (r *rig) run(d time.Duration) {
	until := r.now.Add(d)
	for r.step(until) {
	}
	r.now = until
}

// call starts both ends and lets them settle.
func (r *rig) call() {
	r.t.Helper()
	r.a.Start(r.now)
	r.b.Start(r.now)
	r.run(5 * time.Second)
	if r.a.established != 1 || r.b.established != 1 {
		r.t.Fatalf("established %d and %d times", r.a.established, r.b.established)
	}
}

// kind is what a message is called.
func kind(m *message) string {
	switch {
	case m.Request != nil:
		return name(m.Request)
	case m.Response != nil:
		return name(m.Response)
	case m.Command != nil:
		return name(m.Command)
	case m.Indication != nil:
		return name(m.Indication)
	}
	return "nothing"
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// lone is a session whose far end is the test.
type lone struct {
	*end
	t   *testing.T
	now time.Time
}

func newLone(t *testing.T, change func(*Config)) *lone {
	cfg := config("127.0.0.1", "127.0.0.2", 5000)
	cfg.Random = func() uint32 { return 1000 }
	if change != nil {
		change(&cfg)
	}
	return &lone{newEnd(cfg), t, epoch}
}

// take gives what the session wants to say, and checks that it can be encoded.
func (l *lone) take() []*message {
	l.t.Helper()
	out := l.Output()
	for _, m := range out {
		if _, err := per.Marshal(m); err != nil {
			l.t.Fatalf("%s cannot be encoded: %v", kind(m), err)
		}
	}
	return out
}

func (l *lone) request(r h245.RequestMessage) []*message {
	l.t.Helper()
	l.Receive(l.now, &message{Request: &r})
	return l.take()
}

func (l *lone) respond(r h245.ResponseMessage) []*message {
	l.t.Helper()
	l.Receive(l.now, &message{Response: &r})
	return l.take()
}

func (l *lone) command(c h245.CommandMessage) []*message {
	l.t.Helper()
	l.Receive(l.now, &message{Command: &c})
	return l.take()
}

func (l *lone) indicate(i h245.IndicationMessage) []*message {
	l.t.Helper()
	l.Receive(l.now, &message{Indication: &i})
	return l.take()
}

// wait lets time pass.
func (l *lone) wait(d time.Duration) []*message {
	l.t.Helper()
	until := l.now.Add(d)
	for at := l.Deadline(); !at.IsZero() && !at.After(until); at = l.Deadline() {
		l.now = at
		l.Expire(at)
	}
	l.now = until
	return l.take()
}

func kinds(list []*message) []string {
	var out []string
	for _, m := range list {
		out = append(out, kind(m))
	}
	return out
}

// set is a capability set of entries that all go together.
func set(sequence uint8, list ...*h245.Capability) *h245.TerminalCapabilitySet {
	s := &h245.TerminalCapabilitySet{
		SequenceNumber: sequence, ProtocolIdentifier: h245.Version,
		MultiplexCapability: &h245.MultiplexCapability{H2250Capability: &h245.H2250Capability{}},
	}
	d := h245.CapabilityDescriptor{}
	for i, c := range list {
		n := uint16(i + 1)
		s.CapabilityTable = append(s.CapabilityTable, h245.CapabilityTableEntry{CapabilityTableEntryNumber: n, Capability: c})
		d.SimultaneousCapabilities = append(d.SimultaneousCapabilities, h245.AlternativeCapabilitySet{n})
	}
	s.CapabilityDescriptors = []h245.CapabilityDescriptor{d}
	return s
}

func receives(a h245.AudioCapability) *h245.Capability {
	return &h245.Capability{ReceiveAudioCapability: &a}
}

func both(a h245.AudioCapability) *h245.Capability {
	return &h245.Capability{ReceiveAndTransmitAudioCapability: &a}
}

func alaw() h245.AudioCapability { return h245.AudioCapability{G711Alaw64k: new(uint16(20))} }
func ulaw() h245.AudioCapability { return h245.AudioCapability{G711Ulaw64k: new(uint16(20))} }
func g722() h245.AudioCapability { return h245.AudioCapability{G72264k: new(uint16(20))} }

// h264 is a capability of level 3.1 by its H.241 code.
func h264(profile uint8) *h245.VideoCapability {
	p := func(id uint8, v h245.ParameterValue) h245.GenericParameter {
		return h245.GenericParameter{ParameterIdentifier: h245.ParameterIdentifier{Standard: new(id)}, ParameterValue: v}
	}
	return &h245.VideoCapability{GenericVideoCapability: &h245.GenericCapability{
		CapabilityIdentifier: h245.CapabilityIdentifier{Standard: new(per.OID("0.0.8.241.0.0.1"))},
		MaxBitRate:           new(uint32(10240)),
		Collapsing: []h245.GenericParameter{
			p(41, h245.ParameterValue{BooleanArray: new(profile)}),
			p(42, h245.ParameterValue{UnsignedMin: new(uint16(71))}),
		},
	}}
}

// settle brings a session to the point where channels are opened, as master of a far end
// with the given capabilities, and gives what it says last.
func (l *lone) settle(list ...*h245.Capability) []*message {
	l.t.Helper()
	l.Start(l.now)
	l.take()
	l.request(h245.RequestMessage{TerminalCapabilitySet: set(1, list...)})
	l.respond(h245.ResponseMessage{TerminalCapabilitySetAck: &h245.TerminalCapabilitySetAck{SequenceNumber: 1}})
	out := l.respond(h245.ResponseMessage{MasterSlaveDeterminationAck: &h245.MasterSlaveDeterminationAck{
		Decision: h245.MasterSlaveDeterminationAckDecision{Master: true},
	}})
	if l.established != 1 {
		l.t.Fatalf("established %d times", l.established)
	}
	return out
}

// opens gives the channels that are proposed among messages.
func opens(list []*message) (channels []*h245.OpenLogicalChannel) {
	for _, m := range list {
		if m.Request != nil && m.Request.OpenLogicalChannel != nil {
			channels = append(channels, m.Request.OpenLogicalChannel)
		}
	}
	return channels
}

// only gives the one channel that is proposed.
func (l *lone) only(list []*message) *h245.OpenLogicalChannel {
	l.t.Helper()
	c := opens(list)
	if len(c) != 1 {
		l.t.Fatalf("%d channels are opened by %v", len(c), kinds(list))
	}
	return c[0]
}

func address(port uint16) *h245.TransportAddress { return at("127.0.0.2", port) }

func at(addr string, port uint16) *h245.TransportAddress {
	return h245.NewTransportAddress(netip.AddrPortFrom(netip.MustParseAddr(addr), port))
}

// ack accepts a channel at a port.
func (l *lone) ack(number uint16, port uint16) []*message {
	l.t.Helper()
	return l.respond(h245.ResponseMessage{OpenLogicalChannelAck: &h245.OpenLogicalChannelAck{
		ForwardLogicalChannelNumber: number,
		ForwardMultiplexAckParameters: &h245.ForwardMultiplexAckParameters{
			H2250LogicalChannelAckParameters: &h245.H2250LogicalChannelAckParameters{
				MediaChannel: address(port), MediaControlChannel: address(port + 1),
			},
		},
	}})
}

func (l *lone) reject(number uint16, cause h245.OpenLogicalChannelRejectCause) []*message {
	l.t.Helper()
	return l.respond(h245.ResponseMessage{OpenLogicalChannelReject: &h245.OpenLogicalChannelReject{
		ForwardLogicalChannelNumber: number, Cause: cause,
	}})
}

// channel is a proposal of the far end's.
func channel(number uint16, session uint8, dt h245.DataType) *h245.OpenLogicalChannel {
	return &h245.OpenLogicalChannel{
		ForwardLogicalChannelNumber: number,
		ForwardLogicalChannelParameters: h245.ForwardLogicalChannelParameters{
			DataType: dt,
			MultiplexParameters: h245.ForwardMultiplexParameters{
				H2250LogicalChannelParameters: &h245.H2250LogicalChannelParameters{
					SessionID: session, MediaControlChannel: address(7001),
				},
			},
		},
	}
}

func audioData(a h245.AudioCapability) h245.DataType { return h245.DataType{AudioData: &a} }

// answerTo opens a channel of the far end, and names the answer: "ack" or the cause.
func (l *lone) answerTo(o *h245.OpenLogicalChannel) string {
	l.t.Helper()
	out := l.request(h245.RequestMessage{OpenLogicalChannel: o})
	for _, m := range out {
		switch r := m.Response; {
		case r == nil:
		case r.OpenLogicalChannelAck != nil:
			return "ack"
		case r.OpenLogicalChannelReject != nil:
			return name(&r.OpenLogicalChannelReject.Cause)
		}
	}
	return fmt.Sprint(kinds(out))
}
