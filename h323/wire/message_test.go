package wire

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A Setup as terminals send it, and the same from our hand.
func TestMessage(t *testing.T) {
	b := unhex(t, "0802 1234 05 a1 04 0488 1886a5 28 04 526f6f6d 6c 03 0083 37 70 05 81 31303031 7e 0004 05 20a806")
	want := &Message{Type: Setup, Reference: 0x1234, Elements: []Element{
		{ID: SendingComplete},
		{ID: BearerCapability, Data: Bearer{Unrestricted, 6, H221}.Bytes()},
		{ID: Display, Data: []byte("Room")},
		{ID: CallingPartyNumber, Data: Number{Screening: 3, Digits: "7"}.Calling()},
		{ID: CalledPartyNumber, Data: Number{Plan: E164, Digits: "1001"}.Called()},
		{ID: UserUser, Data: []byte{5, 0x20, 0xa8, 6}},
	}}
	got, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parsed:\n%s", diff)
	}
	mixed := *want
	mixed.Elements = nil
	for _, i := range []int{5, 4, 1, 0, 3, 2} {
		mixed.Elements = append(mixed.Elements, want.Elements[i])
	}
	if out, err := mixed.Append(nil); err != nil || !bytes.Equal(out, b) {
		t.Errorf("written as\n%x, not\n%x: %v", out, b, err)
	}
	if p, ok := got.Payload(); !ok || !bytes.Equal(p, []byte{0x20, 0xa8, 6}) {
		t.Errorf("payload %x", p)
	}
	if got.Type.String() != "Setup" || Type(0xff).String() != "message 0xff" {
		t.Errorf("names %s, %s", got.Type, Type(0xff))
	}
}

