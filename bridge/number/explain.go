package number

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Step is a rule that was tried.
type Step struct {
	Rule  string `json:"rule"`
	Label string `json:"label,omitempty"`
	For   string `json:"for"`             // the number it is for: "exact 1001"
	Fits  bool   `json:"fits"`            // it decided
	Check string `json:"check,omitempty"` // what did not fit: number, disabled, protocol, caller, network, registered, encrypted, time
	Why   string `json:"why"`
	Count int    `json:"count,omitempty"` // that many rules for other numbers, this the first of them (Brief)
}

// Explanation is a decision with all that led to it. It holds no PIN.
type Explanation struct {
	Tenant   string   `json:"tenant,omitempty"`
	Found    string   `json:"found,omitempty"` // how the tenant was found
	Whole    string   `json:"whole"`           // what was dialled, without its PIN
	Number   string   `json:"number"`
	Steps    []Step   `json:"steps"`
	Decision Decision `json:"decision"`
	Why      string   `json:"why"` // of the decision, in a sentence
}

// Explain is Decide with the rules that were passed, in the order of their priority.
func (p *Plan) Explain(c Call) Explanation {
	var tried []attempt
	d := p.decide(&c, func(a attempt) { tried = append(tried, a) })
	h := c.dialled()
	e := Explanation{Whole: h.Whole, Number: d.Number, Decision: d, Why: d.why()}
	if h.Whole != d.Number {
		e.Whole = d.Number + " and a PIN"
	}
	last := len(p.rules) - 1 // without a rule that fits all were tried
	if n := len(tried); n > 0 && tried[n-1].fail == checkNone {
		last = int(tried[n-1].rule)
	}
	for i := 0; i <= last; i++ {
		fail := checkNumber // the index tells so for what the search left out
		if len(tried) > 0 && int(tried[0].rule) == i {
			fail, tried = tried[0].fail, tried[1:]
		}
		e.Steps = append(e.Steps, p.rules[i].step(fail, &c))
	}
	return e
}

func (r *compiled) step(fail check, c *Call) Step {
	return Step{
		Rule: r.ID, Label: r.Label, For: strings.TrimSpace(string(r.Kind) + " " + r.Number),
		Fits: fail == checkNone, Check: checkNames[fail], Why: r.why(fail, c),
	}
}

// why says in words what did not fit.
func (r *compiled) why(fail check, c *Call) string {
	switch fail {
	case checkNumber:
		return r.Match.why()
	case checkDisabled:
		return "the rule is disabled"
	case checkProtocol:
		return fmt.Sprintf("the call came over %s, not %s", c.Protocol, strings.Join(r.Protocols, " or "))
	case checkCaller:
		return fmt.Sprintf("the caller is %q, not %s", c.Caller, strings.Join(r.Callers, " or "))
	case checkNetwork:
		return fmt.Sprintf("the caller's address %s is not in %s", c.Addr, list(r.Networks))
	case checkRegistered:
		return "the caller is " + isOrNot(c.Registered, "registered")
	case checkEncrypted:
		return "signalling is " + isOrNot(c.Encrypted, "encrypted")
	case checkTime:
		return fmt.Sprintf("it is %s there, not %s", c.At.In(r.conditions.places[0]).Format("Mon 2006-01-02 15:04"), list(r.Times))
	}
	return "the rule fits"
}

func (m Match) why() string {
	switch {
	case m.Kind == Exact && m.Number == "":
		return "a number was dialled"
	case m.Kind == Exact:
		return "the number is not " + m.Number
	case m.Kind == Prefix:
		return "the number does not begin with " + m.Number
	}
	return "the number does not match " + m.Number
}

// Through is the explanation with the trunk that a number is called through, or with why there is none now. Where the
// call goes to no number it is as it was.
func (e Explanation) Through(find func(tenant, trunk, number string) (bridge.Target, error)) Explanation {
	d := &e.Decision
	if d.Action != ToDial || !strings.HasPrefix(d.Target, "tel:") {
		return e
	}
	t, err := find(e.Tenant, d.Trunk, d.Target)
	if err != nil {
		no := bridge.AsRefusal(err)
		refused := refusal(no.Cause, no.Reason, d.Number).of(d.Rule)
		refused.Tenant = d.Tenant
		e.Decision = refused
	} else {
		d.Trunk = t.Trunk
	}
	e.Why = e.Decision.why()
	return e
}

// why says what was decided.
func (d *Decision) why() string {
	by := "no rule fits"
	if d.Rule != "" {
		by = "rule " + d.Rule + " fits"
	}
	switch d.Action {
	case ToRoom:
		return by + ": the call goes to the room " + d.Room
	case ToReception:
		return by + ": the caller is asked for a number"
	case ToDial:
		if d.Trunk != "" {
			return by + ": the call goes on to " + d.Target + " through the trunk " + d.Trunk
		}
		return by + ": the call goes on to " + d.Target
	}
	return by + ": the call is refused (" + d.Cause + "): " + d.Reason
}

func isOrNot(is bool, what string) string {
	if is {
		return what
	}
	return "not " + what
}

func list[T netip.Prefix | Window](items []T) string {
	texts := make([]string, len(items))
	for i, v := range items {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, " or ")
}

// Ask reads what people type into a dry run: a number or an address as Parse takes it.
func Ask(text string, at time.Time) Call {
	d := Parse(text)
	return Call{Number: d.Whole, Host: d.Host, At: at}
}
