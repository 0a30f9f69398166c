package avcodec

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pace"
)

// The quantizer of a keyframe is the finest that fits, or nearly.
func TestRehearse(t *testing.T) {
	for _, complexity := range []float64{100, 50_000, 400_000, 1_000_000, 100_000_000} {
		for _, last := range []int{0, 2, 12, 31} {
			q := quant{most: mostQuant, last: last}
			tries := 0
			size := func(n int) float64 { return complexity/float64(n) + 500 }
			got, err := q.rehearse(60_000, func(n int) (int, error) { tries++; return int(size(n)), nil })
			if err != nil || got < leastQuant || got > mostQuant || tries > 4 {
				t.Fatalf("%v, %v, %d tries", got, err, tries)
			}
			if size(got) > 60_000 && got != mostQuant || got > leastQuant && size(got) < 30_000 {
				t.Errorf("complexity %.0f, last %d: quantizer %d gives %.0f bits", complexity, last, got, size(got))
			}
		}
	}
	q := quant{most: mostQuant}
	if _, err := q.rehearse(1, func(int) (int, error) { return 0, errors.New("no") }); err == nil {
		t.Error("an error is lost")
	}
}

// Simulated pictures whose bits are complexity over quantizer come out at the bit rate.
func TestQuant(t *testing.T) {
	p := pace.New(384_000, 30)
	q := quant{pace: p, bitrate: 384_000, most: mostQuant, last: 10}
	at := int64(0)
	bits := func(pictures int, complexity, change float64) (all int) {
		for range pictures {
			if p.Arrive(at) {
				n := q.next(change)
				b := int(complexity / float64(n))
				p.Spent(b / 8)
				q.coded(b, n, change)
				all += b
			}
			at += 3000
		}
		return all
	}
	for _, complexity := range []float64{100_000, 300_000, 60_000} {
		bits(30, complexity, 4)
		if got := bits(90, complexity, 4); got < 384_000*3*92/100 || got > 384_000*3*108/100 {
			t.Errorf("%d bits in 3 s", got)
		}
	}
	if before, after := q.last, q.next(40); after < 4*before && after != mostQuant {
		t.Errorf("ten times the change: quantizer %d after %d", after, before)
	}
}

func TestPutReference(t *testing.T) {
	h261 := []byte{0x00, 0x01, 0x0f, 0xff, 0xff}
	putReference(media.H261, h261, 3003*(32+21)) // 10101
	if h261[2] != 0x0a || h261[3] != 0xff {
		t.Errorf("H.261: % x", h261)
	}
	h263 := []byte{0x00, 0x00, 0x83, 0xfe, 0xff}
	putReference(media.H263, h263, 3003*(256+0x96)) // 10 010110
	if h263[2] != 0x82 || h263[3] != 0x5a {
		t.Errorf("H.263: % x", h263)
	}
	putReference(media.H263, h263[:3], 0) // too short, and stays
	if h263[2] != 0x82 {
		t.Error("a fragment was written to")
	}
}

func TestSketch(t *testing.T) {
	var s sketch
	p := codec.Allocate(64, 48)
	for i := range p.Y {
		p.Y[i] = 100
	}
	if c := s.change(p); c != 100 {
		t.Errorf("the first differs by %.1f", c)
	}
	if c := s.change(p); c != 0 {
		t.Errorf("the same differs by %.1f", c)
	}
	for i := range p.Y[:len(p.Y)/2] {
		p.Y[i] = 60
	}
	if c := s.change(p); c != 20 {
		t.Errorf("half of it by 40 differs by %.1f", c)
	}
}

func TestWholeH261(t *testing.T) {
	var frame []byte
	n := 0
	put := func(v uint32, bits int) {
		for bits--; bits >= 0; bits-- {
			if n%8 == 0 {
				frame = append(frame, 0)
			}
			frame[n/8] |= byte(v>>bits&1) << (7 - n%8)
			n++
		}
	}
	put(0x10, 20) // picture start code
	put(0x2a, 5+6+1)
	for g := range uint32(12) {
		put(1, 16)
		put(g+1, 4)
		put(0x2aa, 11) // what follows is at no byte's edge
		if whole := wholeH261(append(frame, 0), 352); whole != (g == 11) {
			t.Errorf("%d groups: whole %v", g+1, whole)
		}
	}
	if !wholeH261(frame, 176) {
		t.Error("the groups of QCIF are among them")
	}
}

// A stream is damaged from a fault until a keyframe, or until long enough
// after it, and before the first one.
func TestHealth(t *testing.T) {
	h := health{heals: 5}
	steps := []struct {
		repaired, shaky, key, want bool
	}{
		{false, false, false, true}, // began without a keyframe
		{false, false, true, false},
		{false, false, false, false},
		{true, false, false, true},
		{false, false, false, true},
		{false, true, true, true}, // said to be one, but it refers to what never came
		{false, false, true, false},
		{true, false, true, true},
		{false, false, false, true},
		{false, false, false, true},
		{false, true, false, true},
		{false, false, false, true},
		{false, false, false, false}, // healed
		{false, false, false, false},
	}
	for i, s := range steps {
		if got := h.picture(s.repaired, s.shaky, s.key); got != s.want {
			t.Errorf("step %d: damaged %v", i, got)
		}
	}
	h.fault()
	if !h.picture(false, false, false) {
		t.Error("whole after a frame that was not decoded")
	}
}
