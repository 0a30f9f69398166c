package main

import (
	"fmt"
	"strings"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

// member is a component or an alternative on its way into Go.
type member struct {
	scope    scope
	name     string // in Go
	asn      string
	typ      *asn1.Type
	resolved *asn1.Type
	goType   string // without the pointer of an optional one
	optional bool
}

func (g *generator) member(s scope, f asn1.Field, optional bool) member {
	fs := g.field(s, f.Name)
	m := member{scope: fs, name: goName(f.Name), asn: f.Name, typ: f.Type, resolved: g.resolve(s, f.Type), optional: optional}
	m.goType = g.goType(fs, f.Type)
	if m.resolved.Kind == asn1.Null && !optional {
		g.fail("%s: a NULL that is always there is not supported", fs.where)
	}
	return m
}

// pointer tells whether absence needs a pointer.
func (m member) pointer() bool {
	return m.optional && m.resolved.Kind != asn1.Null && !isSlice(m.resolved)
}

// present is the condition for the member to be there.
func (m member) present() string {
	if m.resolved.Kind == asn1.Null {
		return "v." + m.name
	}
	return "v." + m.name + " != nil"
}

// declaration is the line of the Go struct.
func (m member) declaration() string {
	star, tag := "", m.asn
	if m.pointer() {
		star = "*"
	}
	if m.optional {
		tag += ",omitzero"
	}
	return fmt.Sprintf("%s %s%s `json:\"%s\"`\n", m.name, star, m.goType, tag)
}

// isMethodList tells a list whose elements have methods.
func (g *generator) isMethodList(m member) bool {
	return m.resolved.Kind == asn1.List && hasMethods(g.resolve(m.scope, m.resolved.Element))
}

// decode is the statement that reads a member that is there.
func (g *generator) decode(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return fmt.Sprintf("v.%s = true\n", m.name)
	case hasMethods(m.resolved) && m.optional:
		return fmt.Sprintf("v.%s = per.Pointer[%s](d)\n", m.name, m.goType)
	case hasMethods(m.resolved):
		return fmt.Sprintf("v.%s.Decode(d)\n", m.name)
	case m.pointer():
		return fmt.Sprintf("v.%s = %s\n", m.name, g.box(m))
	}
	return fmt.Sprintf("v.%s = %s\n", m.name, g.reader(m.scope, m.typ, m.goType))
}

// decodeOptional reads a member of the root that may be absent; bit is its place
// in the presence bits, from the end.
func (g *generator) decodeOptional(m member, bit int) string {
	present := fmt.Sprintf("optional&(1<<%d) != 0", bit)
	switch {
	case m.resolved.Kind == asn1.Null:
		return fmt.Sprintf("v.%s = %s\n", m.name, present)
	case hasMethods(m.resolved):
		return fmt.Sprintf("v.%s = per.Optional[%s](d, %s)\n", m.name, m.goType, present)
	case g.isMethodList(m):
		elem := g.element(m.scope, m.resolved.Element)
		return fmt.Sprintf("v.%s = per.OptionalList[%s](d, %s, %s)\n", m.name, elem, present, size(m.resolved.Size))
	}
	return fmt.Sprintf("if %s {\n%s}\n", present, g.decode(m))
}

// decodeAddition reads an extension addition.
func (g *generator) decodeAddition(m member, i int) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return fmt.Sprintf("v.%s = d.AddedNull(a, %d)\n", m.name, i)
	case hasMethods(m.resolved):
		return fmt.Sprintf("v.%s = per.Added[%s](d, a, %d)\n", m.name, m.goType, i)
	case g.isMethodList(m):
		elem := g.element(m.scope, m.resolved.Element)
		return fmt.Sprintf("v.%s = per.AddedList[%s](d, a, %d, %s)\n", m.name, elem, i, size(m.resolved.Size))
	}
	return fmt.Sprintf("if w, ok := d.Addition(a, %d); ok {\n%sd.Close(w)\n}\n", i, g.decode(m))
}

// box is the expression that reads a member to which absence is a nil pointer.
func (g *generator) box(m member) string {
	value := g.reader(m.scope, m.typ, m.goType)
	switch m.goType {
	case "uint8", "uint16", "uint32":
		return fmt.Sprintf("d.%s(%s)", goName(m.goType), value)
	}
	return fmt.Sprintf("per.Box(d, %s)", value)
}

// encode is the statement that writes a member that is there.
func (g *generator) encode(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return ""
	case hasMethods(m.resolved):
		return fmt.Sprintf("v.%s.Encode(e)\n", m.name)
	case m.pointer():
		return g.writer(m.scope, m.typ, "*v."+m.name) + "\n"
	}
	return g.writer(m.scope, m.typ, "v."+m.name) + "\n"
}

// encodeOptional writes a member of the root that may be absent.
func (g *generator) encodeOptional(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return ""
	case hasMethods(m.resolved):
		return fmt.Sprintf("per.EncodeOptional(e, v.%s)\n", m.name)
	case g.isMethodList(m):
		return fmt.Sprintf("per.EncodeOptionalList(e, %s, v.%s)\n", size(m.resolved.Size), m.name)
	}
	return fmt.Sprintf("if %s {\n%s}\n", m.present(), g.encode(m))
}

