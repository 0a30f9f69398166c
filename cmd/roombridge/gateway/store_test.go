package gateway

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
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
			"1001": "board", "sip 1002": "this room needs a PIN", "1002**4321": "secret", "1002*1111": "the PIN is wrong",
			"1003": "guests of this room wait", "1003**9999": "lobby", "1004": "sealed", "h323 1004": "encrypted calls alone",
			"1005": "closed for the feast", "1006": "nobody can be asked", "1007": "not passed on",
			"2000": "2000", "": "no number was dialled", "a/b": "cannot be a room's name", "secret": "needs a PIN", "secret**4321": "secret",
		}
		if !open {
			for _, n := range []string{"2000", "", "a/b", "secret", "secret**4321"} {
				want[n] = "no room has this number"
			}
		}
		for dialled, want := range want {
			inv := bridge.Invite{Protocol: "sip", Number: dialled}
			if protocol, n, ok := strings.Cut(dialled, " "); ok {
				inv.Protocol, inv.Number = protocol, n
			}
			r, err := g.router().Route(t.Context(), inv)
			got := r.Room
			if err != nil {
				got = bridge.AsRefusal(err).Reason
			}
			if !strings.HasPrefix(got, want) && !strings.Contains(got, want) || r.Tenant != "default" || strings.Contains(fmt.Sprint(r.Number), "4321") {
				t.Errorf("open %v, %q: %q (%+v), not %q", open, dialled, got, r, want)
			}
		}
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
		for _, n := range []string{"1005", "1002**1111"} {
			if _, err := g.core.Incoming(t.Context(), bridge.Invite{Protocol: "sip", Number: n}, nil); err == nil {
				t.Error(n, "was let in")
			}
		}
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

// A database that is not to be opened keeps the gateway from starting, with its key's name.
func TestBadStore(t *testing.T) {
	c := config.Default()
	c.Store.URL = "sqlite:" + t.TempDir()
	if err := Run(context.Background(), c, Options{}); err == nil || !strings.Contains(err.Error(), "store.url") || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
