package per

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var digits = NewAlphabet("0123456789#*,")

func text(a *Alphabet, size Size) form[string] {
	return form[string]{"string",
		func(d *Decoder) string { return d.Text(a, size) },
		func(e *Encoder, s string) { e.Text(s, a, size) }}
}

func bmp(size Size) form[string] {
	return form[string]{"BMPString",
		func(d *Decoder) string { return d.BMP(size) },
		func(e *Encoder, s string) { e.BMP(s, size) }}
}

// After one bit: where a string is aligned, and with how many bits a character.
func TestText(t *testing.T) {
	signals := NewAlphabet("0123456789#*ABCD!")
	binary := NewAlphabet("01")
	for _, c := range []struct {
		form   form[string]
		s      string
		digits string
	}{
		{text(IA5, Fixed(1)), "A", "a080"},
		{text(IA5, Fixed(2)), "AB", "a0a100"},          // 30.5.7: 16 bits, not aligned
		{text(IA5, Fixed(3)), "ABC", "80414243"},       // aligned
		{text(IA5, Range(0, 1)), "A", "d040"},          // 30.5.6: below 16 bits
		{text(IA5, Range(1, 2)), "AB", "c04142"},       // 16 bits and variable: aligned
		{text(IA5, Range(0, 3)), "", "80"},             // 11.9.3.3: nothing to align
		{text(IA5, Any()), "A", "800141"},              //
		{text(digits, Range(1, 128)), "1#,", "824020"}, // by index: , is 2, # 0
		{text(digits, Range(1, 3)), "1#", "a800"},      // 12 bits at most
		{text(signals, Fixed(1)), "!", "9080"},         // 17 characters: eight bits, own value
		{text(Numeric, Fixed(4)), " 019", "809500"},    //
		{text(binary, Fixed(9)), "101010101", "d540"},  // one bit each
		{text(IA5, Range(1, 2).Extensible()), "A", "8041"},
		{text(IA5, Range(1, 2).Extensible()), "ABC", "c003414243"},
		{bmp(Fixed(1)), "é", "807480"},
		{bmp(Range(1, 2)), "é会", "c000e94f1a"},
		{bmp(Any()), "😀", "8002d83dde00"},
		{bmp(Any()), "", "8000"},
	} {
		check(t, c.form, c.s, c.digits)
	}
}

// Characters by index in the order of the alphabet (30.5.4), four bits each.
func TestAlphabet(t *testing.T) {
	for _, c := range []struct {
		alphabet *Alphabet
		size     Size
		s        string
		digits   string
	}{
		{digits, Any(), "#*,0129", "07012345 c0"},
		{digits, Range(1, 128), "19", "024c"},
		{Numeric, Fixed(6), " 01289", "0123 9a"},
		{NewAlphabet("0123456789ABCDE"), Any(), "0AE", "030ae0"},
		{NewAlphabet("01"), Any(), "1011", "04b0"},
	} {
		want := strings.ReplaceAll(c.digits, " ", "")
		e := NewEncoder()
		e.Text(c.s, c.alphabet, c.size)
		if got := hex.EncodeToString(e.Bytes()); e.Err() != nil || got != want {
			t.Errorf("%q is written as %s, not %s: %v", c.s, got, want, e.Err())
		}
		b, _ := hex.DecodeString(want)
		d := NewDecoder(b)
		if got := d.Text(c.alphabet, c.size); d.Err() != nil || got != c.s {
			t.Errorf("%s is read as %q, not %q: %v", want, got, c.s, d.Err())
		}
	}
	e := NewEncoder()
	if e.Text("12x", digits, Any()); !errors.Is(e.Err(), ErrAlphabet) {
		t.Errorf("x among digits: %v", e.Err())
	}
	d := NewDecoder([]byte{1, 0xf0})
	if d.Text(digits, Any()); !errors.Is(d.Err(), ErrAlphabet) {
		t.Errorf("index 15 of 13: %v", d.Err())
	}
}

// Halves of surrogate pairs, which a gatekeeper's identifiers may hold, come back.
func TestLoneSurrogates(t *testing.T) {
	for _, units := range []string{"0001d800", "0002dc00d800", "0003d800d83dde00", "0002d8000041", "0002ffffd7ff"} {
		b, _ := hex.DecodeString(units[2:])
		d := NewDecoder(b)
		s := d.BMP(Any())
		e := NewEncoder()
		e.BMP(s, Any())
		if d.Err() != nil || e.Err() != nil || !bytes.Equal(e.Bytes(), b) {
			t.Errorf("%x comes back as %x: %v, %v", b, e.Bytes(), d.Err(), e.Err())
		}
	}
}

