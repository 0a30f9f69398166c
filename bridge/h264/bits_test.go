package h264

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestExpGolomb(t *testing.T) {
	// Table 9-2 and 9-3.
	for bits, want := range map[string]struct {
		ue uint32
		se int32
	}{
		"1": {0, 0}, "010": {1, 1}, "011": {2, -1}, "00100": {3, 2}, "00101": {4, -2}, "00110": {5, 3}, "00111": {6, -3},
		"0001000": {7, 4}, "0001010": {9, 5},
	} {
		var w bitWriter
		for _, c := range bits {
			w.bit(uint32(c - '0'))
		}
		w.trailing()
		r := newBitReader(w.buf)
		if got := r.ue(); got != want.ue {
			t.Errorf("ue(%s) = %d, want %d", bits, got, want.ue)
		}
		r = newBitReader(w.buf)
		if got := r.se(); got != want.se {
			t.Errorf("se(%s) = %d, want %d", bits, got, want.se)
		}
		if r.more() || r.over {
			t.Errorf("%s: something is left", bits)
		}
	}
}

// TestBitsRoundTrip writes random numbers and reads them back through
// emulation prevention.
func TestBitsRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		var w bitWriter
		var want []func(*bitReader) bool
		for range r.IntN(20) {
			switch r.IntN(3) {
			case 0:
				v := r.Uint32N(1 << r.IntN(31))
				want = append(want, func(r *bitReader) bool { return r.ue() == v })
				w.ue(v)
			case 1:
				v := r.Int32N(1<<r.IntN(30)) - r.Int32N(1<<r.IntN(30))
				want = append(want, func(r *bitReader) bool { return r.se() == v })
				w.se(v)
			default:
				v := r.Uint32N(4) // many zeros
				want = append(want, func(r *bitReader) bool { return r.u(17) == v })
				w.u(17, v)
			}
		}
		w.trailing()
		nal := appendNALUnit(nil, 0x67, w.buf)
		for i := 0; i+2 < len(nal); i++ {
			if nal[i] == 0 && nal[i+1] == 0 && nal[i+2] < 3 {
				t.Fatalf("start code emulated: %x", nal)
			}
		}
		rd := newBitReader(nal[1:])
		for i, same := range want {
			if !same(&rd) {
				t.Fatalf("value %d of %d is read as another", i, len(want))
			}
		}
		rd = newBitReader(nal[1:])
		var plain []byte
		for range w.buf {
			plain = append(plain, byte(rd.u(8)))
		}
		if rd.over || !bytes.Equal(plain, w.buf) {
			t.Fatalf("%x read back as %x", w.buf, plain)
		}
		if rd.u(8) != 0 || !rd.over {
			t.Fatal("the end is not seen")
		}
	}
}

func TestMore(t *testing.T) {
	for name, c := range map[string]struct {
		bits string // read, then what is left
		left string
		want bool
	}{
		"stop bit in the byte":        {"1010", "1000", false},
		"a bit before it":             {"1010", "0100", true},
		"a set bit before it":         {"101", "11000", true},
		"stop byte":                   {"10100000", "10000000", false},
		"stop byte with more":         {"10100000", "01000000", true},
		"a byte before the stop byte": {"10100000", "0000000010000000", true},
		"stop byte behind a bit":      {"1010000", "010000000", true},
		"trailing zero bytes":         {"1010", "100000000000000000000", false},
		"no stop bit":                 {"1010", "0000", false},
		"nothing":                     {"10100000", "", false},
	} {
		var w bitWriter
		for _, b := range c.bits + c.left {
			w.bit(uint32(b - '0'))
		}
		for w.n != 0 {
			w.bit(0)
		}
		r := newBitReader(w.buf)
		r.u(len(c.bits))
		if got := r.more(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	r := newBitReader(nil)
	r.bit()
	if r.more() {
		t.Error("more behind the end")
	}
}

// TestHostileGolomb: numbers of no end are an error, at once.
func TestHostileGolomb(t *testing.T) {
	r := newBitReader(make([]byte, 1<<20))
	if v := r.ue(); v != 0 || !r.over {
		t.Errorf("%d, over %v", v, r.over)
	}
	if r.pos > 8 {
		t.Errorf("%d bytes were read", r.pos)
	}
	r = newBitReader([]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff})
	if v := r.ue(); v != 1<<32-2 || r.over {
		t.Errorf("the largest number: %d, over %v", v, r.over)
	}
	r = newBitReader([]byte{0x20})
	if v := r.ueMax(2); v != 0 || !r.over {
		t.Errorf("%d beyond the bound, over %v", v, r.over)
	}
}
