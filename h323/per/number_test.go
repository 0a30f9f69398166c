package per

import (
	"encoding/hex"
	"errors"
	"math"
	"testing"
)

// form is one way to write a value, in both directions.
type form[T comparable] struct {
	name   string
	decode func(*Decoder) T
	encode func(*Encoder, T)
}

// check reads and writes a value after one bit, so that alignment shows.
func check[T comparable](t *testing.T, f form[T], v T, digits string) {
	t.Helper()
	e := NewEncoder()
	e.Bool(true)
	f.encode(e, v)
	if got := hex.EncodeToString(e.Bytes()); e.Err() != nil || got != digits {
		t.Errorf("%s %v is written as %s, not %s: %v", f.name, v, got, digits, e.Err())
	}
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDecoder(b)
	d.Bool()
	if got := f.decode(d); d.Err() != nil || got != v || d.Offset() != len(b) {
		t.Errorf("%s %s is read as %v, not %v: %v", f.name, digits, got, v, d.Err())
	}
	for n := range b {
		d := NewDecoder(b[:n])
		d.Bool()
		if f.decode(d); d.Err() == nil && n < len(b)-1 {
			t.Errorf("%s: the first %d octets of %s are read without an error", f.name, n, digits)
		}
	}
}

func within(lo, hi int64) form[int64] {
	return form[int64]{"INTEGER with bounds",
		func(d *Decoder) int64 { return d.Int(lo, hi) },
		func(e *Encoder, v int64) { e.Int(v, lo, hi) }}
}

func TestConstrainedNumber(t *testing.T) {
	for _, c := range []struct {
		lo, hi, v int64
		digits    string
	}{
		{7, 7, 7, "80"},
		{0, 1, 1, "c0"},
		{-3, 251, 251, "ff00"},        // 11.5.7.1: 255 values, eight bits
		{1, 256, 256, "80ff"},         // 11.5.7.2: one octet, aligned
		{-1, 255, 0, "800001"},        // 11.5.7.3: 257 values, two octets
		{0, 65535, 258, "800102"},     //
		{0, 65536, 0, "8000"},         // 11.5.7.4: length of 1 to 3, two bits
		{0, 65536, 65536, "c0010000"}, //
		{0, 4294967295, 258, "a00102"},
		{0, 4294967295, 4294967295, "e0ffffffff"},
		{-262144, 262143, -262143, "8001"},
		{math.MinInt64, math.MaxInt64, math.MinInt64, "8000"},
		{math.MinInt64, math.MaxInt64, math.MaxInt64, "f0ffffffffffffffff"},
	} {
		check(t, within(c.lo, c.hi), c.v, c.digits)
	}
}

func TestOtherNumbers(t *testing.T) {
	free := form[int64]{"INTEGER", (*Decoder).Integer, (*Encoder).Integer}
	for v, digits := range map[int64]string{
		0: "800100", 127: "80017f", 128: "80020080", -1: "8001ff", -128: "800180", -129: "8002ff7f",
		math.MaxInt64: "80087fffffffffffffff", math.MinInt64: "80088000000000000000",
	} {
		check(t, free, v, digits)
	}
	from := form[int64]{"INTEGER (-5..MAX)",
		func(d *Decoder) int64 { return d.IntFrom(-5) },
		func(e *Encoder, v int64) { e.IntFrom(v, -5) }}
	for v, digits := range map[int64]string{-5: "800100", 250: "8001ff", 251: "80020100"} {
		check(t, from, v, digits)
	}
	marked := form[int64]{"INTEGER (1..32768, ...)",
		func(d *Decoder) int64 { return d.IntExtensible(1, 32768) },
		func(e *Encoder, v int64) { e.IntExtensible(v, 1, 32768) }}
	for v, digits := range map[int64]string{1: "800000", 32768: "807fff", 0: "c00100", -2: "c001fe"} {
		check(t, marked, v, digits)
	}
	small := form[int]{"normally small number", (*Decoder).small, (*Encoder).small}
	for v, digits := range map[int]string{0: "80", 63: "bf", 64: "c00140", 256: "c0020100"} {
		check(t, small, v, digits)
	}
	length := form[int]{"normally small length", (*Decoder).smallLength, (*Encoder).smallLength}
	for v, digits := range map[int]string{1: "80", 64: "bf", 65: "c041", 200: "c080c8"} {
		check(t, length, v, digits)
	}
	choice := form[int]{"index of a CHOICE",
		func(d *Decoder) int { return d.Choice(3, true) },
		func(e *Encoder, v int) { e.Choice(v, 3, true) }}
	for v, digits := range map[int]string{0: "80", 2: "a0", 3: "c000", 66: "df80", 67: "e00140"} {
		check(t, choice, v, digits)
	}
}

func TestNumberErrors(t *testing.T) {
	for name, c := range map[string]struct {
		digits string
		read   func(*Decoder)
		want   error
	}{
		"above the bound":     {"e0", func(d *Decoder) { d.Int(0, 4) }, ErrRange},
		"above the octets":    {"80020000", func(d *Decoder) { d.Int(0, 65536) }, ErrRange},
		"no octets":           {"00", func(d *Decoder) { d.Integer() }, ErrUnsupported},
		"nine octets":         {"09010000000000000000", func(d *Decoder) { d.Integer() }, ErrUnsupported},
		"semi, too large":     {"08ffffffffffffffff", func(d *Decoder) { d.IntFrom(1) }, ErrUnsupported},
		"small, too large":    {"800480000000", func(d *Decoder) { d.small() }, ErrUnsupported},
		"length in fragments": {"80c1", func(d *Decoder) { d.smallLength() }, ErrUnsupported},
		"fragment of five":    {"c5", func(d *Decoder) { d.OpenType() }, ErrFragment},
		"choice":              {"c0", func(d *Decoder) { d.Choice(3, false) }, ErrRange},
	} {
		b, _ := hex.DecodeString(c.digits)
		d := NewDecoder(b)
		if c.read(d); !errors.Is(d.Err(), c.want) {
			t.Errorf("%s: %v, not %v", name, d.Err(), c.want)
		}
	}
	// More octets than a number needs are read all the same.
	d := NewDecoder([]byte{10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe})
	if v := d.Integer(); v != -2 || d.Err() != nil {
		t.Errorf("long -2: %d, %v", v, d.Err())
	}
	for name, write := range map[string]func(*Encoder){
		"below":       func(e *Encoder) { e.Int(0, 1, 2) },
		"above":       func(e *Encoder) { e.Int(3, 1, 2) },
		"semi, below": func(e *Encoder) { e.IntFrom(0, 1) },
		"enumeration": func(e *Encoder) { e.Enum(3, 3, false) },
		"long length": func(e *Encoder) { e.smallLength(1 << 15) },
	} {
		e := NewEncoder()
		if write(e); e.Err() == nil {
			t.Errorf("%s: written without an error", name)
		}
	}
}
