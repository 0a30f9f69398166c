package h323

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/h323/control"
	"github.com/roombridge/roombridge/h323/h245"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what has to come.
const patience = 30 * time.Second

// fakeCall notes what the leg tells the core.
type fakeCall struct {
	board *fakeBoard
	inv   bridge.Invite

	mu        sync.Mutex
	leg       bridge.Leg
	applied   []media.Session
	connects  int
	rings     int
	digits    string
	keyframes int
	ended     []bridge.Cause
	reason    string
	described bridge.Caller
	stream    func(rune)
}

var _ call = (*fakeCall)(nil)

func (c *fakeCall) ID() string                      { return "fake" }
func (c *fakeCall) Log() *slog.Logger               { return c.board.log }
func (c *fakeCall) Attach(l bridge.Leg)             { c.note(func() { c.leg = l }) }
func (c *fakeCall) Describe(k bridge.Caller)        { c.note(func() { c.described = k }) }
func (c *fakeCall) Ringing()                        { c.note(func() { c.rings++ }) }
func (c *fakeCall) Digit(d rune)                    { c.note(func() { c.digits += string(d) }) }
func (c *fakeCall) KeyframeWanted()                 { c.note(func() { c.keyframes++ }) }
func (c *fakeCall) LocalAddr(netip.Addr) netip.Addr { return netip.MustParseAddr("127.0.0.1") }
func (c *fakeCall) onStreamDigit(f func(rune))      { c.note(func() { c.stream = f }) }
func (c *fakeCall) Capabilities() media.Capabilities {
	return c.board.caps
}

func (c *fakeCall) Apply(s media.Session) error {
	c.note(func() { c.applied = append(c.applied, s) })
	return nil
}

func (c *fakeCall) Connected() error {
	c.note(func() { c.connects++ })
	return c.board.noSeat
}

func (c *fakeCall) End(cause bridge.Cause, reason string) {
	c.note(func() { c.ended, c.reason = append(c.ended, cause), reason })
}

func (c *fakeCall) ports() ([]control.LocalStream, error) {
	if c.board.noPorts {
		return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "no ports"}
	}
	c.board.mu.Lock()
	defer c.board.mu.Unlock()
	c.board.port += 4
	p := c.board.port
	return []control.LocalStream{
		{Kind: media.Audio, Role: media.Main, RTP: p, RTCP: p + 1}, {Kind: media.Video, Role: media.Main, RTP: p + 2, RTCP: p + 3},
	}, nil
}

func (c *fakeCall) note(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// session is what was applied last.
func (c *fakeCall) session() media.Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.applied) == 0 {
		return media.Session{}
	}
	return c.applied[len(c.applied)-1]
}

// get reads a fact under the lock.
func get[T any](c *fakeCall, f func() T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f()
}

// fakeBoard routes every call to a fakeCall.
type fakeBoard struct {
	log     *slog.Logger
	caps    media.Capabilities
	refuse  error
	hold    chan struct{} // routing waits for it
	noPorts bool
	noSeat  error
	calls   chan *fakeCall

	mu   sync.Mutex
	port uint16
}

func newFakeBoard() *fakeBoard {
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("H323_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return &fakeBoard{log: log, caps: testCaps(), calls: make(chan *fakeCall, 1024), port: 20000}
}

func testCaps() media.Capabilities {
	return media.Capabilities{
		Audio: []media.Format{
			{Codec: media.G722, ClockRate: 8000, Channels: 1}, {Codec: media.PCMA, ClockRate: 8000, Channels: 1},
			{Codec: media.PCMU, ClockRate: 8000, Channels: 1}, {Codec: media.DTMF, ClockRate: 8000, Channels: 1},
		},
		Video: []media.Format{{
			Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, MaxFS: 3600, MaxMBPS: 108000},
		}},
		RecvBitrate: 2_000_000, SendBitrate: 2_000_000,
	}
}

func (b *fakeBoard) incoming(ctx context.Context, inv bridge.Invite, l bridge.Leg) (call, error) {
	if b.hold != nil {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return nil, errors.Join(&bridge.Refusal{Cause: bridge.CauseCancelled, Reason: "gone"}, ctx.Err())
		}
	}
	if b.refuse != nil {
		return nil, b.refuse
	}
	c := &fakeCall{board: b, inv: inv, leg: l}
	b.calls <- c
	return c, nil
}

