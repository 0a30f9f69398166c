package number

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

const sheet = `number,match,room,guest_pin,label,times,callers
1001,,board,4321,Phòng họp Đà Nẵng,mon-fri 08:00-18:00 Asia/Ho_Chi_Minh; sat,An*; *@vn.example
+84 24 20,prefix,r-$1,,,,
`

func mustCSV(t testing.TB, text string) []Rule {
	t.Helper()
	rules, err := ReadCSV(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestReadCSV(t *testing.T) {
	rules := mustCSV(t, sheet)
	if len(rules) != 2 {
		t.Fatalf("%d rules", len(rules))
	}
	a, b := rules[0], rules[1]
	if a.ID != "1001" || a.Kind != Exact || a.Action != ToRoom || a.Priority != DefaultPriority || len(a.Times) != 2 || len(a.Callers) != 2 {
		t.Errorf("%+v", a)
	}
	if b.ID != "prefix 842420" || b.Number != "842420" || b.GuestPIN.Set() {
		t.Errorf("%+v", b)
	}
	for name, text := range map[string]string{
		"byte order mark": "\xef\xbb\xbf" + sheet,
		"semicolons":      "number;match;room\n1001;;board\n84242;prefix;r-$1\n",
		"tabs":            "NUMBER\tmatch \troom\n1001\t\tboard\n84242\tprefix\tr-$1\n",
		"blank rows":      "number,room\r\n1001,board\r\n,\r\n\r\n1002\r\n",
		"guarded":         "number,room\n'+1001,board\n1002,'-x\n",
	} {
		if got, err := ReadCSV(strings.NewReader(text)); err != nil || len(got) != 2 || got[0].Number != "1001" {
			t.Errorf("%s: %v %+v", name, err, got)
		}
	}
}

func TestReadCSVErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "line 1: the names",
		"number,nummer\n":                          "line 1, nummer: no column",
		"number,number\n":                          "line 1, number: the column is there twice",
		"room\nx\n":                                "line 1, number: the column is missing",
		"number,guest_pin\n1001,12\n":              "line 2, guest_pin: a PIN has",
		"number,room\n1,a\n\n2,b,c\n":              "line 4: more cells",
		"number,capacity\n1,many\n":                "line 2, capacity: not a whole number",
		"number,match\n(,regex\n":                  "line 2: number: error parsing regexp",
		"number,times\n1,never\n":                  `line 2, times: "never": not an IANA time zone`,
		"number,lobby\n1,maybe\n":                  "line 2, lobby: not yes or no",
		"number,lobby\n1,yes\n":                    "line 2: lobby needs a host_pin",
		"number\n1\n1\n":                           `two rules have the id "1"`,
		"number\n\"1\n":                            "line 2: not CSV",
		"number,networks\n1,10.0.0.0/8; here\n":    "line 2, networks",
		"number,cause,action\n1,whim,refuse\n2,,x": "line 2: cause is",
	} {
		rules, err := ReadCSV(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v (%d rules), not %s", text, err, len(rules), want)
		}
	}
	_, err := ReadCSV(strings.NewReader("number,guest_pin\n" + strings.Repeat("1,2\n", 1000)))
	if n := strings.Count(err.Error(), "\n") + 1; n != maxErrors {
		t.Errorf("%d errors are told", n)
	}
	if strings.Contains(err.Error(), "1,2") {
		t.Error("a PIN is told")
	}
}

func TestExportAndBack(t *testing.T) {
	have := mustCSV(t, sheet)
	have = append(have, rule(Any, "", refuse("busy", "=cmd()"), func(r *Rule) { r.Label = "'quoted" }),
		rule(Exact, "7", func(r *Rule) {
			r.HostPIN, r.Lobby, r.Capacity, r.Registered, r.Encryption = PIN{typed: "2222"}, true, 9, Yes, true
		}))
	for i := range have {
		if err := have[i].Settle(nil, testKey); err != nil {
			t.Fatal(err)
		}
	}
	var table, doc bytes.Buffer
	if err := WriteCSV(&table, have); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&doc, have); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{table.String(), doc.String()} {
		if strings.Contains(s, "4321") || strings.Contains(s, "h1.") || strings.Contains(s, "\n=cmd") || !strings.Contains(s, Mask) {
			t.Errorf("written: %s", s)
		}
	}
	if strings.Contains(table.String(), ",=cmd") {
		t.Error("a spreadsheet would run this")
	}
	fromCSV := mustCSV(t, table.String())
	fromJSON, err := ReadJSON(&doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, read := range [][]Rule{fromCSV, fromJSON} {
		d, err := Compare(have, read, Replace, testKey)
		if err != nil || !d.Empty() || d.Same != len(have) {
			t.Errorf("%v: %+v", err, d)
		}
	}
}

