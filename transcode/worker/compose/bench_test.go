//go:build linux

package compose

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/layout"
)

// spent is the processor time of this thread.
func spent() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// BenchmarkCompose composes 720p pictures that are all new each time and, in turn with that,
// scales the same parts to the same places and nothing else. The ratio of the two is
// of the processor's time, whatever else the machine does.
func BenchmarkCompose(b *testing.B) {
	for _, of := range []struct {
		layout transcode.Layout
		n      int
	}{{transcode.Grid, 4}, {transcode.Grid, 16}, {transcode.OnePlusN, 8}} {
		b.Run(fmt.Sprintf("%s-%d", of.layout, of.n), func(b *testing.B) { benchmark(b, scene(of.layout, of.n)) })
	}
}

func benchmark(b *testing.B, s *transcode.Scene) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var in [2]streams
	for i := range in {
		in[i] = streams{}
		for k := range s.Tiles {
			s.Tiles[k].Input = transcode.StreamID(k + 1)
			in[i][transcode.StreamID(k+1)] = portrait(1280, 720, k+i, 1)
		}
	}
	scaler, err := scale.New()
	if err != nil {
		b.Skip(err)
	}
	defer scaler.Close()
	c, err := New(Options{Width: 1280, Height: 720, Painter: painter(b), Scaler: scaler})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	alone := codec.Allocate(1280, 720)
	places := layout.Arrange(s.Layout, len(s.Tiles), 1280, 720)
	plain := func(i int) {
		for k, place := range places {
			src := in[i%2][transcode.StreamID(k+1)]
			f := fit(src, place, 1, false)
			if err := scaler.Scale(alone, scale.Rect(f.place), src, scale.Rect(f.part)); err != nil {
				b.Fatal(err)
			}
		}
	}
	composed := func(i int) {
		p, changed := c.Compose(s, in[i%2].source, time.Duration(i)*time.Second/30)
		if !changed {
			b.Fatal("nothing changed")
		}
		p.Release()
	}
	for i := range 10 { // until the line around the speaker is there
		plain(i)
		composed(i)
	}
	b.ReportAllocs()
	var sums [2]time.Duration
	for i := 10; b.Loop(); i++ {
		t0 := spent()
		plain(i)
		t1 := spent()
		composed(i)
		sums[0], sums[1] = sums[0]+t1-t0, sums[1]+spent()-t1
	}
	b.ReportMetric(float64(sums[0].Microseconds())/float64(b.N), "scale-us/op")
	b.ReportMetric(float64(sums[1].Microseconds())/float64(b.N), "compose-us/op")
	b.ReportMetric(float64(sums[1])/float64(sums[0]), "ratio")
}

// BenchmarkMotion is what a picture in between two arrangements costs more.
func BenchmarkMotion(b *testing.B) {
	from, to, dst := codec.Allocate(1280, 720), codec.Allocate(1280, 720), codec.Allocate(1280, 720)
	m := motion{from: from, gone: []layout.Rect{{X: 8, Y: 8, W: 628, H: 348}}}
	after := layout.Arrange(transcode.Grid, 9, 1280, 720)
	c, _ := compositor(b, 1280, 720)
	for i, r := range layout.Arrange(transcode.Grid, 4, 1280, 720) {
		m.moves = append(m.moves, move{tile: &tile{c: c, spec: transcode.Tile{Name: names[i]}, place: after[i]}, from: r, to: after[i]})
	}
	m.moves = append(m.moves, move{tile: &tile{}, to: after[8], comes: true})
	for b.Loop() {
		m.draw(dst, to, colour{16, 128, 128}, motionTime/2)
	}
}
