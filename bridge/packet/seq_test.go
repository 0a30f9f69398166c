package packet

import (
	"math/rand/v2"
	"testing"
)

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		a, b uint16
		want int
	}{
		{5, 5, 0}, {6, 5, 1}, {5, 6, -1}, {0, 65535, 1}, {65535, 0, -1},
		{100, 65500, 136}, {32767, 0, 32767}, {32768, 0, -32768},
	} {
		if got := SeqDiff(c.a, c.b); got != c.want {
			t.Errorf("SeqDiff(%d, %d) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b uint32
		want int64
	}{
		{3000, 0, 3000}, {0, 3000, -3000}, {90, 1<<32 - 10, 100}, {1 << 31, 0, -1 << 31},
	} {
		if got := TimeDiff(c.a, c.b); got != c.want {
			t.Errorf("TimeDiff(%d, %d) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestUnwrapper(t *testing.T) {
	var u Unwrapper
	if u.Highest() != 0 {
		t.Errorf("highest before the first: %d", u.Highest())
	}
	for i, c := range []struct {
		seq           uint16
		want, highest uint64
	}{
		{10, 1<<16 + 10, 1<<16 + 10},
		{65530, 65530, 1<<16 + 10}, // from before the first
		{11, 1<<16 + 11, 1<<16 + 11},
		{32778, 1<<16 + 32778, 1<<16 + 32778},
		{65535, 1<<16 + 65535, 1<<16 + 65535},
		{1, 2<<16 + 1, 2<<16 + 1}, // over the end
		{65534, 1<<16 + 65534, 2<<16 + 1},
		{1, 2<<16 + 1, 2<<16 + 1},
		{0, 2 << 16, 2<<16 + 1},
	} {
		if got := u.Unwrap(c.seq); got != c.want || u.Highest() != c.highest {
			t.Errorf("%d: Unwrap(%d) = %d, highest %d; want %d, %d", i, c.seq, got, u.Highest(), c.want, c.highest)
		}
	}
}

// TestUnwrapperFollows runs a long disordered stream through several cycles.
func TestUnwrapperFollows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var u Unwrapper
	at := uint64(1<<16 + 40000)
	u.Unwrap(uint16(at))
	for range 100000 {
		at += uint64(r.IntN(40)) + 1
		for range 3 {
			old := at - uint64(r.IntN(1000))
			if got := u.Unwrap(uint16(old)); old <= u.Highest() && got != old {
				t.Fatalf("Unwrap(%d) = %d, want %d", uint16(old), got, old)
			}
		}
		if got := u.Unwrap(uint16(at)); got != at {
			t.Fatalf("Unwrap(%d) = %d, want %d", uint16(at), got, at)
		}
	}
	if at < 10<<16 {
		t.Fatal("too few cycles")
	}
}
