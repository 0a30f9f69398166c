package film

import (
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// The number can be read, and tells pictures apart.
func TestNumber(t *testing.T) {
	for _, size := range [][2]int{{1280, 720}, {640, 360}, {352, 288}, {176, 144}} {
		p := codec.Allocate(size[0], size[1])
		for n := 0; n < 4096; n += 37 {
			Draw(p, n)
			if got := Number(p); got != n {
				t.Fatalf("%v: %d, want %d", size, got, n)
			}
		}
	}
}

// What is sent is seen.
func TestFilm(t *testing.T) {
	s, err := NewSource(media.H264, 320, 180, 500_000)
	if errors.Is(err, codec.ErrUnavailable) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := NewViewer(media.H264)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	want := codec.Allocate(320, 180)
	if err := s.Prepare(10); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		for _, p := range s.Loop(i) {
			v.Push(p)
		}
		Draw(want, i%10)
		if v.Picture == nil || Number(v.Picture) != i%10 || PSNR(v.Picture, want) < 30 {
			t.Fatalf("picture %d: %+v", i, v)
		}
	}
	if v.Frames != 20 || v.Keys != 2 || v.Damaged != 0 {
		t.Errorf("%+v", v)
	}
}
