package example

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/per"
)

func octets(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of X.691 Annex A in the ALIGNED variant: the value, and the octets
// that are printed there. Sets are sequences here, in the order of their tags.
func TestAnnexA(t *testing.T) {
	for name, c := range map[string]struct {
		value, empty per.Value
		octets       string
	}{
		"A.1, no constraints": {
			&Employee{
				Name: Name{"John", "P", "Smith"}, Number: 51, Title: "Director", Hired: "19710917",
				Spouse: Name{"Mary", "T", "Smith"},
				Children: []Child{
					{Name{"Ralph", "T", "Smith"}, "19571111"},
					{Name{"Susan", "B", "Jones"}, "19590717"},
				},
			}, &Employee{},
			"80044A6F 686E0150 05536D69 74680133 08446972 6563746F 72083139 37313039 3137044D" +
				"61727901 5405536D 69746802 0552616C 70680154 05536D69 74680831 39353731 31313105" +
				"53757361 6E014205 4A6F6E65 73083139 35393037 3137",
		},
		"A.2, constraints": {
			&TightEmployee{
				Name: TightName{"John", "P", "Smith"}, Number: 51, Title: "Director", Hired: "19710917",
				Spouse: TightName{"Mary", "T", "Smith"},
				Children: []TightChild{
					{TightName{"Ralph", "T", "Smith"}, "19571111"},
					{TightName{"Susan", "B", "Jones"}, "19590717"},
				},
			}, &TightEmployee{},
			"864A6F68 6E501053 6D697468 01330844 69726563 746F7219 7109170C 4D617279 5410536D" +
				"69746802 1052616C 70685410 536D6974 68195711 11105375 73616E42 104A6F6E 65731959 0717",
		},
		"A.3, extensible": {
			&OpenEmployee{
				Name: OpenName{"John", "P", "Smith", nil}, Number: 51, Title: "Director", Hired: "19710917",
				Spouse: OpenName{"Mary", "T", "Smith", nil},
				Children: []OpenChild{
					{OpenName{"Ralph", "T", "Smith", nil}, "19571111", nil, nil},
					{OpenName{"Susan", "B", "Jones", nil}, "19590717", new(SexFemale), nil},
				},
			}, &OpenEmployee{},
			"40C04A6F 686E5008 536D6974 68000033 08446972 6563746F 72001971 0917034D 61727954" +
				"08536D69 74680100 52616C70 68540853 6D697468 00195711 11820053 7573616E 42084A6F" +
				"6E657300 19590717 010140",
		},
		"A.4, groups": {
			&Grouped{
				A: 253, B: true, C: GroupedC{E: new(true)},
				Group1: &GroupedGroup1{G: "123", H: new(true)},
			}, &Grouped{},
			"9E000180 010291A4",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := octets(t, c.octets)
			got, err := per.Marshal(c.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(per.Octets(want).String(), per.Octets(got).String()); diff != "" {
				t.Errorf("encoding:\n%s", diff)
			}
			if err := per.Unmarshal(want, c.empty); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.value, c.empty); diff != "" {
				t.Errorf("decoding:\n%s", diff)
			}
		})
	}
}
