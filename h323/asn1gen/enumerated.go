package main

import (
	"slices"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

// enumerated writes a number with names.
func (g *generator) enumerated(s scope, t *asn1.Type) {
	all := slices.Concat(t.Items, t.NewItems)
	g.printf("type %s int\n\n// Values of %s.\nconst (\n", s.name, s.name)
	for i, item := range all {
		g.printf("%s%s", s.name, goName(item))
		if i == 0 {
			g.printf(" %s = iota", s.name)
		}
		g.printf("\n")
	}
	g.printf(")\n\n// String gives the name.\nfunc (v %s) String() string {\nswitch v {\n", s.name)
	for _, item := range all {
		g.printf("case %s%s:\nreturn %q\n", s.name, goName(item), item)
	}
	g.printf("}\nreturn per.Unnamed(int(v))\n}\n\n")
	g.printf("// MarshalText gives the name.\nfunc (v %s) MarshalText() ([]byte, error) { return []byte(v.String()), nil }\n\n", s.name)
	g.printf("// Decode reads a %s.\nfunc (v *%s) Decode(d *per.Decoder) { *v = %s(d.Enum(%d, %t)) }\n\n", s.name, s.name, s.name, len(t.Items), t.Extensible)
	g.printf("// Encode writes a %s.\nfunc (v *%s) Encode(e *per.Encoder) { e.Enum(int(*v), %d, %t) }\n\n", s.name, s.name, len(t.Items), t.Extensible)
}
