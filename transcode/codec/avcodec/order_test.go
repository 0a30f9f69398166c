package avcodec

import (
	"bytes"
	"testing"
)

// set makes a sequence parameter set of 320x192; more writes what follows frame_cropping_flag.
func set(profile uint32, more func(w *bitWriter)) []byte {
	w := new(bitWriter)
	w.put(0x67, 8)
	w.put(profile, 8)
	w.put(0, 8)
	w.put(30, 8)
	w.ue(0)
	if profile == 100 {
		w.ue(1)
		w.ue(0)
		w.ue(0)
		w.put(0, 1)
		w.put(1, 1) // seq_scaling_matrix_present_flag
		for i := range 8 {
			if i != 1 {
				w.put(0, 1)
				continue
			}
			w.put(1, 1)
			w.ue(1)  // 1 more than 8
			w.ue(18) // 9 less: 0, which ends the list
		}
	}
	w.ue(4)
	w.ue(0)
	w.ue(4)
	w.ue(2) // max_num_ref_frames
	w.put(0, 1)
	w.ue(19)
	w.ue(11)
	w.put(0b11, 2)
	w.put(1, 1)
	for range 4 {
		w.ue(0)
	}
	more(w)
	w.put(1, 1)
	return escape(w.b)
}

var restricted = func(w *bitWriter) {
	w.put(0b11, 2)
	for _, v := range []uint32{0, 0, 15, 15, 0, 2} {
		w.ue(v)
	}
}

// A set says that pictures are in order, whatever it said before, and all else stays.
func TestOrderedSPS(t *testing.T) {
	for _, c := range []struct {
		name       string
		profile    uint32
		more, want func(w *bitWriter)
	}{
		{"no VUI", 66, func(w *bitWriter) { w.put(0, 1) }, func(w *bitWriter) { w.put(0x100, 9); restricted(w) }},
		{"scaling lists", 100, func(w *bitWriter) { w.put(0, 1) }, func(w *bitWriter) { w.put(0x100, 9); restricted(w) }},
		{"an empty VUI", 77, func(w *bitWriter) { w.put(0x100, 9); w.put(0, 1) }, func(w *bitWriter) { w.put(0x100, 9); restricted(w) }},
		{"a full VUI", 77, func(w *bitWriter) { full(w); w.put(0, 1) }, func(w *bitWriter) { full(w); restricted(w) }},
		{"pictures out of order", 77, func(w *bitWriter) {
			full(w)
			w.put(0b11, 2)
			for _, v := range []uint32{2, 1, 11, 11, 2, 4} {
				w.ue(v)
			}
		}, func(w *bitWriter) { full(w); restricted(w) }},
	} {
		if got, want := orderedSPS(set(c.profile, c.more)), set(c.profile, c.want); !bytes.Equal(got, want) {
			t.Errorf("%s:\n% x, want\n% x", c.name, got, want)
		}
	}
}

// full writes a VUI with all there can be before the restrictions.
func full(w *bitWriter) {
	w.put(1, 1)
	w.put(1, 1)
	w.put(255, 8)
	w.put(4, 16)
	w.put(3, 16)
	w.put(0b11, 2)
	w.put(1, 1)
	w.put(0b1011, 4)
	w.put(1, 1)
	w.put(0x010101, 24)
	w.put(1, 1)
	w.ue(1)
	w.ue(2)
	w.put(1, 1)
	w.put(1001, 32)
	w.put(60000, 32)
	w.put(1, 1)
	w.put(1, 1) // nal_hrd_parameters
	w.ue(1)
	w.put(0x11, 8)
	for range 2 {
		w.ue(7000)
		w.ue(9000)
		w.put(1, 1)
	}
	w.put(0xabcde, 20)
	w.put(0, 1)
	w.put(0, 1) // low_delay_hrd_flag
	w.put(1, 1)
}

func TestInOrder(t *testing.T) {
	sps := set(66, func(w *bitWriter) { w.put(0, 1) })
	rest := []byte{0, 0, 0, 1, 0x68, 0xce, 0, 0, 1, 0x65, 0x88, 0x84}
	got := inOrder(nil, append(append([]byte{0, 0, 1}, sps...), rest...))
	want := append(append([]byte{0, 0, 0, 1}, orderedSPS(sps)...), 0, 0, 0, 1, 0x68, 0xce, 0, 0, 0, 1, 0x65, 0x88, 0x84)
	if !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
	if got := inOrder(nil, rest); &got[0] != &rest[0] {
		t.Error("an access unit without parameter sets is copied")
	}
	for n := range sps {
		if got := orderedSPS(sps[:n+1]); len(got) == 0 {
			t.Errorf("nothing of the first %d bytes", n+1)
		}
	}
}

func FuzzOrderedSPS(f *testing.F) {
	f.Add(set(100, func(w *bitWriter) { full(w); w.put(0, 1) }))
	f.Add(set(66, func(w *bitWriter) { w.put(0, 1) }))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		once := orderedSPS(b)
		if bytes.Contains(once, []byte{0, 0, 1}) && !bytes.Contains(b, []byte{0, 0, 1}) {
			t.Fatalf("a start code in % x", once)
		}
		if len(once) > 2*len(b)+32 {
			t.Fatalf("%d bytes of %d", len(once), len(b))
		}
	})
}
