package sdp

import (
	"strings"
)

// Bounds of what is read. Real bodies have up to 4 kB, 8 media lines, 20
// formats and 60 attributes.
const (
	maxBody       = 64 << 10
	maxMedia      = 64
	maxFormats    = 128
	maxAttributes = 512 // in one section
	maxBandwidths = 16
	maxSkipped    = 256
	maxToken      = 64 // characters in a word that goes back in our answer
)

// Parse reads a session description. It takes every line end there is, lines
// in any order, missing lines and blanks at either end, and leaves out lines
// that make no sense. What would shift or hide a media line is an error.
func Parse(body []byte) (*Description, error) {
	if len(body) > maxBody {
		return nil, &SyntaxError{Text: "larger than 64 kB"}
	}
	p := &parser{d: &Description{}}
	number := 0
	for rest := string(body); rest != ""; {
		var line string
		line, rest = cutLine(rest)
		number++
		if err := p.line(strings.Trim(line, " \t")); err != nil {
			err.Line = number
			return nil, err
		}
	}
	if !p.version && len(p.d.Media) == 0 {
		return nil, &SyntaxError{Text: "neither a version nor a media line"}
	}
	return p.d, nil
}

// cutLine takes one line off the front. CR LF, LF and CR all end a line
// (Magor sends bare CR); empty lines disappear later.
func cutLine(s string) (line, rest string) {
	i := strings.IndexAny(s, "\r\n")
	if i < 0 {
		return s, ""
	}
	if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
		return s[:i], s[i+2:]
	}
	return s[:i], s[i+1:]
}

type parser struct {
	d       *Description
	m       *Media // the section being read; nil is the session's
	version bool
}

// line reads one line without its end.
func (p *parser) line(s string) *SyntaxError {
	if s == "" {
		return nil
	}
	if len(s) < 2 || s[1] != '=' || hasControl(s) {
		if s[0] == 'm' && len(s) > 1 && s[1] == '=' {
			return &SyntaxError{Text: "control character in a media line"}
		}
		return p.skip()
	}
	value := strings.Trim(s[2:], " \t")
	switch s[0] {
	case 'v':
		return p.readVersion(value)
	case 'm':
		return p.readMedia(value)
	case 'a':
		return p.readAttribute(value)
	case 'b':
		return p.readBandwidth(value)
	case 'c':
		return p.readConnection(value)
	case 'o':
		p.d.Origin = readOrigin(value)
	case 's':
		p.d.Name = value
	case 'i':
		if p.m == nil {
			p.d.Info = value
		}
	case 't', 'r', 'z', 'k', 'u', 'e', 'p':
	default:
		return p.skip()
	}
	return nil
}

// hasControl finds characters that no line may hold; a tab counts as a blank.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// skip counts a line that made no sense.
func (p *parser) skip() *SyntaxError {
	p.d.Skipped++
	if p.d.Skipped > maxSkipped {
		return &SyntaxError{Text: "too many lines that make no sense"}
	}
	return nil
}

func (p *parser) readVersion(value string) *SyntaxError {
	if value != "0" {
		return &SyntaxError{Text: "unknown version of the format"}
	}
	p.version = true
	return nil
}

func (p *parser) readAttribute(value string) *SyntaxError {
	name, value, _ := strings.Cut(value, ":")
	name = strings.ToLower(strings.Trim(name, " \t"))
	if name == "" {
		return p.skip()
	}
	list := &p.d.Attributes
	if p.m != nil {
		list = &p.m.Attributes
	}
	if len(*list) >= maxAttributes {
		return &SyntaxError{Text: "too many attributes"}
	}
	*list = append(*list, Attribute{name, strings.Trim(value, " \t")})
	return nil
}
