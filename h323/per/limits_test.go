package per

import (
	"bytes"
	"errors"
	"testing"
)

// tree is a recursive type: a branch or nothing.
type tree struct{ down *tree }

func (v *tree) Decode(d *Decoder) {
	if !d.Enter() {
		return
	}
	v.down = Optional[tree](d, d.Bool())
	d.Leave()
}

func (v *tree) Encode(e *Encoder) {
	e.Bool(v.down != nil)
	EncodeOptional(e, v.down)
}

func TestDepth(t *testing.T) {
	var v tree
	if err := Unmarshal([]byte{0xff, 0xff, 0xff, 0xff, 0}, &v); err != nil {
		t.Errorf("33 levels: %v", err)
	}
	if b, err := Marshal(&v); err != nil || !bytes.Equal(b, []byte{0xff, 0xff, 0xff, 0xff, 0}) {
		t.Errorf("33 levels come back as %x: %v", b, err)
	}
	if err := Unmarshal(bytes.Repeat([]byte{0xff}, 1000), &v); !errors.Is(err, ErrDepth) {
		t.Errorf("8000 levels: %v", err)
	}
}

// wide takes much more room than the bit that it is written with.
type wide struct {
	set bool
	_   [4096]byte
}

func (v *wide) Decode(d *Decoder) { v.set = d.Bool() }
func (v *wide) Encode(e *Encoder) { e.Bool(v.set) }

// Memory grows with the input, not with what it claims.
func TestBudget(t *testing.T) {
	d := NewDecoder([]byte{0xc4, 0xff, 0xff})
	if list := ListOf(d, Any(), func(d *Decoder) uint64 { return d.Bits(8) }); len(list) > 3 || !errors.Is(d.Err(), ErrTruncated) {
		t.Errorf("claim of 64K elements gives %d: %v", len(list), d.Err())
	}
	d = NewDecoder(bytes.Repeat([]byte{0x7f}, 100))
	if list := List[wide](d, Any()); len(list) > 20 || !errors.Is(d.Err(), ErrBudget) {
		t.Errorf("127 large elements give %d: %v", len(list), d.Err())
	}
	d = NewDecoder(bytes.Repeat([]byte{0xc4}, 1000))
	if ListOf(d, Any(), func(*Decoder) struct{} { return struct{}{} }); !errors.Is(d.Err(), ErrBudget) {
		t.Errorf("elements of no size: %v", d.Err())
	}
}

// older knows one addition, newer writes three.
type older struct {
	a         bool
	b         *wide
	additions []Addition
}

func (v *older) Decode(d *Decoder) {
	extended := d.Bool()
	v.a = d.Bool()
	if extended {
		a := d.Additions(1)
		v.b = Added[wide](d, a, 0)
		v.additions = d.Unknown(a)
	}
}

func (v *older) Encode(e *Encoder) {
	known := Mask(v.b != nil)
	extended := known != 0 || len(v.additions) > 0
	e.Bool(extended)
	e.Bool(v.a)
	if extended {
		e.Additions(1, known, v.additions)
		EncodeAdded(e, v.b)
		e.Unknown(v.additions)
	}
}

// Unknown additions come back in their places, however long the bit-map is.
func TestUnknownAdditions(t *testing.T) {
	for _, list := range [][]Addition{
		{{1, Octets{1}}},
		{{1, Octets{1}}, {2, Octets{2, 3}}},
		{{2, Octets{1}}, {63, Octets{4}}},
		{{64, bytes.Repeat([]byte{7}, 200)}},
		{{199, bytes.Repeat([]byte{7}, 20000)}},
	} {
		v, again := older{a: true, b: &wide{set: true}, additions: list}, older{}
		b, err := Marshal(&v)
		if err != nil {
			t.Fatal(err)
		}
		if err := Unmarshal(b, &again); err != nil || len(again.additions) != len(list) || !again.b.set {
			t.Fatalf("%.20x: %v", b, err)
		}
		for i, a := range again.additions {
			if a.Index != list[i].Index || !bytes.Equal(a.Data, list[i].Data) {
				t.Errorf("addition %d comes back as %d, %.20x", list[i].Index, a.Index, []byte(a.Data))
			}
		}
		if b2, err := Marshal(&again); err != nil || !bytes.Equal(b, b2) {
			t.Errorf("%.20x becomes %.20x: %v", b, b2, err)
		}
		d := NewDecoder(b)
		d.SkipUnknown()
		again = older{}
		if again.Decode(d); d.Err() != nil || again.additions != nil || again.b == nil {
			t.Errorf("skipping: %+v, %v", again.additions, d.Err())
		}
	}
	for name, list := range map[string][]Addition{
		"a known one": {{0, Octets{1}}}, "twice": {{1, Octets{1}}, {1, Octets{1}}}, "backwards": {{3, Octets{1}}, {2, Octets{1}}},
	} {
		if _, err := Marshal(&older{additions: list}); !errors.Is(err, ErrAddition) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What cuts off an addition, or is too long for the bit-map, is an error.
func TestAdditionErrors(t *testing.T) {
	b, err := Marshal(&older{b: &wide{}, additions: []Addition{{5, Octets{1, 2, 3}}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if err := Unmarshal(b[:n], &older{}); !errors.Is(err, ErrTruncated) {
			t.Errorf("%x: %v", b[:n], err)
		}
	}
	if err := Unmarshal([]byte{0xa0, 0xbf, 0xff, 0xff}, &older{}); !errors.Is(err, ErrTruncated) {
		t.Errorf("bit-map beyond the end: %v", err)
	}
}

// The place of an error counts from the start of the input, in open types too.
func TestErrorWithinOpenType(t *testing.T) {
	d := NewDecoder([]byte{0xff, 4, 0xff, 2, 0xff, 0xff, 0xff})
	d.Bits(8)
	outer := d.Open()
	d.Bits(8)
	inner := d.Open()
	d.Bits(8)
	d.Close(inner)
	d.Bits(8)
	d.Close(outer)
	var e *Error
	if !errors.As(d.Err(), &e) || e.Bit != 6*8 {
		t.Errorf("got %v, want bit 48", d.Err())
	}
}
