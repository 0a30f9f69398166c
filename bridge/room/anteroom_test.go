package room

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/roombridge/roombridge/bridge"
)

// bare is an engine without ports and workers: terminals without media meet there, in virtual time.
func bare(change func(*Config)) *Engine {
	cfg := Config{}
	if change != nil {
		change(&cfg)
	}
	return &Engine{cfg: cfg.withDefaults(), rooms: map[string]*entry{}, empty: make(chan struct{})}
}

// gone tells that no room is open and nothing holds one.
func gone(t *testing.T, e *Engine) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.rooms) != 0 || e.open != 0 {
		t.Errorf("%d rooms are open, %d still end", len(e.rooms), e.open)
	}
}

// asks knocks, and gives the answer if there is one at once.
func asks(e *Engine, g bridge.Guest) (leave func(), answer error) {
	answer = errNobody
	leave = e.Knock("1001", g, func(err error) { answer = err })
	return leave, answer
}

func sits(e *Engine, call string, capacity int) (bridge.Seat, error) {
	return e.Seat(context.Background(), bridge.Terminal{CallID: call, Room: "1001", Name: call, Capacity: capacity})
}

func guestOf(call string, capacity int) bridge.Guest {
	return bridge.Guest{ID: call, Name: call, Kind: kindTerminal, CallID: call, Role: bridge.RoleGuest, Capacity: capacity}
}

// The room of somebody on the way in goes on as it is led, though nobody is in it.
func TestKnockHoldsTheRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := bare(nil)
		leave, answer := asks(e, guestOf("a", 0))
		if answer != nil {
			t.Fatal(answer)
		}
		r := e.rooms["1001"].room
		if !e.SetEntry("1001", bridge.EntryLobby) || !e.SetRoomLayout("1001", bridge.LayoutGrid) {
			t.Error("a room that is held cannot be led")
		}
		b, err := sits(e, "b", 0)
		if err != nil {
			t.Fatal(err)
		}
		b.Leave() // the last one, but a is coming
		a, err := sits(e, "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		leave()
		leave()
		if s := e.Rooms(); len(s) != 1 || s[0].Entry != bridge.EntryLobby || s[0].Layout != bridge.LayoutGrid || e.rooms["1001"].room != r {
			t.Errorf("%+v", s)
		}
		// Who waits holds it on, and comes in when nobody is left or on the way.
		late, waits := asks(e, guestOf("late", 0))
		host := guestOf("host", 0)
		host.Role = bridge.RoleHost
		giveUp, granted := asks(e, host)
		a.Leave()
		if synctest.Wait(); !errors.Is(waits, errNobody) || granted != nil || e.Rooms()[0].Entry != bridge.EntryLobby {
			t.Errorf("%v %v", waits, granted)
		}
		giveUp()
		if synctest.Wait(); len(e.Rooms()) != 0 || len(r.granted) != 1 || r.entry != bridge.EntryOpen {
			t.Errorf("%+v", e.Rooms())
		}
		late()
		gone(t, e)
	})
}

// The kept place is the guest's own: it counts once, before the seat and after, and bounds the room by its route.
func TestKeptPlaceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := bare(nil)
		leaveA, _ := asks(e, guestOf("a", 2))
		leaveB, answer := asks(e, guestOf("b", 0))
		if answer != nil {
			t.Fatal(answer)
		}
		full := func(when string) {
			t.Helper()
			leave, no := asks(e, guestOf("c", 0))
			leave()
			if _, err := sits(e, "c", 0); !errors.Is(no, refusedFull) || !errors.Is(err, refusedFull) {
				t.Errorf("%s: %v, %v", when, no, err)
			}
		}
		full("both on the way")
		b, err := sits(e, "b", 0)
		if err != nil {
			t.Fatal(err)
		}
		full("b is seated")
		leaveB()
		full("b has left the door")
		if _, err := sits(e, "b", 0); !errors.Is(err, refusedFull) {
			t.Errorf("b sits twice: %v", err)
		}
		leaveA() // gives up, and the bound of its route with it
		c, err := sits(e, "c", 0)
		d, err2 := sits(e, "d", 3)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for _, s := range []bridge.Seat{b, c, d} {
			s.Leave()
		}
		gone(t, e)
	})
}

