package number

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// The reference evaluator: no index, no folding, no shared code but the bare meaning of
// PINs, written as one would explain it.

type reference struct {
	rules []Rule
	key   Key
}

func newReference(rules []Rule, key Key) reference {
	list := append([]Rule(nil), rules...)
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.Priority != b.Priority {
			return a.Priority < b.Priority
		}
		rank := map[Kind]int{Exact: 0, Prefix: 1, Regex: 2, Any: 3}
		if a.Kind != b.Kind {
			return rank[a.Kind] < rank[b.Kind]
		}
		if a.Kind == Prefix && len(a.Number) != len(b.Number) {
			return len(a.Number) > len(b.Number)
		}
		return a.ID < b.ID
	})
	return reference{list, key}
}

var typedBehind = regexp.MustCompile(`^([*#]*[^*#]+)[*#]+(\d{0,16})[*#]*$`)

func (ref reference) decide(c Call) (ruleID, result string) {
	whole := strings.TrimRight(c.Number, "#")
	if strings.Trim(whole, "0123456789+*#-. ()") == "" && strings.ContainsAny(whole, "0123456789") {
		whole = strings.TrimPrefix(regexp.MustCompile(`[-. ()]`).ReplaceAllString(whole, ""), "+")
	}
	short, pin := whole, c.PIN
	if m := typedBehind.FindStringSubmatch(whole); m != nil {
		short = m[1]
		if m[2] != "" {
			pin = m[2]
		}
	}
	for _, r := range ref.rules {
		if r.Disabled || !ref.conditions(r, c) {
			continue
		}
		number, one, pin, ok := ref.match(r, whole, short, pin, c.PIN)
		if ok {
			return r.ID, ref.outcome(r, number, one, pin)
		}
	}
	if whole == "" {
		return "", "reception"
	}
	return "", "refuse no-route"
}

func (ref reference) match(r Rule, whole, short, pin, beside string) (number, one, usedPIN string, ok bool) {
	switch r.Kind {
	case Any:
		return short, "", pin, true
	case Exact:
		if strings.EqualFold(whole, r.Number) && whole != short {
			return whole, "", "", true
		}
		return short, "", pin, strings.EqualFold(short, r.Number)
	case Prefix:
		if len(short) < len(r.Number) || !strings.EqualFold(short[:len(r.Number)], r.Number) {
			return "", "", "", false
		}
		return short, short[len(r.Number):], pin, true
	}
	re := regexp.MustCompile("(?i)^(?:" + r.Number + ")$")
	on := short
	if strings.Contains(r.Number, "?P<pin>") {
		on = whole
	}
	m := re.FindStringSubmatch(on)
	if m == nil {
		return "", "", "", false
	}
	if on == whole && strings.Contains(r.Number, "?P<pin>") { // in such expressions of the test the PIN stands behind an x
		before, pin, _ := strings.Cut(strings.ToLower(on), "x")
		return before + "x", m[1], pin, true
	}
	if len(m) > 1 {
		one = m[1]
	}
	return short, one, pin, true
}

func (ref reference) conditions(r Rule, c Call) bool {
	contains := func(list []string, is func(string) bool) bool {
		for _, s := range list {
			if is(s) {
				return true
			}
		}
		return len(list) == 0
	}
	var networks, windows []string
	for _, n := range r.Networks {
		networks = append(networks, n.String())
	}
	for _, w := range r.Times {
		windows = append(windows, w.String())
	}
	return contains(r.Protocols, func(p string) bool { return p == c.Protocol }) &&
		contains(r.Callers, func(p string) bool {
			p = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(p))
			return regexp.MustCompile("(?i)^" + p + "$").MatchString(c.Caller)
		}) &&
		contains(networks, func(p string) bool { return netip.MustParsePrefix(p).Contains(c.Addr) }) &&
		(r.Registered == "" || (r.Registered == "yes") == c.Registered) &&
		(r.Encrypted == "" || (r.Encrypted == "yes") == c.Encrypted) &&
		contains(windows, func(w string) bool { return inWindow(w, c.At) })
}

// inWindow reads "days from-to zone" and asks each minute since the window last began.
func inWindow(text string, at time.Time) bool {
	f := strings.Fields(text)
	loc, err := time.LoadLocation(f[2])
	if err != nil {
		panic(err)
	}
	at = at.In(loc)
	from, to, _ := strings.Cut(f[1], "-")
	on := func(t time.Time) bool {
		day := strings.ToLower(t.Format("Mon"))
		first, last, isRange := strings.Cut(f[0], "-")
		if !isRange {
			return day == first
		}
		const week = "sun mon tue wed thu fri sat sun mon tue wed thu fri sat "
		rest := week[strings.Index(week, first):]
		return strings.Index(rest, day) <= strings.Index(rest, last)
	}
	clock := at.Format("15:04")
	yesterday := time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, loc)
	if from < to {
		return on(at) && from <= clock && clock < to
	}
	return on(at) && from <= clock || on(yesterday) && clock < to
}

func (ref reference) outcome(r Rule, number, one, pin string) string {
	fill := strings.NewReplacer("$0", number, "$1", one).Replace
	switch r.Action {
	case ToRoom:
		if !bridge.ValidRoom(fill(r.Room)) {
			return "refuse no-route"
		}
		return "room " + fill(r.Room) + " " + ref.role(r, pin)
	case ToDial:
		return "dial " + strings.NewReplacer("#", "%23").Replace(fill(r.Target)) + " " + ref.role(r, pin)
	case ToReception:
		return "reception"
	}
	return "refuse " + r.Cause
}

