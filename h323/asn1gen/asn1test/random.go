package asn1test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
	"github.com/roombridge/roombridge/h323/per"
)

// Random makes values. Those at the borders of a constraint are frequent.
type Random struct {
	Schema *asn1.Schema
	*rand.Rand
	Contents map[string]reflect.Type // Go types of what open types may hold
	Opened   map[string]string       // what Dump gives for open types that were filled
}

// deep is the nesting from which on a value is made as small as its type allows.
const deep = 9

// Fill gives v, a pointer to a value of a generated type, random content.
func (r *Random) Fill(module, typ string, v any) {
	m := r.Schema.Module(module)
	r.fill(place{m, &asn1.Type{Kind: asn1.Reference, Name: typ}, nil}, reflect.ValueOf(v).Elem(), 0)
}

// place is a type as it is written somewhere, with what the parameters of the type
// around it stand for.
type place struct {
	module *asn1.Module
	typ    *asn1.Type
	args   map[string]place
}

// at gives the place of a type that is written within p.
func (p place) at(t *asn1.Type) place { return place{p.module, t, p.args} }

// resolve follows references. Constraints of a reference replace those of the type.
func (r *Random) resolve(p place) place {
	if p.typ.Kind != asn1.Reference {
		return p
	}
	if arg, ok := p.args[p.typ.Name]; ok {
		return r.resolve(arg)
	}
	in, a := r.Schema.Lookup(p.module, p.typ.Name)
	args := map[string]place{}
	for i, name := range a.Params {
		args[name] = p.at(p.typ.Args[i])
	}
	q := r.resolve(place{in, a.Type, args})
	q.typ = merged(p.typ, q.typ)
	return q
}

// merged gives the resolved type with the constraints of a reference to it.
func merged(ref, to *asn1.Type) *asn1.Type {
	t := *to
	if ref.Size != nil {
		t.Size = ref.Size
	}
	if ref.Value != nil {
		t.Value = ref.Value
	}
	if ref.Alphabet != "" {
		t.Alphabet = ref.Alphabet
	}
	return &t
}

func (r *Random) fill(p place, v reflect.Value, depth int) {
	p = r.resolve(p)
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch t := p.typ; t.Kind {
	case asn1.Boolean:
		v.SetBool(r.IntN(2) == 0)
	case asn1.Null:
		v.SetBool(true)
	case asn1.Integer:
		n := r.number(t.Value)
		if v.CanUint() {
			v.SetUint(uint64(n))
		} else {
			v.SetInt(n)
		}
	case asn1.Enumerated:
		v.SetInt(int64(r.IntN(len(t.Items) + len(t.NewItems))))
	case asn1.OctetString:
		v.SetBytes(r.octets(r.size(t.Size, depth)))
	case asn1.Open:
		v.SetBytes(r.open(p.at(t.Element), depth+1))
	case asn1.BitString:
		v.Set(reflect.ValueOf(r.bits(r.size(t.Size, depth))))
	case asn1.ObjectIdentifier:
		v.SetString(r.oid())
	case asn1.Text:
		n := r.size(t.Size, depth)
		if t.Name == "NumericString" {
			n = max(n, 1) // before what would be its characters Erlang aligns an empty one, against X.691 11.9.3.3
		}
		v.SetString(r.text(t, n))
	case asn1.List:
		r.list(p.at(t.Element), v, r.size(t.Size, depth), depth)
	case asn1.Seq:
		r.sequence(p, v, depth+1)
	case asn1.Options:
		r.choice(p, v, depth+1)
	}
}

// open gives the encoding of a value of the type an open type is meant for.
func (r *Random) open(p place, depth int) []byte {
	content, ok := r.Contents[p.typ.Name]
	if !ok {
		panic("no Go type for the content " + p.typ.Name)
	}
	v := reflect.New(content)
	r.fill(p, v.Elem(), depth)
	b, err := per.Marshal(v.Interface().(per.Value))
	if err != nil {
		panic(err)
	}
	r.Opened[string(b)] = r.Dump(v.Interface())
	return b
}

func (r *Random) list(p place, v reflect.Value, n, depth int) {
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		r.fill(p, v.Index(i), depth+1)
	}
}