// What terminals get wrong, and what few of them send.
func TestTolerance(t *testing.T) {
	for name, c := range map[string]struct {
		digits string
		want   Message
	}{
		"reference of one octet":   {"0801 85 07", Message{Type: Connect, Reference: 5, Answer: true}},
		"no reference":             {"0800 62", Message{Type: Facility}},
		"four octets of reference": {"0804 80000102 5a", Message{Type: ReleaseComplete, Reference: 0x102, Answer: true}},
		"user-user too short":      {"0802 8001 62 7e 0100 05 28", Message{Type: Facility, Reference: 1, Answer: true, Elements: []Element{{ID: UserUser, Data: []byte{5, 0x28}}}}},
		"element of one octet":     {"0802 0001 05 d1 b2", Message{Type: Setup, Reference: 1, Elements: []Element{{ID: 0xd0, Data: []byte{1}}, {ID: 0xb0, Data: []byte{2}}}}},
		"locking shift":            {"0802 0001 05 95 32 01 81 33 01 82", Message{Type: Setup, Reference: 1, Elements: []Element{{0x32, 5, []byte{0x81}}, {0x33, 5, []byte{0x82}}}}},
		"shift of one":             {"0802 0001 05 9e 32 01 81 34 01 82", Message{Type: Setup, Reference: 1, Elements: []Element{{0x32, 6, []byte{0x81}}, {ID: Signal, Data: []byte{0x82}}}}},
		"empty element":            {"0802 0001 7b 28 00", Message{Type: Information, Reference: 1, Elements: []Element{{ID: Display, Data: []byte{}}}}},
	} {
		m, err := Parse(unhex(t, c.digits))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(&c.want, m); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for digits, want := range map[string]error{
		"": ErrNotQ931, "0802": ErrNotQ931, "0902000105": ErrNotQ931, "08020001": ErrTruncated,
		"0802000105 28": ErrTruncated, "0802000105 28 05 31": ErrTruncated, "0802000105 7e 00": ErrTruncated,
	} {
		if _, err := Parse(unhex(t, digits)); !errors.Is(err, want) {
			t.Errorf("%q: %v, not %v", digits, err, want)
		}
	}
}

func TestAppendErrors(t *testing.T) {
	for name, m := range map[string]Message{
		"reference":      {Reference: 0x8000},
		"long element":   {Elements: []Element{{ID: Display, Data: make([]byte, 256)}}},
		"long user-user": {Elements: []Element{{ID: UserUser, Data: make([]byte, 1<<16)}}},
		"codeset":        {Elements: []Element{{ID: Display, Codeset: 8}}},
		"a shift":        {Elements: []Element{{ID: 0x95}}},
		"no content":     {Elements: []Element{{ID: SendingComplete, Data: []byte{1}}}},
		"large content":  {Elements: []Element{{ID: 0xd0, Data: []byte{16}}}},
	} {
		if b, err := m.Append([]byte{1}); err == nil || len(b) != 1 {
			t.Errorf("%s: %x, %v", name, b, err)
		}
	}
}

func TestNumber(t *testing.T) {
	for digits, want := range map[string]Number{
		"81 31303031": {Plan: E164, Digits: "1001"},
		"21 83 3439":  {Type: 2, Plan: E164, Screening: 3, Digits: "49"},
		"00 a0 37":    {Presentation: 1, Digits: "7"},
		"80":          {},
		"89 3132 00":  {Plan: 9, Digits: "12"},
		"01 00 81 31": {Plan: E164, Digits: "1"},
	} {
		if n, err := ParseNumber(unhex(t, digits)); err != nil || n != want {
			t.Errorf("%s is %+v, not %+v: %v", digits, n, want, err)
		}
	}
	if _, err := ParseNumber(nil); !errors.Is(err, ErrElement) {
		t.Errorf("nothing: %v", err)
	}
}

func TestCauseAndBearer(t *testing.T) {
	for digits, want := range map[string]CauseValue{
		"8090": {Value: 16}, "82af": {Location: 2, Value: 47}, "008090": {Value: 16}, "80e46c": {Value: 100, Diagnostics: []byte{0x6c}},
	} {
		c, err := ParseCause(unhex(t, digits))
		if diff := cmp.Diff(want, c); err != nil || diff != "" {
			t.Errorf("cause %s: %v\n%s", digits, err, diff)
		}
		if again, err := ParseCause(c.Bytes()); err != nil || !cmp.Equal(c, again) {
			t.Errorf("cause %s comes back as %+v: %v", digits, again, err)
		}
	}
	for digits, want := range map[string]Bearer{
		"8890a5": {Unrestricted, 1, H221}, "881886a5": {Unrestricted, 6, H221}, "8893": {Unrestricted, 6, 0}, "8090a3": {Speech, 1, 3},
	} {
		v, err := ParseBearer(unhex(t, digits))
		if err != nil || v != want {
			t.Errorf("bearer %s is %+v, not %+v: %v", digits, v, want, err)
		}
		if again, err := ParseBearer(v.Bytes()); err != nil || again != v {
			t.Errorf("bearer %s comes back as %+v: %v", digits, again, err)
		}
	}
	for _, b := range [][]byte{nil, {0x80}, {0, 0x80}} {
		if _, err := ParseCause(b); !errors.Is(err, ErrElement) {
			t.Errorf("cause %x: %v", b, err)
		}
	}
	if _, err := ParseBearer([]byte{0x88}); !errors.Is(err, ErrElement) {
		t.Errorf("half a bearer: %v", err)
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Room": "Room", "Caf\xe9": "Café", "Caf\xc3\xa9\x00\x00": "Café", "\xb1Room ": "Room", "": "", "会议": "会议",
	} {
		if got := Text([]byte(in)); got != want {
			t.Errorf("%q is %q, not %q", in, got, want)
		}
	}
}

// What we write of any message we read as the same, and write again the same.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		"0802123405a1040488900028045265616c7e00040520a806", "08028001627e00050528100100", "08020001059532018133018228027869",
		"080280015a0802809028037900007e00020528", "0801857d1401037a",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		for _, e := range m.Elements {
			_, _ = ParseNumber(e.Data)
			_, _ = ParseCause(e.Data)
			_, _ = ParseBearer(e.Data)
			Text(e.Data)
		}
		m.Reference &= 0x7fff
		out, err := m.Append(nil)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		again, err := Parse(out)
		if err != nil || len(again.Elements) != len(m.Elements) {
			t.Fatalf("%x becomes %x: %v", b, out, err)
		}
		if out2, err := again.Append(nil); err != nil || !bytes.Equal(out, out2) {
			t.Fatalf("%x becomes %x, then %x: %v", b, out, out2, err)
		}
	})
}
