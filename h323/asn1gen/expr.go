package main

import (
	"fmt"
	"path"
	"slices"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
)

// scope is where a type is written: the module its names are looked up in, the
// parameters of the type around it, and the Go and ASN.1 names of that type.
type scope struct {
	module *asn1.Module
	params []string
	name   string
	where  string
}

// hasMethods tells the types that become Go types with methods; others are read and
// written in place.
func hasMethods(t *asn1.Type) bool {
	return t.Kind == asn1.Seq || t.Kind == asn1.Options || t.Kind == asn1.Enumerated
}

// isSlice tells the types whose Go type has a nil that can stand for absence.
func isSlice(t *asn1.Type) bool {
	return t.Kind == asn1.List || t.Kind == asn1.OctetString || t.Kind == asn1.Open
}

func (g *generator) resolve(s scope, t *asn1.Type) *asn1.Type {
	_, r := g.schema.Resolve(s.module, t, s.params)
	return r
}

// field gives the scope of a component, with the name its type gets if it has none.
func (g *generator) field(s scope, component string) scope {
	s.where += "." + component
	if n, ok := g.plan.names[s.where]; ok {
		s.name = n
	} else {
		s.name += goName(component)
	}
	return s
}

// goType gives the Go type of t. A type written in place is declared later under
// the scope's name.
func (g *generator) goType(s scope, t *asn1.Type) string {
	switch {
	case t.Kind == asn1.Reference && !slices.Contains(s.params, t.Name):
		return g.reference(s, t)
	case hasMethods(t):
		if !slices.ContainsFunc(g.pending, func(p pending) bool { return p.name == s.name }) {
			g.pending = append(g.pending, pending{s.name, s.where, t, s.params})
		}
		return s.name
	}
	switch t.Kind {
	case asn1.List:
		return "[]" + g.element(s, t.Element)
	case asn1.Boolean, asn1.Null:
		return "bool"
	case asn1.Integer:
		return intType(t.Value)
	case asn1.OctetString, asn1.Open, asn1.Reference:
		return "per.Octets"
	case asn1.BitString:
		return "per.BitString"
	case asn1.ObjectIdentifier:
		return "per.OID"
	}
	return "string"
}

// element gives the Go type of a list's elements. Octets alone are not a list of
// numbers in Go, so those have two.
func (g *generator) element(s scope, t *asn1.Type) string {
	if r := g.resolve(s, t); r.Kind == asn1.Integer && intType(r.Value) == "uint8" {
		return "uint16"
	}
	return g.goType(s, t)
}

func (g *generator) reference(s scope, t *asn1.Type) string {
	in, _ := g.schema.Lookup(s.module, t.Name)
	if in == g.module {
		return goName(t.Name)
	}
	p, ok := g.imports[in.Name]
	if !ok {
		g.fail("no -import for module %s, where %s is", in.Name, t.Name)
	}
	return path.Base(p) + "." + goName(t.Name)
}

func intType(r *asn1.Range) string {
	switch {
	case r == nil || r.Extensible || r.Lo == nil || r.Hi == nil:
		return "int64"
	case *r.Lo >= 0 && *r.Hi < 1<<8:
		return "uint8"
	case *r.Lo >= 0 && *r.Hi < 1<<16:
		return "uint16"
	case *r.Lo >= 0 && *r.Hi < 1<<32:
		return "uint32"
	case *r.Lo >= -1<<31 && *r.Hi < 1<<31:
		return "int32"
	}
	return "int64"
}

func size(r *asn1.Range) string {
	var s string
	switch {
	case r == nil:
		return "per.Any()"
	case r.Hi == nil:
		s = fmt.Sprintf("per.AtLeast(%d)", *r.Lo)
	case *r.Lo == *r.Hi:
		s = fmt.Sprintf("per.Fixed(%d)", *r.Lo)
	default:
		s = fmt.Sprintf("per.Range(%d, %d)", *r.Lo, *r.Hi)
	}
	if r.Extensible {
		s += ".Extensible()"
	}
	return s
}

