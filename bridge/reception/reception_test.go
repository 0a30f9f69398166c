package reception

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/reception/speech"
	"github.com/roombridge/roombridge/bridge/reception/voices"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counter is a desk with what is around it.
type counter struct {
	mu      sync.Mutex
	screen  bridge.Notice
	said    []int // lengths
	stage   bridge.Stage
	decided func(error)
	left    int
	keys    chan rune
}

func (c *counter) Show(n bridge.Notice) { c.mu.Lock(); c.screen = n; c.mu.Unlock() }
func (c *counter) Say(s []int16)        { c.mu.Lock(); c.said = append(c.said, len(s)); c.mu.Unlock() }
func (c *counter) MediaChanged()        {}
func (c *counter) Digit(rune)           {}
func (c *counter) KeyframeWanted()      {}
func (c *counter) Leave()               {}
func (c *counter) Status() bridge.SeatStatus {
	return bridge.SeatStatus{}
}

func (c *counter) visit(r bridge.Route) bridge.Visit {
	c.keys = make(chan rune, 64)
	return bridge.Visit{
		Desk: c, Route: r, Digits: c.keys,
		Find: func(_ context.Context, number string) (bridge.Route, error) {
			return bridge.Route{Room: "board", Number: number, Door: door{"4321", "none"}}, nil
		},
		Enter: func(r bridge.Route, pin string) (bridge.Role, error) { return r.Door.Enter(pin), nil },
		Knock: func(_ bridge.Route, decided func(error)) func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.decided = decided
			return func() { c.mu.Lock(); c.left++; c.mu.Unlock() }
		},
		Stage: func(s bridge.Stage, _ bridge.Route) { c.mu.Lock(); c.stage = s; c.mu.Unlock() },
	}
}

func (c *counter) now() (bridge.Notice, bridge.Stage) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen, c.stage
}

// beeps are voices: each prompt is as long as its name.
type beeps struct{}

func (beeps) Sound(_ string, p voices.Prompt) []int16 { return make([]int16, len(p.String())) }

// attend runs a reception and gives what it comes to.
func (c *counter) attend(ctx context.Context, r bridge.Route) <-chan error {
	out := make(chan error, 1)
	v := c.visit(r)
	go func() {
		got, err := Reception{Voices: beeps{}}.Attend(ctx, v)
		if err == nil && (got.Room != "board" || got.Role != bridge.RoleGuest || got.Number != "1001") {
			err = &bridge.Refusal{Cause: bridge.CauseInternal, Reason: "another route"}
		}
		out <- err
	}()
	return out
}

func TestAttend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		out := c.attend(t.Context(), bridge.Route{Reception: true})
		if n, s := c.now(); n.Title == "" || s != bridge.StageNumber || len(c.said) != 1 || c.said[0] != len("welcome")+between+len("number") {
			t.Errorf("%+v %v %v", n, s, c.said)
		}
		for _, k := range "1001" {
			c.keys <- k
		}
		if n, _ := c.now(); n.Entry != "1001" {
			t.Errorf("%+v", n)
		}
		time.Sleep(pauseNumber)
		if n, s := c.now(); n.Title != "board" || s != bridge.StagePIN {
			t.Errorf("%+v %v", n, s)
		}
		for _, k := range "4321#" {
			c.keys <- k
		}
		time.Sleep(lobbyAfter)
		if n, s := c.now(); !n.Waiting || s != bridge.StageLobby {
			t.Errorf("%+v %v", n, s)
		}
		c.decided(nil)
		c.decided(nil) // once too often
		if err := <-out; err != nil || c.left != 0 {
			t.Errorf("%v, left %d times", err, c.left)
		}
	})
}

// Whose call ends leaves nothing behind, wherever it was.
func TestCallEnds(t *testing.T) {
	for _, r := range []bridge.Route{{Reception: true}, {Room: "board", Door: door{}}, {Room: "board", Role: bridge.RoleGuest}, {Room: "r", Greeting: "x", Role: bridge.RoleGuest}} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{}
			ctx, cancel := context.WithCancel(t.Context())
			out := c.attend(ctx, r)
			time.Sleep(time.Second)
			cancel()
			if err := <-out; err == nil {
				t.Error("goes in")
			}
			if want := min(1, len(r.Room)*int(r.Role)); c.decided != nil && c.left != want {
				t.Errorf("left %d times", c.left)
			}
		})
	}
}

