package number

import (
	"cmp"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bridge"
)

// Room is what administrators set up for a room. It holds where the rule that leads there
// says nothing.
type Room struct {
	Name   string // its own
	Locked bool   // hosts alone get in, by their PIN
	Settings
}

// Furnish is the plan with rooms that administrators set up.
func (p *Plan) Furnish(rooms []Room) *Plan {
	furnished := *p
	furnished.rooms = make(map[string]*Room, len(rooms))
	for i := range rooms {
		furnished.rooms[rooms[i].Name] = &rooms[i]
	}
	return &furnished
}

// or is s with what it leaves open taken from t.
func (s Settings) or(t *Settings) Settings {
	s.GuestPIN, s.HostPIN = cmp.Or(s.GuestPIN, t.GuestPIN), cmp.Or(s.HostPIN, t.HostPIN)
	s.Lobby, s.Encryption = s.Lobby || t.Lobby, s.Encryption || t.Encryption
	s.Capacity, s.Bandwidth, s.FPS = cmp.Or(s.Capacity, t.Capacity), cmp.Or(s.Bandwidth, t.Bandwidth), cmp.Or(s.FPS, t.FPS)
	if s.Width == 0 {
		s.Width, s.Height = t.Width, t.Height
	}
	s.Layout, s.Language = cmp.Or(s.Layout, t.Layout), cmp.Or(s.Language, t.Language)
	if s.Greeting == "" && s.GreetingSound == "" {
		s.Greeting, s.GreetingSound = t.Greeting, t.GreetingSound
	}
	return s
}

// strict orders settings by what they ask of who comes.
func (s *Settings) strict() int {
	switch {
	case s.GuestPIN.Set():
		return 2
	case s.HostPIN.Set(), s.Lobby:
		return 1
	}
	return 0
}

// enter completes a decision for a room: by what administrators set up there, and by what
// was typed behind the number.
func (p *Plan) enter(d Decision, pin string) Decision {
	if r := p.rooms[d.Room]; r != nil {
		d.Settings, d.Locked = d.Settings.or(&r.Settings), r.Locked
	}
	if d.Locked && !d.Settings.HostPIN.Set() {
		return refusal(bridge.CauseForbidden, "the room is locked", d.Number).of(d.Rule)
	}
	d.key = p.key
	d.Role = d.Enter(pin)
	d.WrongPIN = pin != "" && d.Role == bridge.RoleNone
	return d
}

func (d Decision) of(rule string) Decision {
	d.Rule = rule
	return d
}

// room finds how somebody gets into a room who names it instead of dialling: c has no
// number, and without a protocol it is either. It is the strictest of what the rules say
// that lead there, completed by the others. Where rules lead there, but for others or at
// other times alone, it is a refusal. It is not ok where no rule leads there and nobody has set it up.
func (p *Plan) room(name string, c Call) (_ Decision, ok bool) {
	var ways []Decision
	barred := ""
	for _, i := range p.leading(name) {
		number, open, gives := p.leads(i, name, c)
		if d := (Decision{Rule: p.rules[i].ID, Number: number, Action: ToRoom, Room: name, Settings: p.rules[i].Settings}); open {
			ways = append(ways, d)
		} else if gives {
			barred = cmp.Or(barred, d.Rule)
		}
	}
	if len(ways) == 0 && barred != "" {
		return refusal(bridge.CauseForbidden, "the number plan lets nobody into this room from here now", "").of(barred), true
	}
	if len(ways) == 0 {
		return p.enter(Decision{Action: ToRoom, Room: name}, c.PIN), p.rooms[name] != nil
	}
	d := ways[0]
	for i := range ways {
		if ways[i].Settings.strict() > d.Settings.strict() {
			d = ways[i]
		}
	}
	for i := range ways {
		d.Settings = d.Settings.or(&ways[i].Settings)
	}
	return p.enter(d, c.PIN), true
}

// leading are the rules that may give a room of this name, in order.
func (p *Plan) leading(name string) []int32 {
	list := slices.Concat(p.named[fold(name)], p.naming)
	slices.Sort(list)
	return list
}

