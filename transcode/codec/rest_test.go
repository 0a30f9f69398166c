package codec

import (
	"slices"
	"testing"
)

func TestRest(t *testing.T) {
	var r Rest
	made := float32(0)
	more := func(frame []float32) {
		made++
		for i := range frame {
			frame[i] = made
		}
	}
	pcm := make([]float32, 5)
	r.Fill(pcm, 4, more)
	if want := []float32{1, 1, 1, 1, 2}; !slices.Equal(pcm, want) {
		t.Errorf("%v, want %v", pcm, want)
	}
	r.Fill(pcm[:1], 4, more)
	clear(pcm)
	r.Blend(pcm) // two samples are left
	if !(pcm[0] < 2 && pcm[0] > pcm[1] && pcm[1] > 0 && pcm[2] == 0) {
		t.Errorf("not blended: %v", pcm)
	}
	r.Fill(pcm[:2], 4, more)
	if pcm[0] != 3 || made != 3 {
		t.Errorf("something was left: %v", pcm)
	}
	r.Blend(pcm[:1])
	if n := testing.AllocsPerRun(10, func() { r.Fill(pcm, 3, more) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
