package transcode

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
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
