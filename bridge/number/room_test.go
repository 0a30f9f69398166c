package number

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

var anywhereAddr, noon = netip.MustParseAddr("192.0.2.1"), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// roomDirectory has the tenants a, the default one, and b.
func roomDirectory(t testing.TB, a, b *Plan) *Directory {
	t.Helper()
	d, err := NewDirectory([]Tenant{{ID: "a", Default: true}, {ID: "b", Domains: []string{"b.example"}}}, map[string]*Plan{"a": a, "b": b})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func guestPIN(t testing.TB, pin string) func(*Rule) {
	return func(r *Rule) { r.GuestPIN = mustSeal(t, pin) }
}

func hostPIN(t testing.TB, pin string) func(*Rule) {
	return func(r *Rule) { r.HostPIN = mustSeal(t, pin) }
}

func TestRoomsFoundByRules(t *testing.T) {
	window, err := ParseWindow("tue 08:00-10:00")
	if err != nil {
		t.Fatal(err)
	}
	p := mustPlan(t,
		rule(Exact, "1001", to("board"), guestPIN(t, "4321")),
		rule(Exact, "1002", to("board"), hostPIN(t, "9999")),
		rule(Exact, "2001", to("free")),
		rule(Exact, "Lab"),
		rule(Prefix, "30", to("team-$1")),
		rule(Prefix, "31", to("all"), guestPIN(t, "1111")),
		rule(Exact, "3005", to("elsewhere")),
		rule(Regex, `4(\d\d)(\d\d)`, to("r-$2-$1"), guestPIN(t, "2222")),
		rule(Exact, "5001", to("inside"), func(r *Rule) { r.Networks = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }),
		rule(Exact, "5002", to("closed"), func(r *Rule) { r.Times = []Window{window} }),
		rule(Exact, "5003", to("known"), func(r *Rule) { r.Registered = Yes }),
		rule(Exact, "5004", to("h323"), func(r *Rule) { r.Protocols = []string{"h323"} }),
		rule(Exact, "5005", to("off"), func(r *Rule) { r.Disabled = true }),
		rule(Prefix, "60", to("x$0y$1z")),
		rule(Any, "", first(900), to("any-$0")),
	).Furnish([]Room{
		{Name: "free", Settings: Settings{HostPIN: mustSeal(t, "7777"), Lobby: true, Capacity: 5}},
		{Name: "vault", Locked: true, Settings: Settings{HostPIN: mustSeal(t, "7777"), GuestPIN: mustSeal(t, "1111")}},
		{Name: "tomb", Locked: true},
	})
	d := roomDirectory(t, p, nil)
	for name, want := range map[string]string{
		"board":     "1001 none host pins",
		"free":      "2001 guest host pins lobby",
		"lab":       "Lab guest",
		"team-17":   "prefix 30 guest",
		"team-05":   "", // 3005 leads elsewhere
		"team-":     "prefix 30 guest",
		"all":       "prefix 31 none",
		"r-12-34":   `regex 4(\d\d)(\d\d) none`,
		"r-123-4":   "",
		"inside":    "5001 refused",
		"closed":    "5002 refused",
		"known":     "5003 refused",
		"h323":      "5004 guest",
		"off":       "",
		"x607y7z":   "prefix 60 guest",
		"x60y7z":    "",
		"any-77":    "any guest",
		"any-1001":  "", // 1001 is board
		"any-7*123": "", // what stands behind the star is a PIN
		"vault":     " none host pins",
		"tomb":      " refused",
		"board@a":   "1001 none host pins",
		"board@b":   "",
		"nothing":   "",
	} {
		got := ""
		if e, ok := d.Room(name, anywhereAddr, noon); ok {
			got = described(e)
		}
		if got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if e, _ := d.Room("inside", netip.MustParseAddr("10.1.1.1"), noon); described(e) != "5001 guest" {
		t.Errorf("from within: %+v", e)
	}
	if e, _ := d.Room("closed", anywhereAddr, noon.Add(21*time.Hour)); described(e) != "5002 guest" {
		t.Errorf("at the time: %+v", e)
	}
}

// described is a decision for a room in short.
func described(d Decision) string {
	if d.Action == Refuse {
		return d.Rule + " refused"
	}
	words := []string{d.Rule, d.Role.String()}
	if d.Settings.HostPIN.Set() {
		words = append(words, "host pins")
	}
	if d.Settings.Lobby {
		words = append(words, "lobby")
	}
	return strings.Join(words, " ")
}

func TestDoorsOfRooms(t *testing.T) {
	p := mustPlan(t, rule(Exact, "1", to("board"), guestPIN(t, "4321"), func(r *Rule) { r.Layout = "grid" }), rule(Exact, "2", to("vault"))).Furnish([]Room{
		{Name: "board", Settings: Settings{GuestPIN: mustSeal(t, "0000"), HostPIN: mustSeal(t, "9999"), Layout: "speaker", Language: "vi"}},
		{Name: "vault", Locked: true, Settings: Settings{HostPIN: mustSeal(t, "9999"), GuestPIN: mustSeal(t, "0000")}},
	})
	d := p.Decide(Call{Number: "1*4321"})
	if d.Role != bridge.RoleGuest || d.Enter("9999") != bridge.RoleHost || d.Enter("0000") != bridge.RoleNone || d.Settings.Layout != "grid" || d.Settings.Language != "vi" {
		t.Errorf("the rule goes before the room: %+v", d)
	}
	d = p.Decide(Call{Number: "2*0000"})
	if d.Role != bridge.RoleNone || !d.WrongPIN || d.Enter("9999") != bridge.RoleHost || d.Enter("") != bridge.RoleNone {
		t.Errorf("a locked room takes hosts: %+v", d)
	}
	if e := p.Explain(Call{Number: "2"}); !e.Decision.Locked {
		t.Errorf("the dry run says nothing of the lock: %+v", e.Decision)
	}
}

func TestFullNames(t *testing.T) {
	any := mustPlan(t, rule(Any, ""))
	d := roomDirectory(t, any, any)
	for host, want := range map[string]string{"": "board", "b.example": "board@b"} {
		if r, err := d.Decide(Call{Number: "board", Host: host}).Route(); err != nil || r.Room != want {
			t.Errorf("%s: %v %+v", host, err, r)
		}
	}
	for name, want := range map[string]string{"board": "board a", "board@a": "board a", "board@b": "board@b b", "board@c": "", "bo@ard@b": "", "@b": ""} {
		got := ""
		if r, err := d.Entrance(name, anywhereAddr, noon, false).Route(); err == nil {
			got = r.Room + " " + r.Tenant
		}
		if got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if d := any.Decide(Call{Number: "a@b"}); d.Action != Refuse {
		t.Errorf("a number with an @: %+v", d)
	}
	if _, err := NewPlan([]Rule{rule(Exact, "1", to("board@b"))}, testKey); err == nil {
		t.Error("a rule leads to another tenant's room")
	}
}

func TestOpened(t *testing.T) {
	p := mustPlan(t, rule(Exact, "1001", to("board"), guestPIN(t, "4321"))).Furnish([]Room{{Name: "77", Settings: Settings{GuestPIN: mustSeal(t, "1111")}}})
	d := roomDirectory(t, p, mustPlan(t))
	for number, want := range map[string]string{
		"board": "board none", "7": "7 guest", "77": "77 none", "77*1111": "77 guest", "a@b": " none", "7*5": "7 guest", "+7": "7 guest",
	} {
		if e := d.Opened(Call{Number: number, Protocol: "sip"}); e.Room+" "+e.Role.String() != want || e.Tenant != "a" {
			t.Errorf("%s: %+v, not %s", number, e, want)
		}
	}
	if r, err := d.Opened(Call{Number: "7", Host: "b.example"}).Route(); err != nil || r.Room != "7@b" {
		t.Errorf("%+v, %v", r, err)
	}
	for name, want := range map[string]string{"new": "new guest", "new@b": "new guest", "new@c": " none", "board": "board none"} {
		if e := d.Entrance(name, anywhereAddr, noon, true); e.Room+" "+e.Role.String() != want {
			t.Errorf("%s: %+v, not %s", name, e, want)
		}
	}
}

func TestExplainOpened(t *testing.T) {
	p := mustPlan(t, rule(Exact, "1001", to("board"), guestPIN(t, "4321")))
	for number, want := range map[string]string{"1001": "rule 1001 fits", "board": "to which rule 1001 leads", "2": "opens the room", "a@b": "refused", "": "asked for a number"} {
		e := p.Explain(Call{Number: number}).Open(p, Call{Number: number})
		if !strings.Contains(e.Why, want) || number == "board" && e.Decision.Role != bridge.RoleNone {
			t.Errorf("%s: %s, not %s: %+v", number, e.Why, want, e.Decision)
		}
	}
}

// Whatever a terminal is asked for in a room, a browser is asked for too; and where rules have no
// conditions, a page finds the rooms that terminals can dial, and no others.
func TestRoomsAgreeWithNumbers(t *testing.T) {
	plans := 5_000
	if testing.Short() {
		plans = 1_000
	}
	d := dice{rand.New(rand.NewPCG(3, 4))}
	pins := []PIN{{}, {}, mustSeal(t, "1111"), mustSeal(t, "2222")}
	asked := 0
	for n := range plans {
		rules := make([]Rule, 1+d.IntN(5))
		for i := range rules {
			rules[i] = d.rule(i, pins)
			if n%2 == 0 {
				rules[i].Conditions = Conditions{}
			}
		}
		plan := mustPlan(t, rules...)
		page := Call{Addr: netip.MustParseAddr("10.1.2.3"), Encrypted: true, At: noon}
		for range 5 {
			call := d.call()
			call.Addr, call.Encrypted, call.At, call.Registered, call.Caller = page.Addr, true, noon, false, ""
			got := plan.Decide(call)
			if got.Action != ToRoom {
				continue
			}
			e, ok := plan.room(got.Room, page)
			if !ok || e.Action != ToRoom || got.Enter("") == bridge.RoleNone && e.Enter("") != bridge.RoleNone {
				t.Fatalf("plan %d: %+v\n%+v leads to %+v, the page %v %+v", n, rules, call, got, ok, e)
			}
			if e.Role == bridge.RoleNone {
				asked++
			}
		}
		if n%2 == 0 && !slices.ContainsFunc(rules, func(r Rule) bool { return r.Kind == Regex }) {
			name := d.number()
			e, ok := plan.room(name, page)
			ok = ok && bridge.ValidRoomName(name)
			if back := plan.Decide(Call{Number: e.Number, Protocol: "sip"}); ok && e.Number != "" && back.Room != name {
				t.Fatalf("plan %d: %+v\nthe page %s by %s, which leads to %s", n, rules, name, e.Number, back.Room)
			}
		}
	}
	if asked < plans/10 {
		t.Errorf("%d pages of %d plans asked for a PIN: the test is one-sided", asked, plans)
	}
}

func BenchmarkRoom(b *testing.B) {
	p := tenThousand(b)
	d := roomDirectory(b, p, nil)
	for b.Loop() {
		d.Room("room-5000", anywhereAddr, noon)
	}
}

// A greeting's text and its recording go together: a room's recording does not say what a rule's text shows.
func TestGreetings(t *testing.T) {
	text, sound := Settings{Greeting: "of the rule"}, Settings{GreetingSound: "rule"}
	both := Settings{Greeting: "of the room", GreetingSound: "room"}
	for _, s := range []Settings{text, sound, both} {
		if got := s.or(&both); got.Greeting != s.Greeting || got.GreetingSound != s.GreetingSound {
			t.Errorf("%q %q", got.Greeting, got.GreetingSound)
		}
	}
	if got := (Settings{}).or(&both); got != both {
		t.Errorf("%q %q", got.Greeting, got.GreetingSound)
	}
	p := mustPlan(t, rule(Exact, "1001", to("board"), func(r *Rule) { r.Settings = sound }))
	if r, err := p.Decide(Call{Number: "1001", At: noon}).Route(); err != nil || r.GreetingSound != "rule" || !r.Greets() {
		t.Errorf("%+v, %v", r, err)
	}
	for name, ok := range map[string]bool{"welcome-acme": true, "../beta/x": false, "x.wav": false, "/etc/x": false, " x": false} {
		r := rule(Exact, "1001", to("board"), func(r *Rule) { r.GreetingSound = name })
		if err := r.Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
