package asn1

import (
	"fmt"
	"slices"
	"strconv"
)

// Parse reads a module.
func Parse(text string) (m *Module, err error) {
	p := &parser{lex: lexer{text, 1}}
	defer func() {
		if f, ok := recover().(failure); ok {
			m, err = nil, f.error
		}
	}()
	p.advance()
	return p.module(), nil
}

// failure is an error on its way to Parse.
type failure struct{ error }

type parser struct {
	lex lexer
	tok token
}

func (p *parser) fail(format string, args ...any) {
	panic(failure{fmt.Errorf("line %d: %s", p.tok.line, fmt.Sprintf(format, args...))})
}

func (p *parser) advance() token {
	t := p.tok
	var err error
	if p.tok, err = p.lex.next(); err != nil {
		panic(failure{err})
	}
	return t
}

func (p *parser) at(s string) bool { return !p.tok.quoted && p.tok.text == s }

// accept takes the words if the first is next; the others must follow.
func (p *parser) accept(words ...string) bool {
	if !p.at(words[0]) {
		return false
	}
	p.expect(words...)
	return true
}

func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.at(w) {
			p.fail("%q where %q should be", p.tok.text, w)
		}
		p.advance()
	}
}

// word takes a name that begins with an upper or a lower case letter.
func (p *parser) word(upper bool) string {
	c := (p.tok.text + " ")[0]
	if p.tok.quoted || upper && (c < 'A' || c > 'Z') || !upper && (c < 'a' || c > 'z') {
		p.fail("%q where a name should be", p.tok.text)
	}
	return p.advance().text
}

// balanced skips what stands between an opening and a closing sign, both included.
func (p *parser) balanced(open, end string) {
	p.expect(open)
	for depth := 1; depth > 0; p.advance() {
		switch {
		case p.at(open):
			depth++
		case p.at(end):
			depth--
		case p.tok.text == "" && !p.tok.quoted:
			p.fail("no %q", end)
		}
	}
}

func (p *parser) module() *Module {
	m := &Module{Name: p.word(true), Imports: map[string]string{}, byName: map[string]*Assignment{}}
	if p.at("{") {
		p.balanced("{", "}")
	}
	p.expect("DEFINITIONS", "AUTOMATIC", "TAGS", "::=", "BEGIN")
	if p.accept("IMPORTS") {
		p.imports(m)
	}
	for !p.accept("END") {
		a := p.assignment()
		if m.byName[a.Name] != nil {
			p.fail("%s is defined twice", a.Name)
		}
		m.Types = append(m.Types, a)
		m.byName[a.Name] = a
	}
	return m
}

func (p *parser) imports(m *Module) {
	for !p.accept(";") {
		names := []string{p.word(true)}
		for {
			if p.at("{") {
				p.balanced("{", "}")
			}
			if !p.accept(",") {
				break
			}
			names = append(names, p.word(true))
		}
		p.expect("FROM")
		from := p.word(true)
		if p.at("{") {
			p.balanced("{", "}")
		}
		for _, n := range names {
			m.Imports[n] = from
		}
	}
}

func (p *parser) assignment() *Assignment {
	a := &Assignment{Name: p.word(true)}
	if p.accept("{") {
		for {
			a.Params = append(a.Params, p.word(true))
			if !p.accept(",") {
				break
			}
		}
		p.expect("}")
	}
	p.expect("::=")
	a.Type = p.typ()
	return a
}

// typ reads a type and its constraints.
func (p *parser) typ() *Type {
	t := &Type{}
	switch {
	case p.accept("BOOLEAN"):
		t.Kind = Boolean
	case p.accept("NULL"):
		t.Kind = Null
	case p.accept("INTEGER"):
		t.Kind = Integer
	case p.accept("OBJECT", "IDENTIFIER"):
		t.Kind = ObjectIdentifier
	case p.accept("OCTET", "STRING"):
		t.Kind = OctetString
	case p.accept("BIT", "STRING"):
		t.Kind = BitString
	case p.accept("ENUMERATED"):
		t.Kind = Enumerated
		p.items(t)
	case p.accept("CHOICE"):
		t.Kind = Options
		p.fields(t)
	case p.at("SEQUENCE"), p.at("SET"):
		p.sequence(t)
	case slices.Contains(texts, p.tok.text):
		t.Kind, t.Name = Text, p.advance().text
	case p.accept("TYPE-IDENTIFIER", ".", "&Type"):
		t.Kind = Open
		p.expect("(")
		t.Element = p.typ()
		p.expect(")")
	default:
		p.reference(t)
	}
	for p.at("(") {
		p.constraint(t)
	}
	return t
}