// Who is let in from the lobby gets a place or the answer that there is none, and the log tells them apart.
func TestLobbyIsLetInAsFarAsThereArePlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		e := bare(func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		said, leaves := make([]error, 5), make([]func(), 5)
		for i := range said {
			g := guestOf(fmt.Sprint(i), 3)
			g.Lobby, said[i] = true, errNobody
			leaves[i] = e.Knock("1001", g, func(err error) { said[i] = err })
		}
		host, err := e.Seat(t.Context(), bridge.Terminal{CallID: "host", Room: "1001", Role: bridge.RoleHost})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for i, err := range said {
			if want := map[bool]error{false: nil, true: refusedFull}[i > 1]; !errors.Is(err, want) && err != want {
				t.Errorf("%d: %v", i, err)
			}
			leaves[i]()
		}
		if !e.SetEntry("1001", bridge.EntryLobby) {
			t.Fatal("the entry does not change")
		}
		defer e.Knock("1001", guestOf("late", 3), func(error) {})()
		e.Decide("1001", "late", false)
		host.Leave()
		synctest.Wait()
		for _, line := range []string{"msg=decided room=1001 waiting=5 in=2 full=3\n", "msg=decided room=1001 waiting=1 in=0 full=0\n"} {
			if strings.Count(log.String(), line) != 1 {
				t.Errorf("%q is not in\n%s", line, log.String())
			}
		}
		gone(t, e)
	})
}

// Whatever order things happen in between a knock and the seat, nothing is left of it.
func TestMomentsBetweenKnockAndSeat(t *testing.T) {
	type at struct {
		e     *Engine
		leave func()
		seat  bridge.Seat
		err   error
	}
	steps := map[string]func(*at){
		"leave":  func(a *at) { a.leave() },
		"seat":   func(a *at) { a.seat, a.err = sits(a.e, "a", 1) },
		"away":   func(a *at) { a.seat.Leave() },
		"end":    func(a *at) { a.e.EndRoom("1001", "over") },
		"admit":  func(a *at) { a.e.Decide("1001", "", true) },
		"refuse": func(a *at) { a.e.Decide("1001", "", false) },
		"settle": func(*at) { synctest.Wait() },
	}
	for _, c := range []struct {
		lobby bool
		steps []string
		want  error // of the seat
	}{
		{false, []string{"leave"}, nil},
		{false, []string{"seat", "leave", "away"}, nil},
		{false, []string{"seat", "away", "leave"}, nil},
		{false, []string{"leave", "seat", "leave", "away"}, nil},
		{false, []string{"end", "seat", "leave"}, &bridge.Refusal{Cause: bridge.CauseRemoved, Reason: "over"}},
		{false, []string{"end", "settle", "seat", "leave"}, &bridge.Refusal{Cause: bridge.CauseRemoved, Reason: "over"}},
		{false, []string{"end", "leave", "settle", "seat", "away"}, nil}, // another meeting
		{true, []string{"leave"}, nil},
		{true, []string{"admit", "leave", "settle"}, nil},
		{true, []string{"admit", "settle", "seat", "leave", "away"}, nil},
		{true, []string{"admit", "seat", "away", "settle", "leave"}, nil},
		{true, []string{"admit", "end", "settle", "seat", "leave"}, &bridge.Refusal{Cause: bridge.CauseRemoved, Reason: "over"}},
		{true, []string{"refuse", "leave", "settle", "leave"}, nil},
		{true, []string{"refuse", "settle", "seat", "away", "leave"}, nil}, // an administrator brings it in
		{true, []string{"end", "leave", "settle"}, nil},
	} {
		t.Run(fmt.Sprint(c.lobby, c.steps), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &at{e: bare(nil)}
				g := guestOf("a", 1)
				g.Lobby = c.lobby
				a.leave, _ = asks(a.e, g)
				for _, s := range c.steps {
					steps[s](a)
				}
				if fmt.Sprint(a.err) != fmt.Sprint(c.want) {
					t.Errorf("%v, want %v", a.err, c.want)
				}
				synctest.Wait()
				gone(t, a.e)
			})
		})
	}
}

