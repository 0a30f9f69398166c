package h323_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/h245"
	"github.com/roombridge/roombridge/h323/per"
)

// pdu is a message with the name of its ASN.1 type.
type pdu struct {
	typ  string
	data []byte
}

// fresh gives an empty value for a PDU's type.
func (p pdu) fresh() per.Value { return reflect.New(roots[p.typ].goType).Interface().(per.Value) }

// roots are the types that messages begin with.
var roots = map[string]struct {
	module string
	goType reflect.Type
}{
	"H323-UserInformation":           {"H323-MESSAGES", reflect.TypeFor[h225.H323UserInformation]()},
	"RasMessage":                     {"H323-MESSAGES", reflect.TypeFor[h225.RasMessage]()},
	"MultimediaSystemControlMessage": {"MULTIMEDIA-SYSTEM-CONTROL", reflect.TypeFor[h245.MultimediaSystemControlMessage]()},
	"OpenLogicalChannel":             {"MULTIMEDIA-SYSTEM-CONTROL", reflect.TypeFor[h245.OpenLogicalChannel]()},
}

// shared gives the path of reference data that is not in the project.
func shared(t testing.TB, variable, beside string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		path = "../../shared/" + beside
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s, and %s does not name it: %v", beside, variable, err)
	}
	return path
}

// corpus gives the recorded messages, and after each those that it carries.
func corpus(t testing.TB) []pdu {
	t.Helper()
	text, err := os.ReadFile(shared(t, "H323_CORPUS", "corpus/h323/pdus.txt"))
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{"H225": "H323-UserInformation", "H245": "MultimediaSystemControlMessage"}
	var list []pdu
	for line := range strings.Lines(string(text)) {
		kind, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		b, err := hex.DecodeString(digits)
		if err != nil || types[kind] == "" {
			t.Fatalf("line %q: %v", line, err)
		}
		p := pdu{types[kind], b}
		list = append(append(list, p), carried(t, p)...)
	}
	return list
}

// carried gives the tunnelled H.245 messages and fast start proposals of a PDU.
func carried(t testing.TB, p pdu) (list []pdu) {
	t.Helper()
	var ui h225.H323UserInformation
	if p.typ != "H323-UserInformation" || per.Unmarshal(p.data, &ui) != nil {
		return nil
	}
	for _, b := range ui.H323UUPDU.H245Control {
		list = append(list, pdu{"MultimediaSystemControlMessage", b})
	}
	m := ui.H323UUPDU.H323MessageBody
	var starts []per.Octets
	switch {
	case m.Setup != nil:
		starts = m.Setup.FastStart
		for _, b := range m.Setup.ParallelH245Control {
			list = append(list, pdu{"MultimediaSystemControlMessage", b})
		}
	case m.CallProceeding != nil:
		starts = m.CallProceeding.FastStart
	case m.Alerting != nil:
		starts = m.Alerting.FastStart
	case m.Connect != nil:
		starts = m.Connect.FastStart
	}
	for _, b := range starts {
		list = append(list, pdu{"OpenLogicalChannel", b})
	}
	return list
}

// Every recorded message decodes, and what it says survives our encoding. Where the
// sender knew the same version of the protocol the octets are the same too.
func TestCorpus(t *testing.T) {
	all, same := map[string]int{}, map[string]int{}
	for i, p := range corpus(t) {
		v := p.fresh()
		if err := per.Unmarshal(p.data, v); err != nil {
			t.Errorf("PDU %d, %s %x: %v", i, p.typ, p.data, err)
			continue
		}
		b, err := per.Marshal(v)
		if err != nil {
			t.Errorf("PDU %d, %s: encoding it again: %v", i, p.typ, err)
			continue
		}
		again := p.fresh()
		if err := per.Unmarshal(b, again); err != nil {
			t.Errorf("PDU %d, %s: decoding %x: %v", i, p.typ, b, err)
		}
		if diff := cmp.Diff(v, again); diff != "" {
			t.Errorf("PDU %d, %s, changed by encoding:\n%s", i, p.typ, diff)
		}
		all[p.typ]++
		if bytes.Equal(b, p.data) {
			same[p.typ]++
		}
	}
	for typ, n := range all {
		t.Logf("%s: %d decoded, %d identical octet by octet", typ, n, same[typ])
	}
}
