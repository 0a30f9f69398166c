package video

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/roombridge/roombridge/transcode/codec"
)

// ordering collects what an order gives.
func ordering() (*order, *[]uint16) {
	var got []uint16
	o := &order{}
	o.take = func(p *packet) { got = append(got, p.seq) }
	o.gap = func() {}
	return o, &got
}

func TestOrder(t *testing.T) {
	for name, c := range map[string]struct {
		in   []uint16 // a frame each hundred
		want []uint16
		lost uint64
	}{
		"in order":           {[]uint16{1, 2, 3}, []uint16{1, 2, 3}, 0},
		"across the end":     {[]uint16{65534, 65535, 0, 1}, []uint16{65534, 65535, 0, 1}, 0},
		"overtaken":          {[]uint16{1, 3, 2, 4}, []uint16{1, 2, 3, 4}, 0},
		"turned round":       {[]uint16{1, 5, 4, 3, 2, 6}, []uint16{1, 2, 3, 4, 5, 6}, 0},
		"doubled":            {[]uint16{1, 2, 2, 4, 4, 3, 1}, []uint16{1, 2, 3, 4}, 0},
		"late":               {[]uint16{10, 9, 11}, []uint16{10, 11}, 0},
		"lost for a frame":   {[]uint16{98, 101, 102, 201, 202}, []uint16{98, 101, 102, 201, 202}, 2 + 98},
		"far ahead":          {[]uint16{1, 80, 81}, []uint16{1, 80, 81}, 78},
		"far ahead, held":    {[]uint16{1, 3, 90, 91}, []uint16{1, 3, 90, 91}, 1 + 86},
		"another count":      {[]uint16{1, 2, 30000, 30001}, []uint16{1, 2, 30000, 30001}, 0},
		"another count back": {[]uint16{30000, 1, 2}, []uint16{30000, 1, 2}, 0},
	} {
		o, got := ordering()
		for _, seq := range c.in {
			o.push(&packet{seq: seq, ts: uint32(seq / 100), payload: []byte{1}})
		}
		if !equal(*got, c.want) || o.lost != c.lost {
			t.Errorf("%s: %v, %d lost", name, *got, o.lost)
		}
	}
}

func equal(a, b []uint16) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A hole is waited for 20 ms.
func TestOrderExpires(t *testing.T) {
	o, got := ordering()
	at := func(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
	o.push(&packet{seq: 1, payload: []byte{1}, at: at(0)})
	o.push(&packet{seq: 3, payload: []byte{1}, at: at(5)})
	if w := o.expire(at(10)); w != at(15) || len(*got) != 1 {
		t.Errorf("waits %v, %v given", w, *got)
	}
	if w := o.expire(at(25)); w != 0 || !equal(*got, []uint16{1, 3}) || o.lost != 1 {
		t.Errorf("waits %v, %v given, %d lost", w, *got, o.lost)
	}
}

// Whatever comes, what is given rises and nothing is given twice.
func TestOrderAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		o, got := ordering()
		next := uint16(r.Uint32())
		for i := range 300 {
			seq := next + uint16(r.IntN(12)) - 6
			if r.IntN(3) > 0 {
				seq = next
				next++
			}
			o.push(&packet{seq: seq, ts: uint32(seq) / 7, payload: []byte{1}, at: time.Duration(i) * time.Millisecond})
			o.expire(time.Duration(i) * time.Millisecond)
		}
		for i := 1; i < len(*got); i++ {
			if int16((*got)[i]-(*got)[i-1]) <= 0 {
				t.Fatalf("%d after %d", (*got)[i], (*got)[i-1])
			}
		}
		if o.count < 0 || o.count > orderWindow {
			t.Fatalf("%d held", o.count)
		}
	}
}

func TestTimeline(t *testing.T) {
	var l timeline
	if at := l.at(1000, 500); at != 500 {
		t.Errorf("begins at %d", at)
	}
	if at := l.at(4000, 3700); at != 3500 {
		t.Errorf("%d, the source says 3500", at)
	}
	if at := l.at(4000, 3800); at != 3800 {
		t.Errorf("%d for a time that stands still", at)
	}
	if at := l.at(1<<31, 90000); at != 90000 {
		t.Errorf("%d after a jump", at)
	}
	if at := l.at(1<<31-90, 80000); at != 90001 {
		t.Errorf("%d: times rise", at)
	}
	var wraps timeline
	wraps.at(0xffffff00, 0)
	if at := wraps.at(0x100, 600); at != 0x200 {
		t.Errorf("%d across the end of the count", at)
	}
}

// A composition gets slower when pictures are late, to ten a second, and faster
// again when few are; later, if that was too early.
func TestSlow(t *testing.T) {
	var s slow
	if s.period(7, 2, 30); s.per(30) != 30 {
		t.Errorf("%d for two late pictures", s.per(30))
	}
	bad := func() {
		for range 4 {
			s.period(5, 3, 30)
		}
		if s.per(30) != leastRate {
			t.Errorf("%d after a bad second", s.per(30))
		}
	}
	calm := func() (n int) {
		for s.per(30) < 30 && n < 1000 {
			s.period(3, 0, 30)
			n++
		}
		return n
	}
	bad()
	first := calm()
	if first < leastPatience || first > 20 {
		t.Errorf("back after %d periods", first)
	}
	bad()
	if again := calm(); again < first+leastPatience {
		t.Errorf("back after %d periods, %d the first time", again, first)
	}
	for range mostPatience + 1 {
		s.period(7, 0, 30)
	}
	bad()
	if n := calm(); n != first {
		t.Errorf("back after %d periods, and %d after a long calm", first, n)
	}
	if s.period(0, 100, 8); s.per(8) != 8 {
		t.Errorf("%d of 8", s.per(8))
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		w, h   int
		sample float32
		ow, oh int
		aspect float64
		want   Rect
	}{
		{1280, 720, 0, 1280, 720, 1, Rect{0, 0, 1280, 720}},
		{1280, 720, 0, 640, 360, 1, Rect{0, 0, 640, 360}},
		{1920, 1088, 0, 1280, 720, 1, Rect{0, 0, 1280, 720}},
		{640, 480, 0, 1280, 720, 1, Rect{160, 0, 960, 720}},
		{1280, 720, 0, 640, 480, 1, Rect{0, 60, 640, 360}},
		{352, 288, 12.0 / 11, 1280, 720, 1, Rect{160, 0, 960, 720}},
		{352, 288, 12.0 / 11, 352, 288, 12.0 / 11, Rect{0, 0, 352, 288}},
		{352, 288, 0, 640, 480, 1, Rect{0, 0, 640, 480}},
		{640, 480, 0, 352, 288, 12.0 / 11, Rect{0, 0, 352, 288}},
		{1280, 720, 0, 352, 288, 12.0 / 11, Rect{0, 36, 352, 216}},
		{16, 1200, 0, 64, 64, 1, Rect{30, 0, 2, 64}},
		{3840, 16, 0, 64, 64, 1, Rect{0, 30, 64, 2}},
	} {
		p := codec.Allocate(c.w, c.h)
		p.SampleAspect = c.sample
		if got := fit(p, c.ow, c.oh, c.aspect); got != c.want {
			t.Errorf("%dx%d (%.2f) in %dx%d: %+v, want %+v", c.w, c.h, c.sample, c.ow, c.oh, got, c.want)
		}
	}
	if a, b := aspectOf(352, 288), aspectOf(1280, 720); a != 12.0/11 || b != 1 {
		t.Errorf("samples of %v and %v", a, b)
	}
}
