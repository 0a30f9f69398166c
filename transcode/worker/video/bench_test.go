//go:build cgo && !nocodecs && linux

package video

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/codec/pictures"
	"github.com/roombridge/roombridge/transcode/codec/scale"
	"github.com/roombridge/roombridge/transcode/internal/film"
	"github.com/roombridge/roombridge/transcode/layout"
	"github.com/roombridge/roombridge/transcode/payload"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// others are outputs of the same form beside the first.
const others = 10

// loopLength is after how many pictures prepared films begin anew.
const loopLength = 60

func prepared(b *testing.B, c media.Codec, width, height int) *film.Source {
	b.Helper()
	s, err := film.NewSource(c, width, height, 1_500_000)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.Close)
	if err := s.Prepare(loopLength); err != nil {
		b.Fatal(err)
	}
	return s
}

// clockwork notes when frames come out.
type clockwork struct {
	mu     sync.Mutex
	out    map[transcode.StreamID]int
	first  map[uint32]time.Time // packet of a timestamp
	got    chan struct{}        // holds many
	refuse string
}

func newClockwork() *clockwork {
	return &clockwork{out: make(map[transcode.StreamID]int), first: make(map[uint32]time.Time), got: make(chan struct{}, 10000)}
}

func (c *clockwork) Packets(list []transcode.Frame) {
	now := time.Now()
	c.mu.Lock()
	c.out[list[0].Stream]++
	c.mu.Unlock()
	c.mu.Lock()
	c.first[list[0].Timestamp] = now
	c.mu.Unlock()
	c.got <- struct{}{}
}

func (c *clockwork) KeyframeWanted(transcode.StreamID) {}

func (c *clockwork) Starved(err error) { panic(err) }

func (c *clockwork) Refused(_ transcode.StreamID, reason string) {
	c.mu.Lock()
	c.refuse = reason
	c.mu.Unlock()
}

func native(b *testing.B, cpus int, sink Sink) *Engine {
	b.Helper()
	painter, err := screen.NewPainter()
	if err != nil {
		b.Fatal(err)
	}
	e := New(Options{Build: Native(painter), CPUs: cpus}, sink)
	b.Cleanup(e.Close)
	return e
}

