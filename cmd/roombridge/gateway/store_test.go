package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

var operator = store.Who{Name: "test"}

// setRules writes rules of the default tenant, and waits until they are in force.
func setRules(t *testing.T, g *Gateway, rules ...number.Rule) {
	t.Helper()
	scope, err := g.kept.db.Tenant("default")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = scope.Change(t.Context(), operator, "", func(tx *store.Tx) error {
		for _, r := range rules {
			if err := r.Settle(nil, g.kept.db.PINKey()); err != nil {
				return err
			}
			if err := store.Rules.Put(t.Context(), tx, r.Normal()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the rules in force", func() bool { return g.kept.book.Directory().Plan("default").Len() == len(rules) })
}

func pin(t *testing.T, s string) number.PIN {
	t.Helper()
	p, err := number.TypedPIN(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func rulesOfTest(t *testing.T) []number.Rule {
	exact := func(n, room string, s number.Settings) number.Rule {
		return number.Rule{Match: number.Match{Kind: number.Exact, Number: n}, Outcome: number.Outcome{Room: room}, Settings: s}.Normal()
	}
	out := func(n string, o number.Outcome) number.Rule {
		return number.Rule{Match: number.Match{Kind: number.Exact, Number: n}, Outcome: o}.Normal()
	}
	return []number.Rule{
		exact("1001", "board", number.Settings{}),
		exact("1002", "secret", number.Settings{GuestPIN: pin(t, "4321")}),
		exact("1003", "lobby", number.Settings{HostPIN: pin(t, "9999"), Lobby: true}),
		exact("1004", "sealed", number.Settings{Encryption: true}),
		out("1005", number.Outcome{Action: number.Refuse, Cause: "busy", Reason: "closed for the feast"}),
		out("1006", number.Outcome{Action: number.ToReception}),
		out("1007", number.Outcome{Action: number.ToDial, Target: "sip:x@192.0.2.1"}),
	}
}

// The plan decides, and admission.open what no rule is for.
func TestRouting(t *testing.T) {
	for _, open := range []bool{true, false} {
		g := start(t, func(c *config.Config) { c.Admission.Open = open })
		setRules(t, g, rulesOfTest(t)...)
		want := map[string]string{
			"1001": "board guest", "sip 1002": "secret none", "1002**4321": "secret guest", "1002*1111": "secret none wrong",
			"1003": "lobby guest", "1003**9999": "lobby host", "1004": "sealed guest", "h323 1004": "encrypted calls alone",
			"1005": "closed for the feast", "1006": "reception", "1007": "dial sip:x@192.0.2.1", "": "reception",
			"2000": "2000 guest", "a/b": "cannot be a room's name", "secret": "secret none", "secret**4321": "secret guest",
		}
		if !open {
			for _, n := range []string{"2000", "a/b", "secret", "secret**4321"} {
				want[n] = "no room has this number"
			}
		}
		for dialled, want := range want {
			inv := bridge.Invite{Protocol: "sip", Number: dialled}
			if protocol, n, ok := strings.Cut(dialled, " "); ok {
				inv.Protocol, inv.Number = protocol, n
			}
			r, err := g.router().Route(t.Context(), inv)
			got := r.Room + " " + r.Role.String()
			switch {
			case err != nil:
				got = bridge.AsRefusal(err).Reason
			case r.Reception:
				got = "reception"
			case r.Dial != nil:
				got = r.Room + " " + r.Dial.URI
			case r.WrongPIN:
				got += " wrong"
			}
			if got != want && (err == nil || !strings.Contains(got, want)) || r.Tenant != "default" || strings.Contains(fmt.Sprint(r.Number), "4321") {
				t.Errorf("open %v, %q: %q (%+v), not %q", open, dialled, got, r, want)
			}
		}
	}
}

// PINs dialled behind a number are tries, too: who guesses is asked at the desk then, and told to wait. At the
// pages the same doors are asked.
func TestDialledPINsAreCounted(t *testing.T) {
	g := start(t, func(*config.Config) {})
	setRules(t, g, rulesOfTest(t)...)
	dial := func(from, number string) bridge.Route {
		t.Helper()
		r, err := g.router().Route(t.Context(), bridge.Invite{Protocol: "sip", Number: number, Caller: bridge.Caller{Addr: netip.MustParseAddrPort(from)}})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for i := range 10_000 {
		if r := dial("192.0.2.7:5060", fmt.Sprintf("1002**%04d", i)); r.Role != bridge.RoleNone {
			t.Fatalf("try %d found the PIN", i)
		}
	}
	if r := dial("192.0.2.7:5061", "1002**4321"); r.Role != bridge.RoleNone || r.WrongPIN {
		t.Errorf("who has to wait learns of the PIN: %+v", r)
	}
	if r := dial("192.0.2.8:5060", "1002**4321"); r.Role != bridge.RoleGuest {
		t.Errorf("a neighbour is not let in: %+v", r)
	}
	if s := g.doors.Stats(); s.Wrong > 10 || s.Locks == 0 {
		t.Errorf("%+v", s)
	}
	r, err := g.entrance(t.Context(), "secret", "192.0.2.7")
	if err != nil || r.Door == nil || r.Role != bridge.RoleNone || r.Room != "secret" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := g.doors.Enter(r, "192.0.2.7", "4321"); bridge.AsRefusal(err).Cause != bridge.CauseForbidden || err == nil {
		t.Errorf("at the page: %v", err)
	}
	if r, err = g.entrance(t.Context(), "board", "192.0.2.7:1"); err != nil || r.Role != bridge.RoleGuest {
		t.Errorf("%+v %v", r, err)
	}
	var events []store.Event
	eventually(t, "the events", func() bool {
		scope, _ := g.kept.db.Tenant("default")
		events, _, err = store.Events.List(t.Context(), scope, store.JournalQuery{Search: "1002"})
		return err == nil && len(events) >= 4
	})
	kinds := map[string]int{}
	for _, e := range events {
		if kinds[e.Kind]++; e.From != "192.0.2.7" || e.Data["room"] != "secret" || strings.Contains(fmt.Sprint(e), "**") {
			t.Errorf("%+v", e)
		}
	}
	if kinds["security.pin"] == 0 || kinds["security.lock-out"] == 0 {
		t.Errorf("%v", kinds)
	}
}

// What happened is in the database when the gateway has ended, refused calls included, and
// numbers are there again when it starts anew.
func TestRecordsSurvive(t *testing.T) {
	dir := t.TempDir()
	cfg := func(c *config.Config) { c.Store.URL, c.Web.StateDir = "sqlite:kept.db", dir }
	t.Run("first", func(t *testing.T) {
		g := start(t, cfg)
		setRules(t, g, rulesOfTest(t)...)
		c, err := g.core.Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: "1001", Caller: bridge.Caller{Name: "Phòng họp"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.core.Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: "1005"}, nil); err == nil {
			t.Error("1005 was let in")
		}
		asked, err := g.core.Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: "1002**1111"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		asked.End(bridge.CauseForbidden, "the PIN is wrong")
		c.End(bridge.CauseNormal, "hung up")
		for range recordQueue {
			g.kept.records.event("default", store.NewEvent(time.Now(), "test", "more than the database takes at once"))
		}
	})
	db, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "kept.db")})
	if err != nil {
		t.Fatal(err)
	}
	scope, _ := db.Tenant("default")
	calls, _, err := store.Calls.List(t.Context(), scope, store.JournalQuery{})
	if err != nil || len(calls) != 3 {
		t.Fatalf("%+v, %v", calls, err)
	}
	found, _, err := store.Calls.List(t.Context(), scope, store.JournalQuery{Search: "phong hop"})
	if err != nil || len(found) != 1 || found[0].Rule != "1001" || found[0].Room != "board" || found[0].Cause != "normal" || !strings.Contains(string(found[0].Streams), `"path":"none"`) {
		t.Errorf("%+v, %v", found, err)
	}
	refused, _, _ := store.Calls.List(t.Context(), scope, store.JournalQuery{Search: "1002"})
	if len(refused) != 1 || refused[0].Reason != "the PIN is wrong" || refused[0].Number != "1002" {
		t.Errorf("%+v", refused)
	}
	if events, _, _ := store.Events.List(t.Context(), scope, store.JournalQuery{Search: "wrong"}); len(events) != 1 || events[0].Kind != "security.pin" {
		t.Errorf("%+v", events)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	g := start(t, cfg)
	if n := g.kept.book.Directory().Plan("default").Len(); n != len(rulesOfTest(t)) {
		t.Errorf("%d rules are left", n)
	}
}

// Records that find the queue full are counted, and nobody waits.
func TestRecordsBounded(t *testing.T) {
	r := newRecords(nil, nil)
	for range recordQueue + 3 {
		r.event("", store.Event{})
	}
	if n := r.lost.Load(); n != 3 {
		t.Errorf("%d are counted", n)
	}
}

// What the database does not take is tried again; what it can never take is lost alone.
func TestRecordsInsist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecords(nil, slog.New(slog.DiscardHandler))
		began, down, written := time.Now(), time.Minute, []string{}
		r.keep = func(_ context.Context, _ string, list []entry) error {
			if time.Since(began) < down {
				return errors.New("the server is restarting")
			}
			for _, e := range list {
				if e.event.ID == "bad" {
					return store.ErrRecord
				}
			}
			for _, e := range list {
				written = append(written, e.event.ID)
			}
			return nil
		}
		for _, id := range []string{"1", "bad", "2"} {
			r.event("acme", store.Event{ID: id})
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.run(ctx) }()
		time.Sleep(down + recordTime)
		synctest.Wait()
		if !slices.Equal(written, []string{"1", "2"}) || r.lost.Load() != 1 {
			t.Errorf("%v are written, %d lost", written, r.lost.Load())
		}
		down = 24 * time.Hour
		r.event("acme", store.Event{ID: "3"})
		synctest.Wait()
		ended := time.Now()
		cancel()
		<-done
		if took := time.Since(ended); took > recordLast || r.lost.Load() != 2 {
			t.Errorf("the end took %v, and %d are lost", took, r.lost.Load())
		}
	})
}

// A database that is not to be opened keeps the gateway from starting, with its key's name.
func TestBadStore(t *testing.T) {
	c := config.Default()
	c.Store.URL = "sqlite:" + t.TempDir()
	if err := Run(context.Background(), c, Options{}); err == nil || !strings.Contains(err.Error(), "store.url") || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
