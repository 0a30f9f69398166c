package sip

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/sip/siptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	seen      time.Time
	ended     []bridge.Cause
	reason    string
	described bridge.Caller
	stream    func(rune)
	refuse    error // of Connected
}

var _ call = (*fakeCall)(nil)

func (c *fakeCall) ID() string                      { return "fake" }
func (c *fakeCall) Room() string                    { return "1001" }
func (c *fakeCall) Log() *slog.Logger               { return c.board.log }
func (c *fakeCall) Attach(l bridge.Leg)             { c.note(func() { c.leg = l }) }
func (c *fakeCall) Describe(k bridge.Caller)        { c.note(func() { c.described = k }) }
func (c *fakeCall) Ringing()                        { c.note(func() { c.rings++ }) }
func (c *fakeCall) Digit(d rune)                    { c.note(func() { c.digits += string(d) }) }
func (c *fakeCall) KeyframeWanted()                 { c.note(func() { c.keyframes++ }) }
func (c *fakeCall) LocalAddr(netip.Addr) netip.Addr { return netip.MustParseAddr("127.0.0.1") }
func (c *fakeCall) Fingerprint() (string, string)   { return "sha-256", "AA:BB" }
func (c *fakeCall) onStreamDigit(f func(rune))      { c.note(func() { c.stream = f }) }
func (c *fakeCall) Apply(s media.Session) error {
	c.note(func() { c.applied = append(c.applied, s) })
	return nil
}
func (c *fakeCall) Capabilities() media.Capabilities { return c.board.caps }

func (c *fakeCall) Connected() error {
	c.note(func() { c.connects++ })
	return c.refuse
}

func (c *fakeCall) MediaSeen() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

func (c *fakeCall) End(cause bridge.Cause, reason string) {
	c.note(func() { c.ended, c.reason = append(c.ended, cause), reason })
}

func (c *fakeCall) ports() ([]ports, error) {
	if c.board.noPorts {
		return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "no ports"}
	}
	return []ports{{media.Audio, media.Main, 30000, 30001}, {media.Video, media.Main, 30002, 30003}}, nil
}

func (c *fakeCall) note(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

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
}

func newFakeBoard() *fakeBoard {
	return &fakeBoard{log: slog.New(slog.DiscardHandler), caps: testCaps(), calls: make(chan *fakeCall, 256)}
}

func testCaps() media.Capabilities {
	return media.Capabilities{
		Audio: []media.Format{
			{Codec: media.G722, ClockRate: 8000, Channels: 1}, {Codec: media.PCMU, ClockRate: 8000, Channels: 1},
			{Codec: media.DTMF, ClockRate: 8000, Channels: 1},
		},
		Video: []media.Format{{
			Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1, MaxFS: 3600, MaxMBPS: 108000},
		}},
		Feedback: media.NACK | media.PLI | media.FIR, Encryption: media.EncryptionPrefer,
		Suites: []media.Suite{media.AESCM80},
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
	c := &fakeCall{board: b, inv: inv, leg: l, refuse: b.noSeat}
	b.calls <- c
	return c, nil
}

// call gives the next call that was routed.
func (b *fakeBoard) call(t testing.TB) *fakeCall {
	t.Helper()
	select {
	case c := <-b.calls:
		return c
	case <-time.After(siptest.Patience):
		t.Fatal("no call was routed")
		return nil
	}
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(siptest.Patience)
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

// serve runs an endpoint on loopback for the time of a test. It must be gone
// without a trace afterwards.
func serve(t testing.TB, b *fakeBoard, change func(*Config)) *Endpoint {
	t.Helper()
	cfg := Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Goodbye: 200 * time.Millisecond}
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
		until(t, "nothing is left over", func() bool {
			s := e.Stats()
			return s.Dialogs == 0 && s.Transactions == 0 && s.Connections == 0
		})
	})
}

// virtual runs an endpoint on a port in memory, within a synctest bubble.
func virtual(t testing.TB, b *fakeBoard, change func(*Config)) (*Endpoint, *siptest.Peer) {
	t.Helper()
	cfg := Config{Goodbye: time.Second}
	if change != nil {
		change(&cfg)
	}
	e := newEndpoint(cfg, b)
	port := siptest.NewPort("127.0.0.1:5060")
	e.t.addUDP(port, false)
	run(t, e)
	return e, siptest.NewPeer(t, "UDP", siptest.NewPort("127.0.0.1:7060").To(port))
}
