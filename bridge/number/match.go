package number

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Bounds of a regular expression: with at most this many instructions over at most
// MaxNumber bytes a comparison takes microseconds, whatever the expression.
const (
	maxPattern = 256 // bytes
	maxProgram = 500 // instructions
)

// matcher compares a number with what a rule is for.
type matcher struct {
	kind  Kind
	text  string // folded: the number, the prefix, or how all that an expression matches begins
	runes int    // of a prefix
	re    *regexp.Regexp
	pin   int    // the group named pin, 0 is none
	shown []bool // groups in which no PIN is
}

// heard is a number that was dialled, as rules see it.
type heard struct {
	Dialled
	whole, number string // folded
}

func hear(d Dialled) heard { return heard{d, fold(d.Whole), fold(d.Number)} }

// captures are the parts of a number that templates name.
type captures struct {
	number string // without PIN
	pin    string // what the rule takes for the PIN
	rest   string // $1 of a prefix
	re     *regexp.Regexp
	text   string // what the groups are of
	groups []int
}

func (m Match) compile() (matcher, error) {
	c := matcher{kind: m.Kind, text: fold(m.Number)}
	if len(m.Number) > maxPattern || !utf8.ValidString(m.Number) || m.Kind != Regex && len(m.Number) > MaxNumber {
		return c, errors.New("number is too long")
	}
	switch m.Kind {
	case Exact:
		return c, when(m.Number != canonical(m.Number), "number", "is not in the form in which numbers are compared")
	case Prefix:
		c.runes = utf8.RuneCountInString(m.Number)
		inner := strings.ContainsAny(strings.TrimLeft(m.Number, "*#"), "*#")
		return c, errors.Join(when(m.Number != canonical(m.Number), "number", "is not in the form in which numbers are compared"),
			when(m.Number == "", "number", "is missing"),
			when(inner, "number", "has a star or hash, behind which a PIN stands; write an expression with a group named pin"))
	case Regex:
		return m.compileRegex()
	case Any:
		c.text = ""
		return c, nil
	}
	return c, when(true, "match", "is exact, prefix, regex or any")
}

func (m Match) compileRegex() (matcher, error) {
	c := matcher{kind: Regex}
	if m.Number == "" || strings.HasPrefix(m.Number, `\+`) || strings.HasPrefix(m.Number, `[+]`) || strings.HasPrefix(m.Number, `^\+`) {
		return c, errors.New("number is an expression; a leading + is taken away before numbers are compared")
	}
	if _, err := syntax.Parse(m.Number, syntax.Perl); err != nil { // alone, so that it cannot break out of what is put around it
		return c, fmt.Errorf("number: %w", err)
	}
	whole := `(?i)\A(?:` + m.Number + `)\z`
	parsed, err := syntax.Parse(whole, syntax.Perl)
	if err != nil {
		return c, fmt.Errorf("number: %w", err)
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return c, fmt.Errorf("number: %w", err)
	}
	if len(prog.Inst) > maxProgram {
		return c, errors.New("number: the expression is too large")
	}
	if c.re, err = regexp.Compile(whole); err != nil {
		return c, fmt.Errorf("number: %w", err)
	}
	prefix, _ := literal(parsed)
	c.text, c.pin = fold(prefix), max(c.re.SubexpIndex("pin"), 0)
	c.shown = make([]bool, c.re.NumSubexp()+1)
	c.shown[0] = true
	show(parsed, c.shown)
	return c, nil
}

// show finds the groups in which no PIN is, and tells whether there is none at all.
func show(re *syntax.Regexp, shown []bool) bool {
	free := re.Name != "pin"
	for _, sub := range re.Sub {
		free = show(sub, shown) && free
	}
	if re.Op == syntax.OpCapture {
		shown[re.Cap] = free
	}
	return free
}

// literal is what every text that the expression matches begins with, but for case.
// all tells that it is the whole of what is matched.
func literal(re *syntax.Regexp) (prefix string, all bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return "", true
	case syntax.OpLiteral:
		return string(re.Rune), true
	case syntax.OpCapture:
		return literal(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			s, all := literal(sub)
			b.WriteString(s)
			if !all {
				return b.String(), false
			}
		}
		return b.String(), true
	}
	return "", false
}

// match compares, and says what the parts are.
func (m *matcher) match(h *heard) (c captures, ok bool) {
	c.number, c.pin = h.Number, h.PIN
	switch m.kind {
	case Exact:
		if m.text == h.whole {
			c.number, c.pin = h.Whole, h.pinBeside()
			return c, true
		}
		return c, m.text == h.number
	case Prefix:
		if !strings.HasPrefix(h.number, m.text) {
			return c, false
		}
		c.rest = behind(h.Number, m.runes)
		return c, true
	case Any:
		return c, true
	}
	c.re, c.text = m.re, h.Number
	if m.pin > 0 {
		c.text = h.Whole
	}
	if c.groups = m.re.FindStringSubmatchIndex(c.text); c.groups == nil {
		return c, false
	}
	if m.pin > 0 {
		c.takePIN(m.pin, h)
	}
	return c, true
}

// takePIN parts a number from the PIN that a group found in it.
func (c *captures) takePIN(group int, h *heard) {
	c.number, c.pin = h.Whole, h.pinBeside()
	pin := c.group(group)
	if pin == "" {
		return
	}
	first, last := c.text[:c.groups[2*group]], c.text[c.groups[2*group+1]:]
	c.pin, c.number = pin, strings.TrimRight(first, "*#")
	if c.number == "" {
		c.number = strings.TrimLeft(last, "*#")
	}
}

// pinBeside is the PIN that the front-end found, when the whole is the number.
func (h *heard) pinBeside() string {
	if h.Whole == h.Number {
		return h.PIN
	}
	return ""
}

// behind is a text after its first n runes.
func behind(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[i:]
		}
		n--
	}
	return ""
}

func (c *captures) group(i int) string {
	if 2*i+1 >= len(c.groups) || c.groups[2*i] < 0 {
		return ""
	}
	return c.text[c.groups[2*i]:c.groups[2*i+1]]
}
