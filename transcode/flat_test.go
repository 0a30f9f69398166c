package transcode

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/internal/film"
)

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)
var threadsLine = regexp.MustCompile(`Threads:\s+(\d+)`)

// processOf gives a worker's resident memory in kB and its threads.
func processOf(t *testing.T, pid int) (resident, threads int) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Skip(err)
	}
	r, n := residentLine.FindSubmatch(b), threadsLine.FindSubmatch(b)
	if r == nil || n == nil {
		t.Skip("no such lines in status")
	}
	resident, _ = strconv.Atoi(string(r[1]))
	threads, _ = strconv.Atoi(string(n[1]))
	return resident, threads
}

// Outputs come and go five hundred times, with other codecs, sizes and scenes: what the worker
// uses stays what it was.
func TestFlat(t *testing.T) {
	s := screen(t)
	keep := s.watch(asItIs(10, 1, media.H264, 320, 180))
	g := Graph{VideoInputs: []VideoInput{{ID: 1, Codec: media.H264}, {ID: 2, Codec: media.H264}}, VideoOutputs: []VideoOutput{keep}}
	s.meeting.SetGraph(g)
	s.send(1, media.H264, 320, 180, nil)
	s.send(2, media.H264, 320, 180, nil)
	eventually(t, "pictures", func() bool { return len(s.seen(10).numbers) > 5 })
	codecs := s.sup.Available().VideoEncode
	layouts := []Layout{Grid, OnePlusN, Speaker, Slides, Single}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	id, resident, threads := StreamID(100), 0, 0
	for i := range 500 {
		if i == 200 {
			resident, threads = processOf(t, s.meeting.PID())
		}
		<-tick.C
		extra := asItIs(id, StreamID(1+i%2), codecs[i%len(codecs)], 352, 288)
		extra.Scene.Layout = layouts[i%len(layouts)]
		extra.Scene.Tiles = append(extra.Scene.Tiles, Tile{Owner: "b", Input: 2, Name: strconv.Itoa(i)})
		id++
		now := g
		if i%2 == 0 {
			now.VideoOutputs = []VideoOutput{keep, extra}
		}
		s.meeting.SetGraph(now)
	}
	s.meeting.SetGraph(g)
	after, afterThreads := processOf(t, s.meeting.PID())
	t.Logf("%d kB and %d threads, then %d kB and %d", resident, threads, after, afterThreads)
	if after > resident+resident/4 || afterThreads > threads+8 {
		t.Errorf("%d kB and %d threads became %d kB and %d", resident, threads, after, afterThreads)
	}
	eventually(t, "one encoder", func() bool {
		st := s.meeting.Stats().Worker
		return st.VideoEncoders == 1 && st.Compositions == 0 && st.Decoders == 1
	})
	v := s.seen(10)
	v.rises(t)
	if st := s.meeting.Stats(); st.Restarts != 0 || v.Damaged != 0 {
		t.Errorf("%d restarts, %d damaged", st.Restarts, v.Damaged)
	}
}

// Terminals of all kinds come and go, eight at a time, while the layout changes: the worker's
// memory stays what it was. FLAT_JOINS says how many come in each of five rounds.
func TestFlatJoins(t *testing.T) {
	s := screen(t)
	joins := 40
	if n, err := strconv.Atoi(os.Getenv("FLAT_JOINS")); err == nil {
		joins = n
	}
	codecs := s.sup.Available().VideoDecode
	beginnings := map[media.Codec][]film.Packet{} // a keyframe of each kind, and some more
	for _, c := range codecs {
		if src, err := film.NewSource(c, 352, 288, 500_000); err == nil {
			for i := range 5 {
				list, err := src.Next(i == 0)
				if err != nil {
					t.Fatal(err)
				}
				beginnings[c] = append(beginnings[c], list...)
			}
			src.Close()
		}
	}
	codecs = slices.DeleteFunc(slices.Clone(codecs), func(c media.Codec) bool { return beginnings[c] == nil })
	encodes := s.sup.Available().VideoEncode
	layouts := []Layout{Grid, OnePlusN, Speaker, Slides, Single}
	var inputs []VideoInput
	var outputs []VideoOutput
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	id := StreamID(1)
	var rounds []int
	for range 5 {
		for i := range joins {
			<-tick.C
			in := VideoInput{ID: id, Codec: codecs[int(id/2)%len(codecs)]}
			out := asItIs(id+1, in.ID, encodes[i%len(encodes)], 352, 288)
			if i%7 == 0 {
				out.Width, out.Height = 704, 576
			}
			inputs, outputs = append(inputs, in), append(outputs, out)
			inputs, outputs = inputs[max(0, len(inputs)-8):], outputs[max(0, len(outputs)-4):]
			for o := range outputs {
				scene := Scene{Layout: layouts[i/20%len(layouts)]}
				for _, x := range inputs {
					scene.Tiles = append(scene.Tiles, Tile{Owner: strconv.Itoa(int(x.ID)), Input: x.ID, Name: strconv.Itoa(int(x.ID))})
				}
				if scene.Layout == Single {
					scene.Tiles = scene.Tiles[len(scene.Tiles)-1:]
				}
				outputs[o].Scene = scene
			}
			s.meeting.SetGraph(Graph{VideoInputs: slices.Clone(inputs), VideoOutputs: slices.Clone(outputs)})
			for _, p := range beginnings[in.Codec] {
				s.meeting.WritePicture(Frame{Stream: in.ID, Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
			}
			id += 2
		}
		resident, threads := processOf(t, s.meeting.PID())
		st := s.meeting.Stats().Worker
		t.Logf("after %d joins: %d kB, %d threads, %d decoders, %d encoders, %d compositions", id/2, resident, threads, st.Decoders, st.VideoEncoders, st.Compositions)
		rounds = append(rounds, resident)
	}
	t.Logf("decoded %+v", s.sup.Stats().Decoded)
	if first, last := rounds[1], rounds[4]; last > first+first/3 {
		t.Errorf("%d kB became %d kB: %v", first, last, rounds)
	}
}