// reader gives the expression that reads a value without methods; its Go type is
// the given one.
func (g *generator) reader(s scope, t *asn1.Type, goType string) string {
	r := g.resolve(s, t)
	switch r.Kind {
	case asn1.Boolean:
		return "d.Bool()"
	case asn1.Integer:
		return g.intReader(r.Value, goType)
	case asn1.OctetString:
		return fmt.Sprintf("d.Octets(%s)", size(r.Size))
	case asn1.BitString:
		return fmt.Sprintf("d.BitString(%s)", size(r.Size))
	case asn1.ObjectIdentifier:
		return "d.OID()"
	case asn1.Open:
		return "d.OpenType()"
	case asn1.List:
		return g.listReader(s, r)
	case asn1.Text:
		switch r.Name {
		case "GeneralString":
			return "d.GeneralString()"
		case "BMPString":
			return fmt.Sprintf("d.BMP(%s)", size(r.Size))
		}
		return fmt.Sprintf("d.Text(%s, %s)", g.letters(r), size(r.Size))
	}
	g.fail("%s: cannot read this in place", s.where)
	return ""
}

func (g *generator) intReader(r *asn1.Range, goType string) string {
	var call string
	switch {
	case r == nil || r.Lo == nil:
		call = "d.Integer()"
	case r.Hi == nil:
		call = fmt.Sprintf("d.IntFrom(%d)", *r.Lo)
	case r.Extensible:
		call = fmt.Sprintf("d.IntExtensible(%d, %d)", *r.Lo, *r.Hi)
	default:
		call = fmt.Sprintf("d.Int(%d, %d)", *r.Lo, *r.Hi)
	}
	if goType == "int64" {
		return call
	}
	return goType + "(" + call + ")"
}

func (g *generator) listReader(s scope, r *asn1.Type) string {
	elem := g.element(s, r.Element)
	if hasMethods(g.resolve(s, r.Element)) {
		return fmt.Sprintf("per.List[%s](d, %s)", elem, size(r.Size))
	}
	return fmt.Sprintf("per.ListOf(d, %s, func(d *per.Decoder) %s { return %s })", size(r.Size), elem, g.reader(s, r.Element, elem))
}

// writer gives the statement that writes the value x, which has no methods.
func (g *generator) writer(s scope, t *asn1.Type, x string) string {
	r := g.resolve(s, t)
	switch r.Kind {
	case asn1.Boolean:
		return fmt.Sprintf("e.Bool(%s)", x)
	case asn1.Integer:
		return g.intWriter(r.Value, x)
	case asn1.OctetString:
		return fmt.Sprintf("e.Octets(%s, %s)", x, size(r.Size))
	case asn1.BitString:
		return fmt.Sprintf("e.BitString(%s, %s)", x, size(r.Size))
	case asn1.ObjectIdentifier:
		return fmt.Sprintf("e.OID(%s)", x)
	case asn1.Open:
		return fmt.Sprintf("e.OpenType(%s)", x)
	case asn1.List:
		return g.listWriter(s, r, x)
	case asn1.Text:
		switch r.Name {
		case "GeneralString":
			return fmt.Sprintf("e.GeneralString(%s)", x)
		case "BMPString":
			return fmt.Sprintf("e.BMP(%s, %s)", x, size(r.Size))
		}
		return fmt.Sprintf("e.Text(%s, %s, %s)", x, g.letters(r), size(r.Size))
	}
	g.fail("%s: cannot write this in place", s.where)
	return ""
}

func (g *generator) intWriter(r *asn1.Range, x string) string {
	if intType(r) != "int64" {
		x = "int64(" + x + ")"
	}
	switch {
	case r == nil || r.Lo == nil:
		return fmt.Sprintf("e.Integer(%s)", x)
	case r.Hi == nil:
		return fmt.Sprintf("e.IntFrom(%s, %d)", x, *r.Lo)
	case r.Extensible:
		return fmt.Sprintf("e.IntExtensible(%s, %d, %d)", x, *r.Lo, *r.Hi)
	}
	return fmt.Sprintf("e.Int(%s, %d, %d)", x, *r.Lo, *r.Hi)
}

func (g *generator) listWriter(s scope, r *asn1.Type, x string) string {
	if hasMethods(g.resolve(s, r.Element)) {
		return fmt.Sprintf("per.EncodeList(e, %s, %s)", size(r.Size), x)
	}
	elem := g.element(s, r.Element)
	return fmt.Sprintf("per.EncodeListOf(e, %s, %s, func(e *per.Encoder, x %s) { %s })", size(r.Size), x, elem, g.writer(s, r.Element, "x"))
}

// letters gives the Go expression of a string type's alphabet.
func (g *generator) letters(t *asn1.Type) string {
	if t.Alphabet != "" {
		return g.alphabet(t.Alphabet)
	}
	switch t.Name {
	case "NumericString":
		return "per.Numeric"
	case "PrintableString":
		return "per.Printable"
	case "VisibleString":
		return "per.Visible"
	}
	return "per.IA5"
}
