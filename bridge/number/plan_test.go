package number

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

func rule(kind Kind, number string, more ...func(*Rule)) Rule {
	r := Rule{Match: Match{kind, number}}
	for _, m := range more {
		m(&r)
	}
	return r.Normal()
}

func to(room string) func(*Rule)     { return func(r *Rule) { r.Room = room } }
func first(p int) func(*Rule)        { return func(r *Rule) { r.Priority = p } }
func dial(target string) func(*Rule) { return func(r *Rule) { r.Action, r.Target = ToDial, target } }
func refuse(cause, reason string) func(*Rule) {
	return func(r *Rule) { r.Action, r.Cause, r.Reason = Refuse, cause, reason }
}

func mustPlan(t testing.TB, rules ...Rule) *Plan {
	t.Helper()
	p, err := NewPlan(rules, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// outcome is a decision in short.
func outcome(d Decision) string {
	return strings.TrimSpace(strings.Join([]string{string(d.Action), d.Room + d.Target + d.Cause, d.Role.String()}, " "))
}

func TestDecide(t *testing.T) {
	p := mustPlan(t,
		rule(Exact, "1001", to("board"), func(r *Rule) { r.GuestPIN = mustSeal(t, "4321") }),
		rule(Exact, "9*1001", to("star")),
		rule(Exact, "+84 24 5555", to("hanoi")),
		rule(Prefix, "2", to("short-$1")),
		rule(Prefix, "20", to("long-$1")),
		rule(Prefix, "*9", to("service-$0")),
		rule(Prefix, "Phòng-", to("$1")),
		rule(Regex, `30(\d)(?P<rest>\d+)`, to("r-$1-${rest}-$0")),
		rule(Regex, `40(\d+)(?:x\**(?P<pin>\d+))?`, to("x$1")),
		rule(Regex, `(?-i)Case`, to("case")),
		rule(Regex, `5\d*|6`, dial("sip:$0@trunk.example.com")),
		rule(Prefix, "dial-", dial("h323:$1@10.0.0.9")),
		rule(Prefix, "08", dial("tel:+84 $1;trunk=carrier")),
		rule(Prefix, "out-", dial("$1")),
		rule(Exact, "7", refuse("", "")),
		rule(Exact, "8", refuse("busy", "not today")),
		rule(Any, "", func(r *Rule) { r.Priority, r.Action = 999, ToReception }),
	)
	for number, want := range map[string]string{
		"1001":       "room board none",
		"+1001":      "room board none",
		"1001*4321":  "room board guest",
		"1001##4321": "room board guest",
		"1001#9999":  "room board none",
		"9*1001":     "room star guest",
		"84245555":   "room hanoi guest",
		"2":          "room short- guest",
		"2199":       "room short-199 guest",
		"2099":       "room long-99 guest",
		"2099**1234": "room long-99 guest",
		"*98":        "room service-*98 guest",
		"phòng-Ba":   "room Ba guest",
		"PHÒNG-ba":   "room ba guest",
		"30123":      "room r-1-23-30123 guest",
		"301":        "reception  guest",
		"4012":       "room x12 guest",
		"4012x*777":  "room x12 guest",
		"Case":       "room case guest",
		"case":       "reception  guest",
		"5551":       "dial sip:5551@trunk.example.com guest",
		"61":         "reception  guest",
		"dial-a@b;c": "dial h323:a%40b%3Bc@10.0.0.9 guest",
		"0812 345":   "dial tel:+8412345 guest",
		"out-12":     "dial tel:12 guest",

		"out-12;trunk=b": "dial tel:12 guest", // who calls names no trunk
		"out-board":      "refuse no-route none",
		"out-1@host":     "refuse no-route none",
		"7":              "refuse forbidden none",
		"8":              "refuse busy none",
		"2/x":            "refuse no-route none",
		"":               "reception  guest",
	} {
		if got := outcome(p.Decide(Call{Number: number})); got != want {
			t.Errorf("%q: %s, not %s", number, got, want)
		}
	}
	if d := p.Decide(Call{Number: "1001", PIN: "1"}); !d.WrongPIN || d.Role != bridge.RoleNone {
		t.Errorf("a wrong PIN of the front-end: %+v", d)
	}
	if d := p.Decide(Call{Number: "1001", PIN: "4321"}); d.WrongPIN || d.Role != bridge.RoleGuest {
		t.Errorf("the right PIN of the front-end: %+v", d)
	}
	if d := mustPlan(t).Decide(Call{Number: "1"}); outcome(d) != "refuse no-route none" {
		t.Errorf("an empty plan: %s", outcome(d))
	}
	if d := mustPlan(t).Decide(Call{}); d.Action != ToReception {
		t.Errorf("an empty plan without number: %s", outcome(d))
	}
}

func TestConditions(t *testing.T) {
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	window, err := ParseWindow("mon 08:00-10:00")
	if err != nil {
		t.Fatal(err)
	}
	c := Conditions{
		Protocols: []string{"sip"}, Callers: []string{"*@VN.example", "10?"}, Networks: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8")},
		Registered: Yes, Encrypted: No, Times: []Window{window},
	}
	p := mustPlan(t, rule(Any, "", func(r *Rule) { r.Conditions = c }))
	fits := Call{Protocol: "sip", Number: "1", Caller: "An@vn.example", Addr: netip.MustParseAddr("::ffff:10.9.9.9"), Registered: true, At: at}
	for name, change := range map[string]func(*Call){
		"":           func(*Call) {},
		"protocol":   func(c *Call) { c.Protocol = "h323" },
		"caller":     func(c *Call) { c.Caller = "an@vn.example.com" },
		"network":    func(c *Call) { c.Addr = netip.MustParseAddr("11.0.0.1") },
		"registered": func(c *Call) { c.Registered = false },
		"encrypted":  func(c *Call) { c.Encrypted = true },
		"time":       func(c *Call) { c.At = at.Add(time.Hour) },
	} {
		call := fits
		change(&call)
		e := p.Explain(call)
		if len(e.Steps) != 1 || e.Steps[0].Check != name || e.Steps[0].Fits != (name == "") {
			t.Errorf("%s: %+v", name, e.Steps)
		}
	}
}

func TestExplainChain(t *testing.T) {
	p := mustPlan(t,
		rule(Exact, "1000", first(1)),
		rule(Exact, "1001", first(2), func(r *Rule) { r.Disabled = true }),
		rule(Prefix, "10", first(3), func(r *Rule) { r.Protocols = []string{"h323"} }),
		rule(Regex, `1\d+`, first(4), to("yes")),
		rule(Any, "", first(5)),
	)
	e := p.Explain(Call{Protocol: "sip", Number: "1001*4321"})
	var checks []string
	for _, s := range e.Steps {
		checks = append(checks, s.For+": "+s.Check)
	}
	want := `exact 1000: number; exact 1001: disabled; prefix 10: protocol; regex 1\d+: `
	if got := strings.Join(checks, "; "); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
	if e.Decision.Room != "yes" || strings.Contains(e.Whole, "4321") {
		t.Errorf("%+v", e)
	}
	if e = p.Explain(Call{Number: ""}); len(e.Steps) != 5 || e.Decision.Cause != "no-route" {
		t.Errorf("without number: %+v", e)
	}
}

func TestValidate(t *testing.T) {
	for name, r := range map[string]Rule{
		"no match":         {ID: "x", Match: Match{"near", "1"}},
		"prefix of all":    rule(Prefix, ""),
		"prefix with star": rule(Prefix, "9*"),
		"bad regex":        rule(Regex, "(1"),
		"breaking out":     rule(Regex, "1)|(2"),
		"large regex":      rule(Regex, `(\d{200}){3}`),
		"long regex":       rule(Regex, strings.Repeat("1", 257)),
		"plus":             rule(Regex, `\+84\d+`, to("$0")),
		"missing group":    rule(Regex, `1(\d)`, to("$2")),
		"group of exact":   rule(Exact, "1", to("$1")),
		"pin as room":      rule(Regex, `1(\d)x(?P<pin>\d+)`, to("$2")),
		"pin in room":      rule(Regex, `(1(\d)x(?P<pin>\d+))`, to("$1")),
		"dollar":           rule(Exact, "1", to("a$")),
		"target":           rule(Exact, "1", dial("http://x")),
		"host dialled":     rule(Exact, "1", dial("sip:$0")),
		"host captured":    rule(Prefix, "1", dial("sip:a@$1.example")),
		"cause":            rule(Exact, "1", refuse("whim", "")),
		"lobby":            rule(Exact, "1", func(r *Rule) { r.Lobby = true }),
		"layout":           rule(Exact, "1", func(r *Rule) { r.Layout = "circle" }),
		"control":          rule(Exact, "1", func(r *Rule) { r.Label = "a\nb" }),
		"priority":         rule(Exact, "1", first(-1)),
		"typed pin":        rule(Exact, "1", func(r *Rule) { r.GuestPIN = PIN{typed: "1234"} }),
		"width alone":      rule(Exact, "1", func(r *Rule) { r.Width = 640 }),
		"protocol":         rule(Exact, "1", func(r *Rule) { r.Protocols = []string{"iax"} }),
		"stars":            rule(Exact, "1", func(r *Rule) { r.Callers = []string{strings.Repeat("*a", 9)} }),
	} {
		if err := r.Validate(); err == nil {
			t.Errorf("%s: %+v is valid", name, r)
		}
	}
	if _, err := NewPlan([]Rule{rule(Exact, "1"), rule(Exact, "1")}, testKey); err == nil {
		t.Error("two rules have one id")
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*", "abc", true}, {"*c", "abc", true}, {"a?c", "abc", true},
		{"a?c", "aéc", true}, {"*b*d", "abcd", true}, {"*b*d", "abc", false}, {"**a", "a", true}, {"?", "", false}, {"*é?", "éé1", true},
	} {
		if got := like(c.pattern, c.text); got != c.want {
			t.Errorf("%q like %q: %t", c.text, c.pattern, got)
		}
	}
}