// texts are the character string types of PER's known-multiplier kind, and one that
// is not.
var texts = []string{"IA5String", "NumericString", "PrintableString", "VisibleString", "BMPString", "GeneralString"}

func (p *parser) reference(t *Type) {
	t.Kind, t.Name = Reference, p.word(true)
	if !p.accept("{") {
		return
	}
	for {
		t.Args = append(t.Args, p.typ())
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
}

func (p *parser) sequence(t *Type) {
	set := p.advance().text == "SET"
	if !set && p.at("{") {
		t.Kind = Seq
		p.fields(t)
		return
	}
	t.Kind = List
	switch {
	case p.at("SIZE"):
		t.Size = p.size()
	case p.at("("):
		p.constraint(t)
	}
	p.expect("OF")
	t.Element = p.typ()
}

// fields reads the components of a SEQUENCE or the alternatives of a CHOICE.
func (p *parser) fields(t *Type) {
	p.expect("{")
	inside := false // between two markers; what follows the second belongs to the root
	for !p.at("}") {
		switch {
		case p.accept("..."):
			inside, t.Extensible = !inside, true
		case p.at("[["):
			t.Additions = append(t.Additions, p.group())
		case inside:
			t.Additions = append(t.Additions, p.field())
		default:
			t.Root = append(t.Root, p.field())
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
}

func (p *parser) field() Field {
	f := Field{Name: p.word(false), Type: p.typ()}
	f.Optional = p.accept("OPTIONAL")
	if p.at("DEFAULT") {
		p.fail("DEFAULT is not supported")
	}
	return f
}

func (p *parser) group() Field {
	p.expect("[[")
	var f Field
	for {
		f.Group = append(f.Group, p.field())
		if !p.accept(",") {
			break
		}
	}
	p.expect("]]")
	return f
}

// items reads the values of an ENUMERATED, whose numbers must rise.
func (p *parser) items(t *Type) {
	p.expect("{")
	last := int64(-1)
	for {
		if p.accept("...") {
			t.Extensible = true
		} else {
			name := p.word(false)
			if p.accept("(") {
				n := p.number()
				if n <= last {
					p.fail("enumeration values out of order are not supported")
				}
				last = n
				p.expect(")")
			}
			if t.Extensible {
				t.NewItems = append(t.NewItems, name)
			} else {
				t.Items = append(t.Items, name)
			}
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
}

// constraint reads one pair of brackets.
func (p *parser) constraint(t *Type) {
	p.expect("(")
	for {
		switch {
		case p.at("SIZE"):
			t.Size = p.size()
		case p.accept("FROM"):
			p.expect("(")
			if !p.tok.quoted {
				p.fail("FROM without a string")
			}
			t.Alphabet = p.advance().text
			p.expect(")")
		case p.accept("WITH", "COMPONENTS"), p.accept("CONSTRAINED", "BY"):
			p.balanced("{", "}")
		default:
			t.Value = p.span()
		}
		if !p.accept("^") {
			break
		}
	}
	p.expect(")")
}

func (p *parser) size() *Range {
	p.expect("SIZE", "(")
	r := p.span()
	p.expect(")")
	return r
}

// span reads "n", "n..m" or either with an extension marker.
func (p *parser) span() *Range {
	r := &Range{Lo: p.bound()}
	r.Hi = r.Lo
	if p.accept("..") {
		r.Hi = p.bound()
	}
	if p.accept(",") {
		p.expect("...")
		if r.Extensible = true; p.accept(",") {
			p.span() // what the extension allows is not visible to PER
		}
	}
	return r
}

func (p *parser) bound() *int64 {
	if p.accept("MIN") || p.accept("MAX") {
		return nil
	}
	n := p.number()
	return &n
}

func (p *parser) number() int64 {
	text := ""
	if p.accept("-") {
		text = "-"
	}
	n, err := strconv.ParseInt(text+p.tok.text, 10, 64)
	if err != nil {
		p.fail("%q where a number should be", p.tok.text)
	}
	p.advance()
	return n
}
