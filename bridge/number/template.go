package number

import (
	"fmt"
	"strconv"
	"strings"
)

// template is a text with places for parts of a number.
type template []piece

// piece is a text, or the group that stands there.
type piece struct {
	text  string
	group int // -1 is text
}

// parseTemplate reads a text with $0, $1, ${name} and $$. A group that the match does
// not have is an error.
func parseTemplate(text string, m *matcher) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(text, "$")
		if before != "" {
			t = append(t, piece{before, -1})
		}
		if !found {
			return t, nil
		}
		name, after, err := placeName(rest)
		if err != nil {
			return nil, err
		}
		if text = after; name == "$" {
			t = append(t, piece{"$", -1})
			continue
		}
		g := m.groupOf(name)
		if g < 0 {
			return nil, fmt.Errorf("the number has no part ${%s}", name)
		}
		t = append(t, piece{"", g})
	}
}

// placeName reads what stands behind a dollar.
func placeName(s string) (name, rest string, err error) {
	switch {
	case strings.HasPrefix(s, "$"):
		return "$", s[1:], nil
	case strings.HasPrefix(s, "{"):
		if name, rest, ok := strings.Cut(s[1:], "}"); ok && name != "" {
			return name, rest, nil
		}
	case s != "" && s[0] >= '0' && s[0] <= '9':
		return s[:1], s[1:], nil
	}
	return "", "", fmt.Errorf("behind $ stands a digit, {name} or a second $")
}

// groupOf is the group of a name, or -1.
func (m *matcher) groupOf(name string) int {
	n, err := strconv.Atoi(name)
	switch {
	case err == nil && n == 0:
		return 0
	case m.kind == Prefix && name == "1":
		return 1
	case m.re == nil:
		return -1
	case err != nil:
		n = m.re.SubexpIndex(name)
	}
	if n < 0 || n >= len(m.shown) || !m.shown[n] {
		return -1 // a PIN goes nowhere
	}
	return n
}

// fill puts the parts in; escape is applied to them, and may be nil.
func (t template) fill(c *captures, escape func(string) string) string {
	if len(t) == 1 && escape == nil {
		return c.part(t[0])
	}
	var b strings.Builder
	for _, p := range t {
		s := c.part(p)
		if p.group >= 0 && escape != nil {
			s = escape(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

func (c *captures) part(p piece) string {
	switch {
	case p.group < 0:
		return p.text
	case p.group == 0:
		return c.number
	case c.re == nil:
		return c.rest
	}
	return c.group(p.group)
}

// escapeUser writes what was dialled so that it stays one part of a URI.
func escapeUser(s string) string {
	const plain, hex = "-_.*+", "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(plain, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