func (r *Random) sequence(p place, v reflect.Value, depth int) {
	present := r.IntN(4) // how likely, of four
	if depth >= deep {
		present = 0
	}
	for _, f := range p.typ.Root {
		if !f.Optional || r.IntN(4) < present {
			r.fill(p.at(f.Type), field(v, f.Name), depth)
		}
	}
	for i, f := range p.typ.Additions {
		if r.IntN(4) >= present {
			continue
		}
		if f.Group != nil {
			group := asn1.Type{Kind: asn1.Seq, Root: f.Group}
			r.fill(p.at(&group), field(v, "group"+string(rune('1'+i))), depth)
			continue
		}
		r.fill(p.at(f.Type), field(v, f.Name), depth)
	}
}

func (r *Random) choice(p place, v reflect.Value, depth int) {
	var all, flat []asn1.Field
	for _, list := range [][]asn1.Field{p.typ.Root, p.typ.Additions} {
		for _, f := range list {
			for _, f := range append(f.Group, f) {
				if f.Type == nil {
					continue
				}
				all = append(all, f)
				if k := r.resolve(p.at(f.Type)).typ.Kind; k != asn1.Seq && k != asn1.Options && k != asn1.List {
					flat = append(flat, f)
				}
			}
		}
	}
	if depth >= deep && len(flat) > 0 {
		all = flat
	}
	f := all[r.IntN(len(all))]
	r.fill(p.at(f.Type), field(v, f.Name), depth)
}

// field finds the Go field of a component.
func field(v reflect.Value, name string) reflect.Value {
	for i := range v.NumField() {
		if n, _, _ := fieldName(v.Type().Field(i)); n == name {
			return v.Field(i)
		}
	}
	panic("no field " + name + " in " + v.Type().String())
}

func (r *Random) number(c *asn1.Range) int64 {
	lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
	switch {
	case c == nil:
		return r.Int64() >> r.IntN(63) * int64(1-2*r.IntN(2))
	case c.Extensible && r.IntN(3) == 0:
		return r.Int64() >> r.IntN(63)
	case c.Lo == nil:
		return *c.Hi - r.Int64()>>r.IntN(63)>>1
	case c.Hi == nil:
		return *c.Lo + r.Int64()>>r.IntN(63)>>1
	}
	lo, hi = *c.Lo, *c.Hi
	switch r.IntN(5) {
	case 0:
		return lo
	case 1:
		return hi
	}
	return lo + int64(r.Uint64N(uint64(hi)-uint64(lo)+1)>>r.IntN(16))
}

func (r *Random) size(c *asn1.Range, depth int) int {
	lo, hi := 0, 1<<20
	if c != nil {
		lo = int(*c.Lo)
	}
	if c != nil && c.Hi != nil && !c.Extensible {
		hi = int(*c.Hi)
	}
	most := 4
	switch {
	case depth >= deep:
		most = 0
	case r.IntN(50) == 0:
		most = 140
	}
	return min(lo+r.IntN(most+1), hi)
}

func (r *Random) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (r *Random) bits(n int) per.BitString {
	b := r.octets((n + 7) / 8)
	if n%8 != 0 {
		b[len(b)-1] &= 0xff << (8 - n%8)
	}
	return per.BitString{Bytes: b, Len: n}
}

func (r *Random) oid() string {
	s := []string{"0.0.8.2250.0.7", "1.39.840", "2.999", "0.0.8.235.0.2.6", "2.25.4294967296"}[r.IntN(5)]
	for range r.IntN(4) {
		s += "." + []string{"0", "127", "128", "16384", "113549", "4294967295"}[r.IntN(6)]
	}
	return s
}

func (r *Random) text(t *asn1.Type, n int) string {
	chars := t.Alphabet
	switch {
	case chars != "":
	case t.Name == "NumericString":
		chars = " 0123456789"
	default:
		chars = "azAZ09 '()+,-./:=?"
	}
	letters := []rune(chars)
	if t.Name == "BMPString" {
		letters = append(letters, 'é', '会', 'Ж', 0xfffd, 0xffff, 0)
	}
	var b strings.Builder
	for range n {
		b.WriteRune(letters[r.IntN(len(letters))])
	}
	return b.String()
}
