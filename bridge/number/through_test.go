package number

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

func TestDialable(t *testing.T) {
	for in, want := range map[string]string{
		"1001": "1001", "tel:+84 (24) 10-01": "+84241001", "TEL:1;ext=2": "1", "*98#1": "*98#1", " 1 ": "1",
		"": "", "+": "", "tel:": "", "board": "", "1@host": "", "sip:1": "", "1+2": "", "tel:tel:1": "", strings.Repeat("1", 33): "",
	} {
		if got, ok := Dialable(in); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %v", in, got, ok)
		}
	}
}

func TestThrough(t *testing.T) {
	for in, want := range map[string]string{
		"1001": "1001|", "+84$1": "+84$1|", "tel:+84 24 $1": "+84 24 $1|", "tel:${rest};trunk=nhà mạng": "${rest}|nhà mạng", "$0;trunk=a": "$0|a",
		"sip:$1@host": "", "h323:10.0.0.1": "", "tel:$1@host": "", "tel:board": "", "$1;trunk=": "", ";trunk=a": "", "$$1": "", "tel:tel:1": "", "1;ext=2": "",
	} {
		number, trunk, ok := through(in)
		if got := number + "|" + trunk; ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v", in, got, ok)
		}
	}
	for in, wrong := range map[string]string{"$1;trunk=$1": "callers choose none", "tel:x": "is a number", "1;trunk=a\nb": "one line", "tel:$2": "no part"} {
		r := Rule{ID: "x", Priority: 1, Match: Match{Kind: Prefix, Number: "1"}, Outcome: Outcome{Action: ToDial, Target: in}}
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

// The dry run names the trunk that is taken, or says why the call would be refused.
func TestExplainThrough(t *testing.T) {
	p := mustPlan(t, rule(Prefix, "0", dial("tel:+84$1")), rule(Prefix, "1", dial("2$1;trunk=far")), rule(Exact, "3", to("board")))
	find := func(tenant, trunk, number string) (bridge.Target, error) {
		if trunk == "far" {
			return bridge.Target{}, &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "the trunk far is down"}
		}
		return bridge.Target{Trunk: "near of " + tenant + " for " + number}, nil
	}
	for number, want := range map[string]string{
		"024": "rule prefix 0 fits: the call goes on to tel:+8424 through the trunk near of a for tel:+8424",
		"12":  "rule prefix 1 fits: the call is refused (unreachable): the trunk far is down",
		"3":   "rule 3 fits: the call goes to the room board",
	} {
		e := p.Explain(Call{Number: number})
		e.Tenant = "a"
		if e = e.Through(find); e.Why != want {
			t.Errorf("%s: %s", number, e.Why)
		}
	}
	d := p.Decide(Call{Number: "12"})
	if r, err := d.Route(); err != nil || r.Dial.Scheme != "tel" || r.Dial.URI != "tel:22" || r.Dial.Trunk != "far" {
		t.Errorf("%+v %v", r.Dial, err)
	}
	if text, _ := json.Marshal(d); !strings.Contains(string(text), `"trunk":"far"`) {
		t.Errorf("%s", text)
	}
}

// Whatever a rule's target is and callers dial, a trunk is asked for digits alone, and callers choose none.
func FuzzThrough(f *testing.F) {
	for _, s := range [][2]string{{"tel:+84$1;trunk=a", "08812"}, {"$0", "0*1;trunk=b"}, {"0${1}", "0 1-2"}, {"sip:$1@h", "01"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, target, dialled string) {
		r := Rule{ID: "x", Priority: 1, Match: Match{Kind: Prefix, Number: "0"}, Outcome: Outcome{Action: ToDial, Target: target}}
		p, err := NewPlan([]Rule{r}, Key{})
		if err != nil {
			return
		}
		d := p.Decide(Call{Number: dialled})
		_, trunk, phone := through(target)
		if d.Action != ToDial || !phone {
			return
		}
		if n, ok := Dialable(d.Target); !ok || "tel:"+n != d.Target || d.Trunk != trunk {
			t.Errorf("%q %q: %q through %q", target, dialled, d.Target, d.Trunk)
		}
	})
}
