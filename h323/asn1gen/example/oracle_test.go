package example

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/asn1gen/asn1"
	"github.com/roombridge/roombridge/h323/asn1gen/asn1test"
	"github.com/roombridge/roombridge/h323/per"
)

// all are the types with methods of the module.
var all = map[string]per.Value{
	"Employee": &Employee{}, "TightEmployee": &TightEmployee{}, "OpenEmployee": &OpenEmployee{}, "Grouped": &Grouped{},
	"Numbers": &Numbers{}, "Octets": &Octets{}, "Strings": &Strings{}, "Lists": &Lists{}, "Tree": &Tree{},
	"Old": &Old{}, "New": &New{}, "OldChoice": &OldChoice{}, "NewChoice": &NewChoice{}, "Letter": &Letter{},
}

func fresh(v per.Value) per.Value {
	return reflect.New(reflect.TypeOf(v).Elem()).Interface().(per.Value)
}

// Random values survive our encoding, Erlang sees the same values in it, and we see
// the same in Erlang's.
func TestOracle(t *testing.T) {
	schema, err := asn1.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	erlang := asn1test.Start(t, ".", "EXAMPLE")
	random := asn1test.Random{Schema: schema, Rand: rand.New(rand.NewPCG(1, 2)),
		Contents: map[string]reflect.Type{"Name": reflect.TypeFor[Name]()}, Opened: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		empty := all[name]
		t.Run(name, func(t *testing.T) {
			for range 300 {
				v, again := fresh(empty), fresh(empty)
				random.Fill("EXAMPLE", name, v)
				b, err := per.Marshal(v)
				if err != nil {
					t.Fatalf("%s: %v", random.Dump(v), err)
				}
				if err := per.Unmarshal(b, again); err != nil {
					t.Fatalf("%x: %v", b, err)
				}
				if diff := cmp.Diff(v, again); diff != "" {
					t.Fatalf("%x: changed by us:\n%s", b, diff)
				}
				value, other, err := erlang.Judge("EXAMPLE", name, b)
				if err != nil {
					t.Fatalf("%s\n%x: %v", random.Dump(v), b, err)
				}
				if ours := random.Dump(v); ours != value {
					t.Fatalf("%x:\nours   %s\nErlang %s", b, ours, value)
				}
				back := fresh(empty)
				if err := per.Unmarshal(other, back); err != nil || !cmp.Equal(v, back) {
					t.Fatalf("Erlang encodes %s as\n%x, we as\n%x: %v", value, other, b, err)
				}
			}
		})
	}
}
