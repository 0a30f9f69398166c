package asn1

import (
	"fmt"
	"strings"
)

// lexer cuts a module into words, numbers, strings and signs. A comment ends at
// the line's end or at the next two hyphens (X.680 12.6.3).
type lexer struct {
	text string
	line int
}

type token struct {
	text   string
	quoted bool
	line   int
}

// signs are tried in this order.
var signs = []string{"::=", "...", "..", "[[", "]]"}

func (l *lexer) next() (token, error) {
	if err := l.skip(); err != nil {
		return token{}, err
	}
	if l.text == "" {
		return token{line: l.line}, nil
	}
	if l.text[0] == '"' {
		s, rest, ok := strings.Cut(l.text[1:], `"`)
		if !ok {
			return token{}, fmt.Errorf("line %d: string without end", l.line)
		}
		l.text = rest
		return token{s, true, l.line}, nil
	}
	n := 1
	for _, s := range signs {
		if strings.HasPrefix(l.text, s) {
			return l.cut(len(s)), nil
		}
	}
	if wordly(l.text[0]) {
		for n < len(l.text) && (wordly(l.text[n]) || l.text[n] == '-' && n+1 < len(l.text) && wordly(l.text[n+1])) {
			n++
		}
	}
	return l.cut(n), nil
}

func (l *lexer) cut(n int) token {
	t := token{l.text[:n], false, l.line}
	l.text = l.text[n:]
	return t
}

// skip leaves white space and comments behind.
func (l *lexer) skip() error {
	for l.text != "" {
		switch c := l.text[0]; {
		case strings.HasPrefix(l.text, "--"):
			end := strings.IndexByte(l.text, '\n')
			if end < 0 {
				end = len(l.text)
			}
			if i := strings.Index(l.text[2:end], "--"); i >= 0 {
				end = i + 4
			}
			l.text = l.text[end:]
		case c == '\n':
			l.line++
			l.text = l.text[1:]
		case c == ' ' || c == '\t' || c == '\r':
			l.text = l.text[1:]
		case c < ' ' || c > '~':
			return fmt.Errorf("line %d: unexpected octet %#x", l.line, c)
		default:
			return nil
		}
	}
	return nil
}

func wordly(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '&'
}
