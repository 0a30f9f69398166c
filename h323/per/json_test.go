package per

import (
	"encoding/json"
	"testing"
)

// pick is a CHOICE as asn1gen writes them.
type pick struct {
	None   bool      `json:"none,omitzero"`
	Flag   *bool     `json:"flag,omitzero"`
	Digits *string   `json:"di-gits,omitzero"`
	Raw    Octets    `json:"raw,omitzero"`
	New    *Addition `json:"addition,omitzero"`
}

func (v pick) MarshalJSON() ([]byte, error) { return ChoiceJSON(v) }

func TestJSON(t *testing.T) {
	for want, v := range map[string]any{
		`"none"`:                               pick{None: true},
		`{"flag":false}`:                       pick{Flag: new(false)},
		`{"di-gits":"12"}`:                     pick{Digits: new("12")},
		`{"raw":"00ff"}`:                       pick{Raw: Octets{0, 255}},
		`{"raw":""}`:                           pick{Raw: Octets{}},
		`null`:                                 pick{},
		`"a0/3"`:                               BitString{[]byte{0xa0}, 3},
		`"0.0.8.2250.0.7"`:                     OID("0.0.8.2250.0.7"),
		`{"addition":{"index":7,"data":"01"}}`: pick{New: &Addition{7, Octets{1}}},
	} {
		if b, err := json.Marshal(v); err != nil || string(b) != want {
			t.Errorf("%+v is %s, not %s: %v", v, b, want, err)
		}
	}
	for want, v := range map[string]any{"none": &pick{None: true}, "raw": pick{Raw: Octets{}}, "": 7} {
		if got := Alternative(v); got != want {
			t.Errorf("alternative %q of %+v should be %q", got, v, want)
		}
	}
}