// call gives the next call that was routed.
func (b *fakeBoard) call(t testing.TB) *fakeCall {
	t.Helper()
	select {
	case c := <-b.calls:
		return c
	case <-time.After(patience):
		t.Fatal("no call was routed")
		return nil
	}
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (c *fakeCall) untilEnded(t testing.TB, cause bridge.Cause) {
	t.Helper()
	until(t, "the call ends", func() bool { return get(c, func() bool { return len(c.ended) > 0 }) })
	if got := get(c, func() bridge.Cause { return c.ended[0] }); got != cause {
		t.Fatalf("ended by %v (%s), want %v", got, c.reason, cause)
	}
}

func (c *fakeCall) untilConnected(t testing.TB) {
	t.Helper()
	until(t, "the call connects", func() bool { return get(c, func() bool { return c.connects > 0 }) })
}

// serve runs an endpoint on loopback for the time of a test. It must be gone without
// a trace afterwards.
func serve(t testing.TB, b *fakeBoard, change func(*Config)) *Endpoint {
	t.Helper()
	cfg := Config{Listen: []string{"tcp://127.0.0.1:0"}, Goodbye: time.Second, Rate: -1, Log: b.log}
	if change != nil {
		change(&cfg)
	}
	e := newEndpoint(cfg, b)
	if err := e.listen(); err != nil {
		t.Fatal(err)
	}
	run(t, e)
	return e
}

func run(t testing.TB, e *Endpoint) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.Serve(ctx)
	}()
	<-e.Ready()
	t.Cleanup(func() {
		cancel()
		<-done
		if s := e.Stats(); s.Calls != 0 || s.Connections != 0 {
			t.Errorf("left over: %+v", s)
		}
	})
}

// at is where an endpoint is called.
func at(e *Endpoint) string { return strings.TrimPrefix(e.Addrs()[0], "tcp://") }

// fakeControl is an H.245 engine that says hello and counts.
type fakeControl struct {
	user control.User

	mu       sync.Mutex
	out      []*h245.MultimediaSystemControlMessage
	received []string
	started  int
	ended    int
	deadline time.Time
	expired  int
	fast     []*h245.OpenLogicalChannel
	answered int
	cfg      control.Config
	keyed    int
	pressed  string
	holds    []bool
}

func (f *fakeControl) note(g func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g()
}

func (f *fakeControl) Start(time.Time) {
	f.note(func() { f.started++; f.out = append(f.out, roundTrip(byte(f.started))) })
}

func (f *fakeControl) Receive(_ time.Time, m *h245.MultimediaSystemControlMessage) {
	f.note(func() { f.received = append(f.received, controlName(m)) })
	if m.Command != nil && m.Command.EndSessionCommand != nil {
		f.user.EndSession("the far end left")
	}
	if m.Request != nil {
		f.user.Established()
	}
}

func (f *fakeControl) Output() (out []*h245.MultimediaSystemControlMessage) {
	f.note(func() { out, f.out = f.out, nil })
	return out
}

func (f *fakeControl) Deadline() (at time.Time) {
	f.note(func() { at = f.deadline })
	return at
}

func (f *fakeControl) Expire(time.Time) {
	f.note(func() { f.expired++; f.deadline = time.Time{} })
	f.user.Failed(bridge.CauseProtocol, "a timer ran out")
}

func (f *fakeControl) End(time.Time) {
	f.note(func() {
		f.ended++
		f.out = append(f.out, &h245.MultimediaSystemControlMessage{Command: &h245.CommandMessage{EndSessionCommand: &h245.EndSessionCommand{Disconnect: true}}})
	})
}

func (f *fakeControl) RequestKeyframe(time.Time)             { f.note(func() { f.keyed++ }) }
func (f *fakeControl) LimitBitrate(time.Time, int)           {}
func (f *fakeControl) SendDigits(_ time.Time, digits string) { f.note(func() { f.pressed += digits }) }
func (f *fakeControl) Hold(_ time.Time, hold bool) {
	f.note(func() { f.holds = append(f.holds, hold) })
}
func (f *fakeControl) FastOffer() []*h245.OpenLogicalChannel { return f.fast }
func (f *fakeControl) Status() control.Status                { return control.Status{} }
func (f *fakeControl) heard() (list []string) {
	f.note(func() { list = slices.Clone(f.received) })
	return list
}

func (f *fakeControl) FastAnswered(_ time.Time, list []*h245.OpenLogicalChannel) error {
	f.note(func() { f.answered = len(list) })
	if len(list) == 0 {
		return errors.New("refused")
	}
	f.user.Established()
	return nil
}

func (f *fakeControl) FastAnswer(_ time.Time, offer []*h245.OpenLogicalChannel) []*h245.OpenLogicalChannel {
	f.user.Established()
	return f.fast
}

// roundTrip is an H.245 message that is easily told from others.
func roundTrip(n byte) *h245.MultimediaSystemControlMessage {
	return &h245.MultimediaSystemControlMessage{Request: &h245.RequestMessage{RoundTripDelayRequest: &h245.RoundTripDelayRequest{SequenceNumber: n}}}
}

// fakeControls has an endpoint use fake engines, which it gives in their order.
func fakeControls(e *Endpoint, change func(*fakeControl)) <-chan *fakeControl {
	made := make(chan *fakeControl, 64)
	e.control = func(cfg control.Config, u control.User) session {
		f := &fakeControl{user: u, cfg: cfg}
		if change != nil {
			change(f)
		}
		made <- f
		return f
	}
	return made
}
