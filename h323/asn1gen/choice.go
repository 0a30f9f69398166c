package main

import (
	"fmt"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

// choice writes a struct of which one field is set.
func (g *generator) choice(s scope, t *asn1.Type) {
	var list []member
	for _, f := range t.Root {
		list = append(list, g.member(s, f, true))
	}
	n := len(list)
	for _, f := range t.Additions {
		for _, f := range append(f.Group, f) { // a group means nothing here (X.691 23)
			if f.Type != nil {
				list = append(list, g.member(s, f, true))
			}
		}
	}
	g.printf("// One field is set.\ntype %s struct {\n", s.name)
	for _, m := range list {
		g.printf("%s", m.declaration())
	}
	if t.Extensible {
		g.printf("Addition *per.Addition `json:\"addition,omitzero\"`\n")
	}
	g.printf("}\n\n// MarshalJSON names the alternative.\nfunc (v %s) MarshalJSON() ([]byte, error) { return per.ChoiceJSON(v) }\n\n", s.name)
	g.decodeChoice(s, t, list, n)
	g.encodeChoice(s, t, list, n)
}

func (g *generator) decodeChoice(s scope, t *asn1.Type, list []member, n int) {
	g.printf("// Decode reads a %s.\nfunc (v *%s) Decode(d *per.Decoder) {\nif !d.Enter() {\nreturn\n}\n", s.name, s.name)
	if t.Extensible {
		g.printf("switch i := d.Choice(%d, true); i {\n", n)
	} else {
		g.printf("switch d.Choice(%d, false) {\n", n)
	}
	for i, m := range list {
		if i < n {
			g.printf("case %d:\n%s", i, g.decode(m))
		} else {
			g.printf("case %d:\n%s", i, g.decodeOpened(m))
		}
	}
	if t.Extensible {
		g.printf("default:\nv.Addition = d.UnknownChoice(i)\n")
	}
	g.printf("}\nd.Leave()\n}\n\n")
}

// decodeOpened reads an alternative of the extension, which is an open type.
func (g *generator) decodeOpened(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return fmt.Sprintf("v.%s = d.OpenNull()\n", m.name)
	case hasMethods(m.resolved):
		return fmt.Sprintf("v.%s = per.Opened[%s](d)\n", m.name, m.goType)
	}
	return fmt.Sprintf("w := d.Open()\n%sd.Close(w)\n", g.decode(m))
}

// encodeOpened writes an alternative of the extension.
func (g *generator) encodeOpened(m member) string {
	switch {
	case m.resolved.Kind == asn1.Null:
		return "e.Close(e.Open())\n"
	case hasMethods(m.resolved):
		return fmt.Sprintf("per.EncodeAdded(e, v.%s)\n", m.name)
	}
	return fmt.Sprintf("w := e.Open()\n%se.Close(w)\n", g.encode(m))
}

func (g *generator) encodeChoice(s scope, t *asn1.Type, list []member, n int) {
	g.printf("// Encode writes a %s.\nfunc (v *%s) Encode(e *per.Encoder) {\nswitch {\n", s.name, s.name)
	for i, m := range list {
		g.printf("case %s:\ne.Choice(%d, %d, %t)\n", m.present(), i, n, t.Extensible)
		if i < n {
			g.printf("%s", g.encode(m))
		} else {
			g.printf("%s", g.encodeOpened(m))
		}
	}
	if t.Extensible {
		g.printf("case v.Addition != nil:\ne.UnknownChoice(v.Addition, %d)\n", n)
	}
	g.printf("default:\ne.Fail(per.ErrNoChoice)\n}\n}\n\n")
}