// leads tells whether a rule leads somebody to a room, by which number if there is one
// alone, and else whether it gives that room at all, to others.
func (p *Plan) leads(i int32, name string, c Call) (number string, open, gives bool) {
	r := p.rules[i]
	number, one, ok := r.source(name)
	if !ok {
		return "", false, false
	}
	if !one {
		open = slices.ContainsFunc(c.protocols(), func(p string) bool {
			c.Protocol = p
			return r.conditions.fail(&c, fold(c.Caller)) == checkNone
		})
		return "", open, true
	}
	h := hear(Split(number))
	c.Number = number
	for _, protocol := range c.protocols() {
		c.Protocol = protocol
		j, caps := p.search(&c, &h, nil)
		if j == i && r.place.fill(&caps, nil) == name {
			return number, true, true
		}
		if j >= 0 && j < i && p.rules[j].Conditions.none() {
			return number, false, false // nobody who dials it gets to this rule
		}
	}
	caps, ok := r.matcher.match(&h)
	return number, false, ok && r.place.fill(&caps, nil) == name
}

// none tells that every call meets the conditions.
func (c *Conditions) none() bool {
	return len(c.Protocols) == 0 && len(c.Callers) == 0 && len(c.Networks) == 0 && len(c.Times) == 0 && c.Registered == Either && c.Encrypted == Either
}

// protocols are those that somebody may come by.
func (c *Call) protocols() []string {
	if c.Protocol != "" {
		return []string{c.Protocol}
	}
	return protocols
}

// source finds the number that leads a call by this rule to a room; one says that there is
// a single one. It is not ok where there is none.
func (r *compiled) source(name string) (number string, one, ok bool) {
	switch {
	case r.gives != nil:
		return "", false, r.gives.MatchString(name)
	case r.place.groups() > 0:
		number, ok = r.place.invert(name, r.prefix())
		return number, true, ok
	}
	return r.Number, r.Kind == Exact, r.place.fill(&captures{}, nil) == name
}

func (r *compiled) prefix() string {
	if r.Kind == Prefix {
		return r.Number
	}
	return ""
}

// groups counts the places for parts of a number.
func (t template) groups() (n int) {
	for _, p := range t {
		if p.group >= 0 {
			n++
		}
	}
	return n
}

// invert finds the number that fills a template with $0 and, behind a prefix, $1 to a
// text. Whether it does has to be tried.
func (t template) invert(text, prefix string) (number string, ok bool) {
	left := len(text)
	for _, p := range t {
		left -= len(p.text)
		if p.group == 0 {
			left -= len(prefix)
		}
	}
	if left < 0 || left%t.groups() != 0 {
		return "", false
	}
	at, rest := 0, left/t.groups() // bytes behind the prefix
	for _, p := range t {
		switch p.group {
		case 0:
			return text[at : at+len(prefix)+rest], strings.EqualFold(text[at:at+len(prefix)], prefix)
		case 1:
			return prefix + text[at:at+rest], true
		}
		if at += len(p.text); !strings.HasPrefix(text[at-len(p.text):], p.text) {
			return "", false
		}
	}
	return "", false
}

// compileGives makes the expression that matches the rooms which a rule with an
// expression may give: each place as the group that fills it. nil is not needed.
func (r *compiled) compileGives() (*regexp.Regexp, error) {
	if r.Action != ToRoom || r.Kind != Regex || !slices.ContainsFunc(r.place, func(p piece) bool { return p.group > 0 }) {
		return nil, nil
	}
	whole, err := syntax.Parse(r.matcher.re.String(), syntax.Perl)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(`\A`)
	for _, p := range r.place {
		if p.group < 0 {
			b.WriteString(regexp.QuoteMeta(p.text))
			continue
		}
		b.WriteString("(?:" + groupIn(whole, p.group).String() + ")?")
	}
	b.WriteString(`\z`)
	parsed, err := syntax.Parse(b.String(), syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err == nil && len(prog.Inst) > 4*maxProgram {
		return nil, when(true, "room", "has too many parts of the number")
	}
	if err != nil {
		return nil, err
	}
	return regexp.Compile(b.String())
}

// groupIn is what a group matches; 0 is the whole, without what binds it to the ends.
func groupIn(re *syntax.Regexp, group int) *syntax.Regexp {
	if group == 0 {
		return &syntax.Regexp{Op: syntax.OpStar, Sub: []*syntax.Regexp{{Op: syntax.OpAnyChar}}}
	}
	if re.Op == syntax.OpCapture && re.Cap == group {
		return re.Sub[0]
	}
	for _, sub := range re.Sub {
		if found := groupIn(sub, group); found != nil {
			return found
		}
	}
	return nil
}