// encodeAddition writes an extension addition.
func (g *generator) encodeAddition(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return fmt.Sprintf("e.AddedNull(v.%s)\n", m.name)
	case hasMethods(m.resolved):
		return fmt.Sprintf("per.EncodeAdded(e, v.%s)\n", m.name)
	case g.isMethodList(m):
		return fmt.Sprintf("per.EncodeAddedList(e, %s, v.%s)\n", size(m.resolved.Size), m.name)
	}
	return fmt.Sprintf("if %s {\nw := e.Open()\n%se.Close(w)\n}\n", m.present(), g.encode(m))
}

// sequence writes a struct with its methods.
func (g *generator) sequence(s scope, t *asn1.Type) {
	var root, additions []member
	for _, f := range t.Root {
		root = append(root, g.member(s, f, f.Optional))
	}
	for i, f := range t.Additions {
		if f.Group != nil {
			f = asn1.Field{Name: fmt.Sprintf("group%d", i+1), Type: &asn1.Type{Kind: asn1.Seq, Root: f.Group}}
		}
		additions = append(additions, g.member(s, f, true))
	}
	if len(additions) > 64 {
		g.fail("%s: more than 64 extension additions are not supported", s.where)
	}
	g.printf("type %s struct {\n", s.name)
	for _, m := range root {
		g.printf("%s", m.declaration())
	}
	for _, m := range additions {
		g.printf("%s", m.declaration())
	}
	if t.Extensible {
		g.printf("Additions []per.Addition `json:\"additions,omitzero\"`\n")
	}
	g.printf("}\n\n")
	g.decodeSequence(s, t, root, additions)
	g.encodeSequence(s, t, root, additions)
}

func optionals(list []member) (n int) {
	for _, m := range list {
		if m.optional {
			n++
		}
	}
	return n
}

// conditions lists those for the optional members to be there, in lines of
// reasonable length.
func conditions(list []member) string {
	var b strings.Builder
	line := 0
	for _, m := range list {
		if !m.optional {
			continue
		}
		switch c := m.present(); {
		case b.Len() == 0:
			b.WriteString(c)
			line = len(c) + 20
		case line+len(c) > 110:
			b.WriteString(",\n" + c)
			line = len(c)
		default:
			b.WriteString(", " + c)
			line += len(c)
		}
	}
	return b.String()
}

func (g *generator) decodeSequence(s scope, t *asn1.Type, root, additions []member) {
	g.printf("// Decode reads a %s.\nfunc (v *%s) Decode(d *per.Decoder) {\nif !d.Enter() {\nreturn\n}\n", s.name, s.name)
	if t.Extensible {
		g.printf("extended := d.Bool()\n")
	}
	left := optionals(root)
	if left > 0 {
		g.printf("optional := d.Bits(%d)\n", left)
	}
	for _, m := range root {
		if !m.optional {
			g.printf("%s", g.decode(m))
			continue
		}
		left--
		g.printf("%s", g.decodeOptional(m, left))
	}
	switch {
	case len(additions) > 0:
		g.printf("if extended {\nv.decodeAdditions(d)\n}\n")
	case t.Extensible:
		g.printf("v.Additions = d.Newer(extended)\n")
	}
	g.printf("d.Leave()\n}\n\n")
	if len(additions) == 0 {
		return
	}
	g.printf("func (v *%s) decodeAdditions(d *per.Decoder) {\na := d.Additions(%d)\n", s.name, len(additions))
	for i, m := range additions {
		g.printf("%s", g.decodeAddition(m, i))
	}
	g.printf("v.Additions = d.Unknown(a)\n}\n\n")
}

func (g *generator) encodeSequence(s scope, t *asn1.Type, root, additions []member) {
	g.printf("// Encode writes a %s.\nfunc (v *%s) Encode(e *per.Encoder) {\n", s.name, s.name)
	switch {
	case len(additions) > 0:
		g.printf("known := per.Mask(%s)\n", conditions(additions))
		g.printf("extended := known != 0 || len(v.Additions) > 0\ne.Bool(extended)\n")
	case t.Extensible:
		g.printf("e.Bool(len(v.Additions) > 0)\n")
	}
	if optionals(root) > 0 {
		g.printf("e.Presence(%s)\n", conditions(root))
	}
	for _, m := range root {
		if m.optional {
			g.printf("%s", g.encodeOptional(m))
		} else {
			g.printf("%s", g.encode(m))
		}
	}
	switch {
	case len(additions) > 0:
		g.printf("if extended {\nv.encodeAdditions(e, known)\n}\n}\n\n")
	case t.Extensible:
		g.printf("e.Newer(v.Additions)\n}\n\n")
		return
	default:
		g.printf("}\n\n")
		return
	}
	g.printf("func (v *%s) encodeAdditions(e *per.Encoder, known uint64) {\ne.Additions(%d, known, v.Additions)\n", s.name, len(additions))
	for _, m := range additions {
		g.printf("%s", g.encodeAddition(m))
	}
	g.printf("e.Unknown(v.Additions)\n}\n\n")
}