// A refusal is told for a while before the call ends.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		v := c.visit(bridge.Route{Room: "board", Role: bridge.RoleGuest})
		v.Refused = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "full"}
		began := time.Now()
		_, err := Reception{}.Attend(t.Context(), v)
		if bridge.AsRefusal(err).Cause != bridge.CauseCapacity || time.Since(began) != parting || c.stage != bridge.StageRefused {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Who calls a far end goes where it answered, or is told why it did not; the call may end meanwhile.
func TestDriverCalls(t *testing.T) {
	far := bridge.Route{Room: "dial", Number: "1001", Role: bridge.RoleGuest, Dial: &bridge.Target{Scheme: "sip", URI: "sip:x@192.0.2.1"}}
	for name, answer := range map[string]error{"answered": nil, "busy": &bridge.Refusal{Cause: bridge.CauseBusy, Reason: "busy"}, "over": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c := &counter{}
				v := c.visit(far)
				v.Dial = func(ctx context.Context, r bridge.Route) (bridge.Route, error) {
					select {
					case <-time.After(5 * time.Second):
					case <-ctx.Done():
						return bridge.Route{}, ctx.Err()
					}
					r.Room, r.Dial = "dial-1", nil
					return r, answer
				}
				if name == "over" {
					time.AfterFunc(time.Second, cancel)
				}
				r, err := Reception{Voices: beeps{}}.Attend(ctx, v)
				stage := bridge.StageCalling
				switch name {
				case "answered":
					if err != nil || r.Room != "dial-1" {
						t.Errorf("%+v %v", r, err)
					}
				case "busy":
					stage = bridge.StageRefused
					if bridge.AsRefusal(err).Cause != bridge.CauseBusy {
						t.Errorf("%v", err)
					}
				case "over":
					if !errors.Is(err, context.Canceled) {
						t.Errorf("%v", err)
					}
				}
				if c.stage != stage {
					t.Errorf("at %v", c.stage)
				}
			})
		})
	}
}

// throat is speech that takes a while. A recording is a second of sound, a text has as many samples as bytes.
type throat struct {
	takes    time.Duration
	prepared []speech.Words
}

func (s *throat) Prepare(w speech.Words) { s.prepared = append(s.prepared, w) }

func (s *throat) Sound(ctx context.Context, w speech.Words) []int16 {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil
	}
	if w.Recording != "" {
		return make([]int16, rate)
	}
	return make([]int16, len(w.Text))
}

// A greeting that is ready is heard before the question; one that is not is waited for a moment and no longer.
func TestDriverGreets(t *testing.T) {
	r := bridge.Route{Reception: true, Tenant: "acme", Greeting: "Welcome to Acme", GreetingSound: "hello", Language: "en"}
	for _, takes := range []time.Duration{0, moment / 2, moment + 1, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c := &counter{}
			ctx, cancel := context.WithCancel(t.Context())
			voice := &throat{takes: takes}
			done := make(chan struct{})
			go func() {
				_, _ = Reception{Voices: beeps{}, Speech: voice}.Attend(ctx, c.visit(r))
				close(done)
			}()
			time.Sleep(moment)
			want := rate + between + len("number")
			if takes > moment {
				want = len("welcome") + between + len("number")
			}
			c.now()
			if c.said[len(c.said)-1] != want || len(voice.prepared) != 1 {
				t.Errorf("%v: said %v, not %d", takes, c.said, want)
			}
			cancel()
			<-done
		})
	}
}

// What will be said is made while the call is on its way; the words are the same then as later.
func TestExpect(t *testing.T) {
	for _, r := range []bridge.Route{
		{Room: "board@acme", Tenant: "acme", Greeting: "Chào mừng", Role: bridge.RoleGuest}, {Reception: true, GreetingSound: "hello", Language: "en"},
	} {
		voice := &throat{}
		Reception{Speech: voice}.Expect(r)
		p := arrive(t, r, nil)
		if len(p.words) == 0 || !reflect.DeepEqual(p.words, voice.prepared) {
			t.Errorf("%+v, later %+v", voice.prepared, p.words)
		}
	}
	voice := &throat{}
	Reception{Speech: voice}.Expect(bridge.Route{Room: "board", Role: bridge.RoleGuest})
	if (Reception{}).Expect(bridge.Route{Greeting: "x"}); len(voice.prepared) != 0 {
		t.Errorf("%+v for somebody who is not greeted", voice.prepared)
	}
}