func TestCompare(t *testing.T) {
	have := mustCSV(t, "number,room,guest_pin\n1,a,1111\n2,b,2222\n3,c,\n")
	for i := range have {
		if err := have[i].Settle(nil, testKey); err != nil {
			t.Fatal(err)
		}
	}
	read := mustCSV(t, "number,room,guest_pin\n1,a,1111\n2,bb,9999\n4,d,\n")
	d, err := Compare(have, read, Replace, testKey)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Added) != 1 || d.Added[0].ID != "4" || len(d.Removed) != 1 || d.Removed[0].ID != "3" || d.Same != 1 {
		t.Fatalf("%+v", d)
	}
	want := []Field{{"room", "b", "bb"}, {"guest_pin", Mask, "another " + Mask}}
	if len(d.Changed) != 1 || !reflect.DeepEqual(d.Changed[0].Fields, want) {
		t.Fatalf("%+v", d.Changed)
	}
	after := d.Apply(have)
	if d, err = Compare(after, read, Replace, testKey); err != nil || !d.Empty() {
		t.Errorf("applied, there is still %+v (%v)", d, err)
	}
	if d, err = Compare(have, read, Merge, testKey); err != nil || len(d.Removed) != 0 || d.Same != 2 {
		t.Errorf("merged: %+v (%v)", d, err)
	}
	if _, err = Compare(nil, mustCSV(t, "number,guest_pin\n1,****\n"), Merge, testKey); err == nil {
		t.Error("a PIN that never was is kept")
	}
}

func TestReadJSONErrors(t *testing.T) {
	for _, bad := range []string{"", "[]", `{"rules":[{"match":"exact","numbr":"1"}]}`, `{"rules":[{"number":"1"}]} x`, `{"rules":[{"guest_pin":"1"}]}`,
		`{"rules":[{"match":"regex","number":"("}]}`, `{"rules":[{"number":"1"},{"number":"1"}]}`, `{"rules":[{"times":["never"]}]}`} {
		if rules, err := ReadJSON(strings.NewReader(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, rules)
		}
	}
}

// What is read can be compiled, written and read again without a change.
func checkImport(t *testing.T, rules []Rule) {
	d, err := Compare(nil, rules, Replace, testKey)
	if err != nil {
		return // a masked PIN
	}
	if _, err := NewPlan(d.Added, testKey); err != nil && len(rules) <= MaxRegexes {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteCSV(&b, d.Added); err != nil {
		t.Fatal(err)
	}
	again, err := ReadCSV(&b)
	if err != nil {
		t.Fatalf("%v\n%+v", err, rules)
	}
	if d, err = Compare(d.Added, again, Replace, testKey); err != nil || !d.Empty() {
		text, _ := json.Marshal(d)
		t.Fatalf("%v %s", err, text)
	}
}

func FuzzCSV(f *testing.F) {
	f.Add(sheet)
	f.Add("id;number;match;action;target\n x ;\"(?P<pin>1)\";regex;dial;sip:$0@h\n")
	f.Add("number,label\n'=1,''x\n*9,-\n")
	f.Fuzz(func(t *testing.T, text string) {
		if rules, err := ReadCSV(strings.NewReader(text)); err == nil {
			checkImport(t, rules)
		}
	})
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"rules":[{"id":"1","match":"exact","number":"1001","action":"room","room":"board","guest_pin":"4321","times":["mon 08:00-10:00"]}]}`)
	f.Add(`{"rules":[{"match":"regex","number":"1(\\d)","room":"r$1","networks":["10.0.0.0/8"],"callers":["a*"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		if rules, err := ReadJSON(strings.NewReader(text)); err == nil {
			checkImport(t, rules)
		}
	})
}