func (ref reference) role(r Rule, pin string) string {
	switch {
	case r.HostPIN.Set() && ref.key.Opens(r.HostPIN, pin):
		return "host"
	case r.GuestPIN.Set() && ref.key.Opens(r.GuestPIN, pin), !r.GuestPIN.Set() && !r.HostPIN.Set(), !r.GuestPIN.Set() && pin == "":
		return "guest"
	}
	return "none"
}

// Random plans of things that meet often.

type dice struct{ *rand.Rand }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

func some[T any](d dice, from ...T) []T {
	if d.IntN(7) > 0 {
		return nil
	}
	return []T{pick(d, from...), pick(d, from...)}
}

func (d dice) number() string {
	n := pick(d, "1", "10", "100", "101", "11", "2", "20", "*9", "ab", "AB", "abc", "9*10", "10x1111", "", "10-0", "+10")
	return n + pick(d, "", "", "", "0", "1", "#", "#1111", "*1111", "**2222", "##3333", "*1*2", "#1111#")
}

var windows = []Window{
	must(ParseWindow("mon-fri 08:00-18:00 Asia/Ho_Chi_Minh")), must(ParseWindow("sat 22:00-06:00 Europe/Berlin")),
	must(ParseWindow("fri-sun 12:00-02:30 America/Santiago")), must(ParseWindow("sun 01:30-03:30 Europe/Berlin")),
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (d dice) rule(id int, pins []PIN) Rule {
	r := Rule{
		ID: fmt.Sprint(id), Priority: 1 + d.IntN(4), Disabled: d.IntN(12) == 0,
		Match: Match{Kind: pick(d, Exact, Exact, Exact, Prefix, Prefix, Any)},
		Conditions: Conditions{
			Protocols: some(d, "sip", "h323"), Callers: some(d, "a*", "*b", "?b", "An"),
			Networks:   some(d, netip.MustParsePrefix("10.0.0.0/9"), netip.MustParsePrefix("10.128.0.0/9"), netip.MustParsePrefix("2001:db8::/32")),
			Registered: pick(d, Either, Either, Either, Yes, No), Encrypted: pick(d, Either, Either, Either, Yes, No), Times: some(d, windows...),
		},
		Outcome:  Outcome{Action: pick(d, ToRoom, ToRoom, ToRoom, ToDial, ToReception, Refuse), Cause: pick(d, "busy", "forbidden")},
		Settings: Settings{GuestPIN: pick(d, pins...), HostPIN: pick(d, pins...)},
	}
	if d.IntN(40) == 0 {
		r.Kind = Regex
	}
	one := "$1"
	switch r.Kind {
	case Exact:
		r.Number, one = d.number(), "$0"
	case Prefix:
		r.Number = pick(d, "1", "10", "1", "2", "a", "aB", "*9")
	case Regex:
		r.Number = pick(d, `1(\d+)`, `(\d*)0|(?:AB)c?`, `(10)x(?P<pin>\d{4})`, `(a)b.*`, `10(0|1)`)
	default:
		one = "$0"
	}
	r.Room, r.Target = pick(d, "room-$0", "r"+one, one), pick(d, "sip:$0@h", "h323:"+one+"@h")
	return r.Normal()
}

func (d dice) call() Call {
	return Call{
		Protocol: pick(d, "sip", "h323"), Number: d.number(), PIN: pick(d, "", "", "1111", "9999"), Caller: pick(d, "", "An", "ab", "bob", "éb"),
		Addr:       pick(d, netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.200.1.1"), netip.MustParseAddr("2001:db8::1"), netip.Addr{}),
		Registered: d.IntN(2) == 0, Encrypted: d.IntN(2) == 0,
		At: time.Unix(1_761_350_000+d.Int64N(366*24*3600), 0), // from the hour that Berlin repeats on
	}
}

// A hundred thousand random plans decide as the reference does, and the dry run says
// the same as the decision.
func TestPlansAgreeWithReference(t *testing.T) {
	plans := 100_000
	if testing.Short() {
		plans = 5_000
	}
	d := dice{rand.New(rand.NewPCG(1, 2))}
	pins := []PIN{{}, {}, {}, mustSeal(t, "1111"), mustSeal(t, "2222")}
	hits := 0
	for n := range plans {
		rules := make([]Rule, d.IntN(6))
		for i := range rules {
			rules[i] = d.rule(i, pins)
		}
		plan, err := NewPlan(rules, testKey)
		if err != nil {
			t.Fatal(err)
		}
		call := d.call()
		got := plan.Decide(call)
		id, want := newReference(rules, testKey).decide(call)
		if short := inShort(got); got.Rule != id || short != want {
			t.Fatalf("plan %d: %+v\n%+v\nrule %q %s, reference rule %q %s", n, rules, call, got.Rule, short, id, want)
		}
		e := plan.Explain(call)
		if !reflect.DeepEqual(e.Decision, got) || got.Rule != "" && !e.Steps[len(e.Steps)-1].Fits {
			t.Fatalf("plan %d: the dry run says %+v, the decision is %+v", n, e, got)
		}
		for i, r := range plan.Rules()[:len(e.Steps)] {
			if e.Steps[i].Rule != r.ID || e.Steps[i].Fits != (r.ID == got.Rule) {
				t.Fatalf("plan %d: step %d of the dry run is %+v, the rule %s", n, i, e.Steps[i], r.ID)
			}
		}
		if got.Rule != "" {
			hits++
		}
	}
	if hits < plans/5 || hits > plans*9/10 {
		t.Errorf("%d of %d calls met a rule: the test is one-sided", hits, plans)
	}
}

func inShort(d Decision) string {
	switch d.Action {
	case ToRoom, ToDial:
		return string(d.Action) + " " + d.Room + d.Target + " " + d.Role.String()
	case Refuse:
		return "refuse " + d.Cause
	}
	return string(d.Action)
}