// Long strings come in fragments of 16K units; after a whole number of them a length
// of zero ends the string (11.9.3.8).
func TestFragments(t *testing.T) {
	for n, head := range map[int][]byte{
		127: {127}, 128: {0x80, 128}, 16383: {0xbf, 0xff}, 16384: {0xc1}, 65536: {0xc4}, 65537: {0xc4}, 100000: {0xc4},
	} {
		long := bytes.Repeat([]byte{0x5a}, n)
		e := NewEncoder()
		e.Octets(long, Any())
		e.GeneralString(string(long))
		w := e.Open()
		for range n {
			e.Bits(0x5a, 8)
		}
		e.Close(w)
		e.BitString(BitString{long, 8*n - 3}, Any())
		e.Text(string(long), IA5, Any())
		EncodeListOf(e, Any(), make([]bool, n), func(e *Encoder, v bool) { e.Bool(v) })
		if e.Err() != nil || !bytes.HasPrefix(e.Bytes(), head) {
			t.Fatalf("%d octets begin with %x: %v", n, e.Bytes()[:4], e.Err())
		}
		d := NewDecoder(e.Bytes())
		if got := d.Octets(Any()); !bytes.Equal(got, long) {
			t.Errorf("%d octets come back as %d: %v", n, len(got), d.Err())
		}
		if got := d.GeneralString(); got != string(long) {
			t.Errorf("string of %d comes back as %d: %v", n, len(got), d.Err())
		}
		if got := d.OpenType(); !bytes.Equal(got, long) {
			t.Errorf("open type of %d comes back as %d: %v", n, len(got), d.Err())
		}
		if got := d.BitString(Any()); got.Len != 8*n-3 || !bytes.Equal(got.Bytes[:n-1], long[:n-1]) {
			t.Errorf("%d bits come back as %d: %v", 8*n-3, got.Len, d.Err())
		}
		if got := d.Text(IA5, Any()); got != string(long) {
			t.Errorf("text of %d comes back as %d: %v", n, len(got), d.Err())
		}
		if got := ListOf(d, Any(), (*Decoder).Bool); len(got) != n || d.Err() != nil {
			t.Errorf("list of %d comes back as %d: %v", n, len(got), d.Err())
		}
	}
}

func TestOctetsAndBits(t *testing.T) {
	octets := func(size Size) form[string] {
		return form[string]{"OCTET STRING",
			func(d *Decoder) string { return string(d.Octets(size)) },
			func(e *Encoder, s string) { e.Octets([]byte(s), size) }}
	}
	check(t, octets(Fixed(2)), "\x01\x02", "808100") // 17.6: two octets are not aligned
	check(t, octets(Fixed(3)), "\x01\x02\x03", "80010203")
	check(t, octets(Range(0, 4)), "\x01", "9001")
	check(t, octets(Range(0, 4)), "", "80")
	check(t, octets(Range(1, 65536)), "\x01", "800101") // 64K is no bound
	bits := func(size Size) form[string] {
		return form[string]{"BIT STRING",
			func(d *Decoder) string { return d.BitString(size).String() },
			func(e *Encoder, s string) {
				head, n, _ := strings.Cut(s, "/")
				b, _ := hex.DecodeString(head)
				var length int
				if err := json.Unmarshal([]byte(n), &length); err != nil {
					t.Fatal(err)
				}
				e.BitString(BitString{b, length}, size)
			}}
	}
	check(t, bits(Fixed(16)), "ffff/16", "ffff80") // 16.9: sixteen bits are not aligned
	check(t, bits(Fixed(17)), "ffff80/17", "80ffff80")
	check(t, bits(Range(0, 20)), "a0/3", "8ca0")
	check(t, bits(Any()), "a0/3", "8003a0")
	e := NewEncoder()
	if e.BitString(BitString{[]byte{1}, 9}, Any()); !errors.Is(e.Err(), ErrSize) {
		t.Errorf("nine bits of one octet: %v", e.Err())
	}
	e = NewEncoder()
	if e.Octets(make([]byte, 5), Range(0, 4)); !errors.Is(e.Err(), ErrSize) {
		t.Errorf("five of at most four octets: %v", e.Err())
	}
	d := NewDecoder([]byte{0xe0, 1, 2, 3, 4, 5, 6, 7})
	if d.Octets(Range(0, 4)); !errors.Is(d.Err(), ErrRange) {
		t.Errorf("length seven of at most four: %v", d.Err())
	}
}

func TestOID(t *testing.T) {
	oid := form[OID]{"OBJECT IDENTIFIER", (*Decoder).OID, (*Encoder).OID}
	for o, digits := range map[OID]string{
		"0.0":                    "800100",
		"1.39":                   "80014f",
		"2.999.3":                "8003883703",
		"0.0.8.2250.0.7":         "80060008914a0007",
		"2.18446744073709551615": "800a8280808080808080804f",
		"2.25.340282366920938463463374607431768211455": "80146983ffffffffffffffffffffffffffffffffff7f",
	} {
		check(t, oid, o, digits)
	}
	for _, digits := range []string{"00", "0180", "0181", "028001", "0201ff"} {
		b, _ := hex.DecodeString(digits)
		d := NewDecoder(b)
		if o := d.OID(); !errors.Is(d.Err(), ErrOID) {
			t.Errorf("%s is %q: %v", digits, o, d.Err())
		}
	}
	for _, o := range []OID{"", "1", "3.1", "1.40", "1.x", "1..2", "1.+2", "0.99999999999999999999999", "2.", OID("2." + strings.Repeat("9", 400))} {
		e := NewEncoder()
		if e.OID(o); !errors.Is(e.Err(), ErrOID) {
			t.Errorf("%q is written as %x: %v", o, e.Bytes(), e.Err())
		}
	}
}
