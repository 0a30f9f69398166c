package per

import (
	"testing"
	"unsafe"
)

// pair is a list element with a list and pointers of its own.
type pair struct {
	a, b *uint8
	list []uint16
	next *pair
}

func (v *pair) Decode(d *Decoder) {
	if !d.Enter() {
		return
	}
	v.a = d.Uint8(uint8(d.Bits(8)))
	v.b = Box(d, uint8(d.Bits(8)))
	v.list = ListOf(d, Any(), func(d *Decoder) uint16 { return uint16(d.Bits(8)) })
	v.next = Optional[pair](d, d.Bool())
	d.Align()
	d.Leave()
}

func (v *pair) Encode(*Encoder) {}

// Values that come from the same allocation do not touch each other, however the lists
// among them grow.
func TestSlabs(t *testing.T) {
	var b []byte
	want := 0
	for i := range 100 {
		b = append(b, byte(i), byte(i+1), byte(i%23))
		for j := range i % 23 {
			b = append(b, byte(i+j))
		}
		b = append(b, 0)
		want++
	}
	d := NewDecoder(append([]byte{100}, b...))
	list := List[pair](d, Any())
	if d.Err() != nil || len(list) != want {
		t.Fatalf("%d elements: %v", len(list), d.Err())
	}
	for i := range list { // whoever gets such a value may do with it what it likes
		list[i].list = append(list[i].list, 9999)
		*list[i].a++
	}
	for i, p := range list {
		if *p.a != uint8(i+1) || *p.b != uint8(i+1) || len(p.list) != i%23+1 {
			t.Fatalf("element %d: %d, %d, %v", i, *p.a, *p.b, p.list)
		}
		for j, x := range p.list[:i%23] {
			if x != uint16(byte(i+j)) {
				t.Fatalf("element %d: list %v", i, p.list)
			}
		}
	}
}

// Chunks grow with what is asked for, and no chunk is much larger than what fits.
func TestSlabChunks(t *testing.T) {
	var s slab[[64]byte]
	given, allocated := 0, 0
	for range 200 {
		before := s.chunk
		fresh := len(s.free) < 3
		s.take(3)
		given += 3
		if fresh {
			allocated += s.chunk
		}
		if size := s.chunk * int(unsafe.Sizeof([64]byte{})); size > maxChunk || s.chunk%3 != 0 {
			t.Fatalf("a chunk of %d after one of %d", s.chunk, before)
		}
	}
	if allocated > given+maxChunk/64 {
		t.Errorf("%d allocated for %d", allocated, given)
	}
	if big := s.take(1000); len(big) != 1000 || cap(big) != 1000 {
		t.Errorf("%d of 1000", len(big))
	}
	var none slab[struct{}]
	if len(none.take(5)) != 5 {
		t.Error("values of no size")
	}
}

// More types than there are places for are read all the same.
func TestManyTypes(t *testing.T) {
	d := NewDecoder(nil)
	p := []any{
		Box(d, int8(1)), Box(d, int16(1)), Box(d, int32(1)), Box(d, int64(1)), Box(d, uint(1)), Box(d, uint64(1)),
		Box(d, float32(1)), Box(d, float64(1)), Box(d, "1"), Box(d, true), Box(d, [1]byte{1}), Box(d, [2]byte{1}),
		Box(d, [3]byte{1}), Box(d, [4]byte{1}), Box(d, [5]byte{1}), Box(d, [6]byte{1}), Box(d, [7]byte{1}),
	}
	a, b := Box(d, [8]byte{8}), Box(d, [8]byte{9})
	if len(p) <= len(d.slabs) || d.types != len(d.slabs) || a[0] != 8 || b[0] != 9 || *p[16].(*[7]byte) != [7]byte{1} {
		t.Errorf("%d types known, %v, %v", d.types, a, b)
	}
}

// An identifier that comes again is the one from before, and only then.
func TestRepeatedOID(t *testing.T) {
	d := NewDecoder([]byte{3, 0, 8, 1, 3, 0, 8, 1, 3, 0, 8, 2, 2, 0, 8, 3, 0, 8, 1})
	for i, want := range []OID{"0.0.8.1", "0.0.8.1", "0.0.8.2", "0.0.8", "0.0.8.1"} {
		if o := d.OID(); o != want || d.Err() != nil {
			t.Errorf("%d: %s, not %s: %v", i, o, want, d.Err())
		}
	}
}
