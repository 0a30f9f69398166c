package number

import (
	"fmt"
	"testing"
	"time"
)

func someRules(n int) []Rule {
	rules := make([]Rule, n)
	for i := range rules {
		rules[i] = Rule{Match: Match{Kind: Exact, Number: fmt.Sprint(1000 + i)}}.Normal()
	}
	return rules
}

// A plan with a draft decides as one that was made with it, and the plan it was made of stays.
func TestWith(t *testing.T) {
	p, err := NewPlan(append(someRules(20), Rule{Match: Match{Kind: Prefix, Number: "9"}}), Key{})
	if err != nil {
		t.Fatal(err)
	}
	call := func(n string) Call { return Call{Protocol: "sip", Number: n, At: time.Unix(1e9, 0)} }
	for _, r := range []Rule{
		{Match: Match{Kind: Exact, Number: "9001"}, Outcome: Outcome{Room: "new"}},
		{ID: "1003", Match: Match{Kind: Exact, Number: "1003"}, Outcome: Outcome{Action: Refuse}},
		{ID: "1003", Disabled: true, Match: Match{Kind: Exact, Number: "1003"}},
		{Priority: 1, Match: Match{Kind: Any}, Outcome: Outcome{Room: "all"}},
		{ID: "prefix 9", Match: Match{Kind: Prefix, Number: "90"}, Outcome: Outcome{Room: "$1"}},
	} {
		got, err := p.With(r)
		if err != nil {
			t.Fatal(err)
		}
		all := p.Rules()
		for i := range all {
			if all[i].ID == r.Normal().ID {
				all = append(all[:i], all[i+1:]...)
				break
			}
		}
		want, err := NewPlan(append(all, r), Key{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []string{"1000", "1003", "9001", "9777", "5", ""} {
			if g, w := got.Explain(call(n)), want.Explain(call(n)); fmt.Sprint(g) != fmt.Sprint(w) {
				t.Errorf("%q with %s: %+v, not %+v", n, r.Normal().ID, g, w)
			}
		}
		if p.Len() != 21 || p.Decide(call("1003")).Room != "1003" {
			t.Error("the plan changed")
		}
	}
	if _, err := p.With(Rule{Match: Match{Kind: Regex, Number: "("}}); err == nil {
		t.Error("a rule that is wrong is none")
	}
}

// Runs of rules for other numbers are one step; what failed otherwise is told.
func TestBrief(t *testing.T) {
	rules := someRules(50)
	rules[10].Disabled = true // and for another number
	rules = append(rules, Rule{ID: "0 old", Disabled: true, Match: Match{Kind: Exact, Number: "1030"}})
	rules[30].Protocols = []string{"h323"}
	p, err := NewPlan(rules, Key{})
	if err != nil {
		t.Fatal(err)
	}
	steps := p.Explain(Call{Protocol: "sip", Number: "1030"}).Brief().Steps
	var told []string
	n := 0
	for _, s := range steps {
		n += max(s.Count, 1)
		told = append(told, fmt.Sprintf("%s/%s/%d", s.Rule, s.Check, s.Count))
	}
	want := "[0 old/disabled/0 1000/number/30 1030/protocol/0 1031/number/19]"
	if fmt.Sprint(told) != want || n != 51 {
		t.Errorf("%v of %d, not %v", told, n, want)
	}
	short := p.Explain(Call{Protocol: "sip", Number: "1002"}).Brief().Steps
	if len(short) != 4 || !short[3].Fits || short[1].Count != 0 {
		t.Errorf("%+v", short)
	}
	if e := (Explanation{}).Brief(); len(e.Steps) != 0 {
		t.Errorf("%+v", e)
	}
}

func BenchmarkDraft(b *testing.B) {
	p, err := NewPlan(someRules(10_000), Key{})
	if err != nil {
		b.Fatal(err)
	}
	draft := Rule{Match: Match{Kind: Prefix, Number: "84"}}
	for b.Loop() {
		with, err := p.With(draft)
		if err != nil {
			b.Fatal(err)
		}
		if n := len(with.Explain(Call{Protocol: "sip", Number: "5", At: time.Unix(1e9, 0)}).Brief().Steps); n == 0 {
			b.Fatal(n)
		}
	}
}
