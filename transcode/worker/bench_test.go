//go:build cgo && !nocodecs

package worker

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// A meeting of so many, each of whom speaks and hears all others in one codec.
func crowd(b testing.TB, codec media.Codec, people int) (*Engine, [][]byte, int) {
	e := NewEngine(nothing{})
	b.Cleanup(e.Close)
	var g transcode.Graph
	for i := range people {
		g.Inputs = append(g.Inputs, transcode.Input{ID: transcode.StreamID(i), Codec: codec})
	}
	for i := range people {
		o := transcode.Output{ID: transcode.StreamID(1000 + i), Codec: codec, FEC: true}
		for j := range people {
			if j != i {
				o.Hears = append(o.Hears, transcode.StreamID(j))
			}
		}
		g.Outputs = append(g.Outputs, o)
	}
	e.SetGraph(g)
	k := newTalker(b, 1, codec, 300, 0.2)
	var packets [][]byte
	for range 50 {
		pcm := make([]float32, k.enc.Rate()/50)
		k.gen.Fill(pcm)
		p, err := k.enc.Encode(nil, pcm)
		if err != nil {
			b.Fatal(err)
		}
		packets = append(packets, p)
	}
	return e, packets, k.in.ClockRate
}

// BenchmarkTick is the cost of a second of a meeting's sound, as share of one
// processor, by its size.
func BenchmarkTick(b *testing.B) {
	for _, codec := range all {
		for _, people := range []int{2, 5, 10, 25, 50} {
			b.Run(fmt.Sprintf("%s/%d", codec, people), func(b *testing.B) {
				e, packets, clock := crowd(b, codec, people)
				now, seq := int64(0), 0
				step := func() {
					if now%(2*tickTime) == 0 {
						for id := range people {
							e.Write(transcode.Frame{Stream: transcode.StreamID(id), Seq: uint16(seq), Timestamp: uint32(seq * clock / 50), Payload: packets[seq%len(packets)]}, now)
						}
						seq++
					}
					e.Tick(now)
					now += tickTime
				}
				for range 100 {
					step()
				}
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tickTime)*100, "%CPU")
			})
		}
	}
}

// A tick allocates nothing once a meeting runs.
func TestTickDoesNotAllocate(t *testing.T) {
	for _, codec := range all {
		e, packets, clock := crowd(t, codec, 4)
		now, seq := int64(0), 0
		step := func() {
			for id := range 4 {
				e.Write(transcode.Frame{Stream: transcode.StreamID(id), Seq: uint16(seq), Timestamp: uint32(seq * clock / 50), Payload: packets[seq%len(packets)]}, now)
			}
			seq++
			for range 2 {
				e.Tick(now)
				now += tickTime
			}
		}
		for range 100 {
			step()
		}
		if n := testing.AllocsPerRun(200, step); n > 0 {
			t.Errorf("%s: %v allocations in 20 ms", codec, n)
		}
	}
}

// Five hundred who come and go leave no memory behind.
func TestChurn(t *testing.T) {
	e := NewEngine(nothing{})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	now := int64(0)
	round := func(i int) {
		var g transcode.Graph
		for j := range 6 {
			id := transcode.StreamID(i*10 + j)
			g.Inputs = append(g.Inputs, transcode.Input{ID: id, Codec: all[j%4]})
			g.Outputs = append(g.Outputs, transcode.Output{ID: id + 100000, Codec: all[(j+1)%4], Hears: []transcode.StreamID{id + 1, id + 2}})
		}
		e.SetGraph(g)
		for range 4 {
			e.Tick(now)
			now += tickTime
		}
	}
	for i := range 20 {
		round(i)
	}
	before := heap()
	for i := range 500 {
		round(20 + i)
	}
	if after := heap(); after > before+256<<10 {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
	e.Close()
}