// Of twenty who come at once to the last place one gets in, whoever they are.
func TestLastPlace(t *testing.T) {
	for _, terminals := range []int{0, 10, 20} {
		t.Run(fmt.Sprint(terminals, " terminals"), func(t *testing.T) {
			r := newRig(t, func(c *Config) { c.Worker, c.MaxParticipants = nil, 3 })
			core := bridge.NewCore(bridge.Config{Engine: r.engine, Router: bridge.OpenRouter{}})
			for _, id := range []string{"one", "two"} {
				s, err := sits(r.engine, id, 0)
				r.must(err)
				defer s.Leave()
			}
			var wg sync.WaitGroup
			errs := make([]error, 20)
			for i := range errs {
				wg.Go(func() {
					if i < terminals {
						call, err := core.Incoming(t.Context(), bridge.Invite{Number: "1001"}, noLeg{})
						r.must(err)
						t.Cleanup(func() { call.End(bridge.CauseNormal, "") })
						errs[i] = call.Connected()
						return
					}
					v, err := r.engine.Join(t.Context(), bridge.Join{Room: "1001"}, func([]byte) {})
					if errs[i] = err; err == nil {
						t.Cleanup(func() { _ = v.Receive([]byte(`{"type":"leave"}`)); v.Disconnected() })
					}
				})
			}
			wg.Wait()
			in := 0
			for _, err := range errs {
				if err == nil {
					in++
				}
			}
			if n := len(r.in().Participants); in != 1 || n != 3 {
				t.Errorf("%d came in, %d are there", in, n)
			}
		})
	}
}

// Twenty knock at once at the last place, and none of them takes it before all have been answered.
func TestLastPlaceIsGrantedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := bare(func(c *Config) { c.MaxParticipants = 1 })
		var mu sync.Mutex
		granted, leaves := []string{}, []func(){}
		for i := range 20 {
			go func() {
				id := fmt.Sprint(i)
				leave := e.knock("1001", guestOf(id, 0), i%2 == 0, func(err error) {
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						granted = append(granted, id)
					}
				})
				mu.Lock()
				defer mu.Unlock()
				leaves = append(leaves, leave)
			}()
		}
		synctest.Wait()
		if len(granted) != 1 {
			t.Fatalf("%v are let in", granted)
		}
		s, err := sits(e, granted[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, leave := range leaves {
			leave()
		}
		s.Leave()
		gone(t, e)
	})
}

// A page whose room is ended while it is let in is told so, and one that is gone by then leaves nothing.
func TestPageOnTheWayIn(t *testing.T) {
	for _, what := range []string{"comes", "ended", "gone"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := bare(func(c *Config) { c.MaxParticipants = 1 })
				said := make(chan string, 8)
				v, err := e.Join(t.Context(), bridge.Join{
					Room: "1001", Route: bridge.Route{Role: bridge.RoleGuest, Lobby: true, HostPIN: true, Door: hostPIN{}},
				}, func(b []byte) { said <- string(b) })
				if err != nil {
					t.Fatal(err)
				}
				<-said
				a := v.(*arrival)
				a.mu.Lock() // what is decided now is not taken yet
				if !e.Decide("1001", "", true) {
					t.Error("nobody waits")
				}
				if _, no := asks(e, guestOf("b", 0)); !errors.Is(no, refusedFull) {
					t.Errorf("the place of the page is given to another: %v", no)
				}
				if what == "ended" {
					e.EndRoom("1001", "over")
				}
				if what == "gone" {
					a.over = true
				}
				a.mu.Unlock()
				synctest.Wait()
				switch what {
				case "ended":
					if got := <-said; got != `{"type":"bye","code":"ended","reason":"over"}` {
						t.Error(got)
					}
				case "comes":
					if s := e.Rooms(); len(s) != 1 || len(s[0].Participants) != 1 || len(e.rooms["1001"].room.granted) != 0 || e.rooms["1001"].refs != 1 {
						t.Errorf("%+v", s)
					}
					_ = v.Receive([]byte(`{"type":"leave"}`))
				}
				v.Disconnected()
				gone(t, e)
			})
		})
	}
}

// noLeg is a terminal that does as it is told.
type noLeg struct{}

func (noLeg) Hangup(bridge.Cause, string) {}
func (noLeg) RequestKeyframe()            {}
func (noLeg) LimitBitrate(int)            {}
