package number

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/roombridge/roombridge/bridge"
)

// Plan is a tenant's rules, compiled. It never changes.
type Plan struct {
	key   Key
	rules []*compiled        // in order
	exact map[string][]int32 // rules for exact numbers, by place in rules

	// Rules for numbers that begin so: prefixes, expressions by what all that they match
	// begins with, and under "" those that see every call.
	begins  map[string][]int32
	lengths []int // of the keys of begins, ascending

	// Rules that lead to a room: those that give one, by its name, and the others.
	named  map[string][]int32
	naming []int32
	rooms  map[string]*Room // that administrators set up
}

// compiled is a rule ready to be tried.
type compiled struct {
	Rule
	matcher    matcher
	conditions conditions
	place      template       // Room or Target; of a Target that is a number the number alone
	phone      bool           // Target is a number
	trunk      string         // through which it is called; "" is whichever is for it
	gives      *regexp.Regexp // rooms that an expression may give; nil where the template says it
}

// NewPlan compiles rules. Each is taken as Normal has it. The error names every rule
// that is wrong.
func NewPlan(rules []Rule, key Key) (*Plan, error) {
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("a plan has at most %d rules", MaxRules)
	}
	p := &Plan{key: key, rules: make([]*compiled, 0, len(rules)), exact: make(map[string][]int32), begins: make(map[string][]int32)}
	var errs []error
	ids, zones := make(map[string]bool, len(rules)), zones{}
	for i := range rules {
		c, err := compile(rules[i].Normal(), zones)
		if err == nil && ids[c.ID] {
			err = errors.New("the id is another rule's")
		}
		if ids[c.ID] = true; err != nil {
			errs = append(errs, fmt.Errorf("rule %q: %w", c.ID, err))
			continue
		}
		p.rules = append(p.rules, c)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	slices.SortFunc(p.rules, func(a, b *compiled) int { return before(&a.Rule, &b.Rule) })
	return p, p.index()
}

func compile(r Rule, z zones) (*compiled, error) {
	c := &compiled{Rule: r}
	if err := c.check(); err != nil {
		return c, err
	}
	var err error
	if c.matcher, err = c.Match.compile(); err != nil {
		return c, err
	}
	if c.conditions, err = c.Conditions.compile(z); err != nil {
		return c, err
	}
	text := c.Room
	if c.Action == ToDial {
		text = c.Target
		if number, trunk, ok := through(c.Target); ok {
			text, c.trunk, c.phone = number, trunk, true
		}
	}
	if c.place, err = parseTemplate(text, &c.matcher); err != nil {
		return c, err
	}
	c.gives, err = c.compileGives()
	return c, err
}

func (p *Plan) index() error {
	regexes := 0
	p.named = make(map[string][]int32)
	for i := range p.rules {
		r := p.rules[i]
		if r.Kind == Regex {
			regexes++
		}
		p.indexRoom(int32(i))
		if r.Kind == Exact {
			p.exact[r.matcher.text] = append(p.exact[r.matcher.text], int32(i))
			continue
		}
		p.begins[r.matcher.text] = append(p.begins[r.matcher.text], int32(i))
		if n := len(r.matcher.text); !slices.Contains(p.lengths, n) {
			p.lengths = append(p.lengths, n)
		}
	}
	slices.Sort(p.lengths)
	if regexes > MaxRegexes {
		return fmt.Errorf("a plan has at most %d expressions", MaxRegexes)
	}
	return nil
}

// indexRoom enters a rule among those that lead to a room.
func (p *Plan) indexRoom(i int32) {
	r := p.rules[i]
	switch {
	case r.Action != ToRoom || r.Disabled:
	case r.Kind == Exact || r.place.groups() == 0:
		name := fold(r.place.fill(&captures{number: r.Number}, nil))
		p.named[name] = append(p.named[name], i)
	default:
		p.naming = append(p.naming, i)
	}
}

// Len is the number of rules.
func (p *Plan) Len() int { return len(p.rules) }

// Rules gives the rules in the order in which they are tried.
func (p *Plan) Rules() []Rule {
	list := make([]Rule, len(p.rules))
	for i := range p.rules {
		list[i] = p.rules[i].Rule
	}
	return list
}

// candidates are the rules whose number may be the one heard, each list in order. What
// is in none of them does not match.
func (p *Plan) candidates(h *heard, lists [][]int32) [][]int32 {
	add := func(list []int32) {
		if len(list) > 0 {
			lists = append(lists, list)
		}
	}
	add(p.exact[h.whole])
	if h.number != h.whole {
		add(p.exact[h.number])
	}
	for _, n := range p.lengths {
		if n <= len(h.whole) { // the number is how the whole begins
			add(p.begins[h.whole[:n]])
		}
	}
	return lists
}