func write(e *Engine, id transcode.StreamID, list []film.Packet) {
	for _, p := range list {
		e.Write(transcode.Frame{Stream: id, Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
	}
}

// The time from the last packet of a frame in to the first one out, 30 pictures a second, with
// one processor for codecs.
func BenchmarkTranscodeDelay(b *testing.B) {
	for _, c := range []struct {
		in, out      media.Codec
		width, least int
	}{{media.H264, media.H264, 1280, 90}, {media.H264, media.VP8, 1280, 90}, {media.VP8, media.H264, 1280, 90}, {media.H264, media.H264, 640, 90}} {
		b.Run(fmt.Sprintf("%s-%s-720p-%d", c.in, c.out, c.width), func(b *testing.B) {
			src, sink := prepared(b, c.in, 1280, 720), newClockwork()
			e := native(b, 1, sink)
			o := transcode.VideoOutput{
				ID: 9, Codec: c.out, Mode: 1, Width: c.width, Height: c.width * 9 / 16, FPS: 30, Bitrate: 1_500_000,
				Scene: transcode.Scene{Layout: transcode.Single, Tiles: []transcode.Tile{{Input: 1}}},
			}
			e.SetGraph(transcode.Graph{VideoInputs: []transcode.VideoInput{{ID: 1, Codec: c.in}}, VideoOutputs: []transcode.VideoOutput{o}})
			var all []time.Duration
			tick := time.NewTicker(time.Second / 30)
			defer tick.Stop()
			for i := range max(b.N, c.least) {
				<-tick.C
				list := src.Loop(i)
				write(e, 1, list)
				begin := time.Now()
				select {
				case <-sink.got:
					all = append(all, time.Since(begin))
				case <-time.After(time.Second):
				}
			}
			slices.Sort(all)
			b.ReportMetric(ms(all[len(all)/2]), "p50-ms")
			b.ReportMetric(ms(all[len(all)*99/100]), "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// used is the processor time of this process.
func used() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// act is one scene that is composed.
type act struct {
	name   string
	layout transcode.Layout
	sizes  [][2]int // of the inputs
}

var acts = []act{
	{"grid-4", transcode.Grid, [][2]int{{640, 360}, {640, 360}, {640, 360}, {640, 360}}},
	{"one-plus-5", transcode.OnePlusN, [][2]int{{1280, 720}, {320, 180}, {320, 180}, {320, 180}, {320, 180}, {320, 180}}},
}

// plain is the cost of codecs and scaler alone, for the pictures of an act.
type plain struct{ decode, scale, encode time.Duration }

func (a *act) plain(b *testing.B, sources []*film.Source) (cost plain) {
	b.Helper()
	s, err := scale.New()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	set := codec.VideoSettings{Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Profile: 66, Level: 31}
	enc, err := pictures.NewVideoEncoder(media.H264, set)
	if err != nil {
		b.Fatal(err)
	}
	defer enc.Close()
	canvas := codec.Allocate(1280, 720)
	blacken(canvas)
	places := layout.Arrange(a.layout, len(a.sizes), 1280, 720)
	decoders := make([]codec.VideoDecoder, len(sources))
	frames := make([][][]byte, len(sources))
	for i, src := range sources {
		if decoders[i], err = pictures.NewVideoDecoder(media.H264, ""); err != nil {
			b.Fatal(err)
		}
		defer decoders[i].Close()
		frames[i] = assembled(b, src)
	}
	for n := range loopLength {
		for i, d := range decoders {
			begin := used()
			p, _, err := d.Decode(frames[i][n])
			cost.decode += used() - begin
			if err != nil || p == nil {
				b.Fatalf("picture %d: %v", n, err)
			}
			begin = used()
			if err := s.Scale(canvas, scale.Rect(places[i]), p, scale.Whole(p)); err != nil {
				b.Fatal(err)
			}
			cost.scale += used() - begin
			p.Release()
		}
		begin := used()
		if _, err := enc.Encode(canvas, int64(n)*3000, false); err != nil {
			b.Fatal(err)
		}
		cost.encode += used() - begin
	}
	cost.decode /= time.Duration(loopLength * len(sources))
	cost.scale /= loopLength
	cost.encode /= loopLength
	return cost
}

// cheapest gives the least cost of each kind.
func cheapest(rounds []plain) plain {
	p := rounds[0]
	for _, r := range rounds[1:] {
		p = plain{min(p.decode, r.decode), min(p.scale, r.scale), min(p.encode, r.encode)}
	}
	return p
}

// assembled gives the frames of a loop as a decoder takes them.
func assembled(b *testing.B, src *film.Source) (list [][]byte) {
	b.Helper()
	a, err := payload.NewAssembler(media.H264)
	if err != nil {
		b.Fatal(err)
	}
	for n := range loopLength {
		for _, p := range src.Loop(n) {
			if f, ok := a.Push(p.Seq, p.Timestamp, p.Marker, p.Payload); ok {
				list = append(list, slices.Clone(f.Data))
			}
		}
	}
	if len(list) != loopLength {
		b.Fatalf("%d frames", len(list))
	}
	return list
}

// run is what an act took.
type run struct {
	cpu          time.Duration
	decoded, out int
}

// each is the processor time for a picture that came out, ns.
func (r run) each() float64 { return float64(r.cpu) / float64(r.out) }

func leastRun(list []run) run {
	return slices.MinFunc(list, func(a, b run) int { return cmp.Compare(a.each(), b.each()) })
}

// composed runs an act for some seconds, with so many outputs of one form.
func (a *act) composed(b *testing.B, sources []*film.Source, outputs int, d time.Duration) (r run) {
	b.Helper()
	sink := newClockwork()
	e := native(b, 2, sink)
	var g transcode.Graph
	var scene transcode.Scene
	scene.Layout = a.layout
	for i := range sources {
		id := transcode.StreamID(1 + i)
		g.VideoInputs = append(g.VideoInputs, transcode.VideoInput{ID: id, Codec: media.H264})
		scene.Tiles = append(scene.Tiles, transcode.Tile{Owner: fmt.Sprint(i), Input: id, Name: "Nguyễn Thị Hòa"})
	}
	for i := range outputs {
		g.VideoOutputs = append(g.VideoOutputs, transcode.VideoOutput{
			ID: transcode.StreamID(100 + i), Codec: media.H264, Mode: 1, Width: 1280, Height: 720, FPS: 30, Bitrate: 1_500_000, Scene: scene,
		})
	}
	e.SetGraph(g)
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	warm := 30
	var begin time.Duration
	var before transcode.WorkerStats
	for n := range warm + int(d.Seconds()*30) {
		if n == warm {
			begin, before = used(), counters(e)
		}
		<-tick.C
		for i, src := range sources {
			write(e, transcode.StreamID(1+i), src.Loop(n))
		}
	}
	r.cpu = used() - begin
	after := counters(e)
	for i := range sources {
		r.decoded += int(after.VideoInputs[i].Frames - before.VideoInputs[i].Frames)
	}
	r.out = int(after.VideoOutputs[0].Frames - before.VideoOutputs[0].Frames)
	return r
}

func counters(e *Engine) (st transcode.WorkerStats) {
	e.Stats(&st)
	return st
}

// The processor time of a composed picture of 720p beside the sum of decoding, scaling and
// encoding the same pictures in a plain loop, and what each other output of the same form adds.
func BenchmarkComposed(b *testing.B) {
	for _, a := range acts {
		b.Run(a.name, func(b *testing.B) {
			var sources []*film.Source
			for _, size := range a.sizes {
				sources = append(sources, prepared(b, media.H264, size[0], size[1]))
			}
			// What others do on the machine only ever adds: the least of some rounds is the nearest.
			var floors []plain
			var one, many []run
			for range 3 {
				floors = append(floors, a.plain(b, sources))
				one = append(one, a.composed(b, sources, 1, 2*time.Second))
				many = append(many, a.composed(b, sources, 1+others, 2*time.Second))
			}
			cost, best, shared := cheapest(floors), leastRun(one), leastRun(many)
			floor := float64(cost.decode)*float64(best.decoded)/float64(best.out) + float64(cost.scale+cost.encode)
			b.ReportMetric(best.each()/1e6, "worker-ms")
			b.ReportMetric(floor/1e6, "plain-ms")
			b.ReportMetric(best.each()/floor, "times-plain")
			b.ReportMetric(100*(shared.each()/best.each()-1)/others, "%-for-another")
			b.ReportMetric(float64(best.out)/2, "pictures/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
