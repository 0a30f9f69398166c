package asn1

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func module(body string) string {
	return "M {iso(1) 3} DEFINITIONS AUTOMATIC TAGS ::= BEGIN " + body + " END -- of M"
}

func bound(n int64) *int64 { return &n }

func TestTypes(t *testing.T) {
	for text, want := range map[string]Type{
		"BOOLEAN":                                                {Kind: Boolean},
		"INTEGER (-3..MAX)":                                      {Kind: Integer, Value: &Range{Lo: bound(-3)}},
		"INTEGER(1..9, ...)":                                     {Kind: Integer, Value: &Range{bound(1), bound(9), true}},
		"OCTET STRING (SIZE (16))":                               {Kind: OctetString, Size: &Range{Lo: bound(16), Hi: bound(16)}},
		"BIT STRING":                                             {Kind: BitString},
		"OBJECT IDENTIFIER":                                      {Kind: ObjectIdentifier},
		"TYPE-IDENTIFIER.&Type(Other)":                           {Kind: Open, Element: &Type{Name: "Other"}},
		"Other (WITH COMPONENTS { ..., a PRESENT })":             {Name: "Other"},
		"IA5String (SIZE (1..128)) (FROM (\"01--#\"))":           {Kind: Text, Name: "IA5String", Size: &Range{Lo: bound(1), Hi: bound(128)}, Alphabet: "01--#"},
		"IA5String (SIZE (1) ^ FROM (\"01\"))":                   {Kind: Text, Name: "IA5String", Size: &Range{Lo: bound(1), Hi: bound(1)}, Alphabet: "01"},
		"SET SIZE (1..2) OF Other":                               {Kind: List, Size: &Range{Lo: bound(1), Hi: bound(2)}, Element: &Type{Name: "Other"}},
		"SEQUENCE (SIZE (2, ..., 3..4)) OF NULL":                 {Kind: List, Size: &Range{bound(2), bound(2), true}, Element: &Type{Kind: Null}},
		"ENUMERATED { a(1), b, ..., c }":                         {Kind: Enumerated, Items: []string{"a", "b"}, NewItems: []string{"c"}, Extensible: true},
		"SEQUENCE -- one -- { a-b NULL OPTIONAL, -- two\n ... }": {Kind: Seq, Root: []Field{{Name: "a-b", Type: &Type{Kind: Null}, Optional: true}}, Extensible: true},
		"CHOICE { a NULL, ..., [[ b NULL ]], ..., c NULL }": {
			Kind: Options, Extensible: true,
			Root:      []Field{{Name: "a", Type: &Type{}}, {Name: "c", Type: &Type{}}},
			Additions: []Field{{Group: []Field{{Name: "b", Type: &Type{}}}}},
		},
	} {
		if want.Kind == Options {
			for _, f := range []*Field{&want.Root[0], &want.Root[1], &want.Additions[0].Group[0]} {
				f.Type.Kind = Null
			}
		}
		m, err := Parse(module("A ::= " + text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(&want, m.Types[0].Type); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
}

func TestErrors(t *testing.T) {
	for body, want := range map[string]string{
		"A ::= SEQUENCE { a }":                            "name should be",
		"A ::= SEQUENCE { a NULL":                         `"}" should be`,
		"A ::= INTEGER (1..x)":                            "number should be",
		"A ::= NULL A ::= NULL":                           "twice",
		"A ::= SEQUENCE { a INTEGER DEFAULT 1 }":          "DEFAULT",
		"A ::= ENUMERATED { a(1), b(0) }":                 "order",
		"A ::= SEQUENCE { b CHOICE { c B } }":             "B is not defined",
		"A ::= SEQUENCE OF B{A}":                          "not defined",
		"A ::= S{B} S{T} ::= SEQUENCE { t T } B ::= NULL": "not an open type",
		"A ::= S S{T} ::= SEQUENCE { t T }":               "takes 1",
		"A ::= IA5String (FROM (\"x)":                     "string without end",
		"A ::= \x80":                                      "octet 0x80",
		"A ::= B(WITH COMPONENTS { a":                     `no "}"`,
		"IMPORTS A FROM":                                  "name should be",
	} {
		if _, err := New(module(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", body, err, want)
		}
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty folder has modules")
	}
}

// References resolve across modules and parameters, and add constraints.
func TestResolve(t *testing.T) {
	s, err := New(
		module("IMPORTS Name, SEALED{} FROM N {iso(1) 4}; A ::= Name(SIZE (2)) B ::= SEALED{Enc} Enc ::= TYPE-IDENTIFIER.&Type(A)"),
		"N DEFINITIONS AUTOMATIC TAGS ::= BEGIN Name ::= IA5String(FROM (\"ab\")) SEALED{X} ::= SEQUENCE { x X } END",
	)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Module("M")
	in, a := s.Resolve(m, m.Types[0].Type, nil)
	if in.Name != "N" || a.Kind != Text || a.Alphabet != "ab" || *a.Size.Hi != 2 {
		t.Errorf("A is %+v of %s", a, in.Name)
	}
	in, b := s.Resolve(m, m.Types[1].Type, nil)
	if _, x := s.Resolve(in, b.Root[0].Type, []string{"X"}); x.Kind != Open {
		t.Errorf("content is %+v", x)
	}
}