// next takes the least of the lists' heads.
func next(lists [][]int32) (int32, bool) {
	least := -1
	for i, l := range lists {
		if len(l) > 0 && (least < 0 || l[0] < lists[least][0]) {
			least = i
		}
	}
	if least < 0 {
		return 0, false
	}
	head := lists[least][0]
	lists[least] = lists[least][1:]
	return head, true
}

// attempt is a rule that was tried.
type attempt struct {
	rule int32
	fail check
}

// search tries rules in order until one fits; seen, if there is one, is told of all
// that were tried. It gives -1 where none fits.
func (p *Plan) search(c *Call, h *heard, seen func(attempt)) (int32, captures) {
	var space [16][]int32
	lists := p.candidates(h, space[:0])
	alias := fold(c.Caller)
	for {
		i, ok := next(lists)
		if !ok {
			return -1, captures{number: h.Number, pin: h.PIN}
		}
		r := p.rules[i]
		fail := checkNumber
		var caps captures
		if caps, ok = r.matcher.match(h); ok {
			if fail = checkDisabled; !r.Disabled {
				fail = r.conditions.fail(c, alias)
			}
		}
		if seen != nil {
			seen(attempt{i, fail})
		}
		if fail == checkNone {
			return i, caps
		}
	}
}

// Decision is what becomes of a call.
type Decision struct {
	Tenant   string      `json:"tenant,omitempty"`
	Rule     string      `json:"rule,omitempty"` // "" is none
	Number   string      `json:"number"`         // without PIN
	Action   Action      `json:"action"`
	Room     string      `json:"room,omitempty"`
	Target   string      `json:"target,omitempty"` // sip:…, h323:…, or tel: and a number that a trunk is to be asked for
	Trunk    string      `json:"trunk,omitempty"`  // through which the number is called; "" is whichever is for it
	Cause    string      `json:"cause,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Role     bridge.Role `json:"role"`                // what the PIN behind the number made of the caller
	WrongPIN bool        `json:"wrong_pin,omitempty"` // one was typed, and opens nothing
	Locked   bool        `json:"locked,omitempty"`    // hosts alone get in
	Settings Settings    `json:"settings,omitzero"`

	cause bridge.Cause
	key   Key
	tag   string // what the full name of the tenant's rooms bears; "" is the default tenant's
}

// Decide finds what becomes of a call.
func (p *Plan) Decide(c Call) Decision { return p.decide(&c, nil) }

func (p *Plan) decide(c *Call, seen func(attempt)) Decision {
	h := hear(c.dialled())
	i, caps := p.search(c, &h, seen)
	if i >= 0 {
		return p.rules[i].decide(&caps, p)
	}
	if h.Whole == "" {
		return Decision{Action: ToReception}
	}
	return refusal(bridge.CauseNoRoute, "no room has this number", caps.number)
}

// dialled parts the number from the PIN, where the front-end has not.
func (c *Call) dialled() Dialled {
	d := Split(c.Number)
	if d.PIN == "" {
		d.PIN = c.PIN
	}
	return d
}

func refusal(cause bridge.Cause, reason, number string) Decision {
	return Decision{Action: Refuse, cause: cause, Cause: cause.String(), Reason: reason, Number: number}
}

// decide is the outcome of the rule that fits.
func (r *compiled) decide(caps *captures, p *Plan) Decision {
	d := Decision{Rule: r.ID, Number: caps.number, Action: r.Action, Settings: r.Settings}
	switch r.Action {
	case ToRoom:
		if d.Room = r.place.fill(caps, nil); !bridge.ValidRoomName(d.Room) {
			return refusal(bridge.CauseNoRoute, "what was dialled cannot be a room's name", caps.number).of(r.ID)
		}
	case ToDial:
		if !r.phone {
			d.Target = r.place.fill(caps, escapeUser)
			break
		}
		phone, ok := Dialable(r.place.fill(caps, nil))
		if !ok {
			return refusal(bridge.CauseNoRoute, "what was dialled is no number that a trunk can be asked for", caps.number).of(r.ID)
		}
		d.Target, d.Trunk = "tel:"+phone, r.trunk
	case Refuse:
		d.cause, d.Reason = causes[r.Cause], cmp.Or(r.Reason, "the number plan refuses this call")
		d.Cause = d.cause.String()
		return d
	}
	return p.enter(d, caps.pin)
}

// Enter implements bridge.Door: it tells what a typed PIN makes of the caller. Without
// PINs everybody is a guest; with a host's alone, who types none is one. Locked rooms take hosts alone.
func (d *Decision) Enter(pin string) bridge.Role {
	s := &d.Settings
	switch {
	case s.HostPIN.Set() && d.key.Opens(s.HostPIN, pin):
		return bridge.RoleHost
	case d.Locked:
		return bridge.RoleNone
	case !s.GuestPIN.Set() && (pin == "" || !s.HostPIN.Set()), s.GuestPIN.Set() && d.key.Opens(s.GuestPIN, pin):
		return bridge.RoleGuest
	}
	return bridge.RoleNone
}
