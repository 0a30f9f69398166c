package room

import (
	"slices"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// easel is the picture side of a fake worker: for each frame that comes in, it
// makes one of each output that shows it.
type easel struct {
	events transcode.Events
	work   chan transcode.Frame // frames that are made
	done   chan struct{}

	mu      sync.Mutex
	outputs []transcode.VideoOutput
	inputs  []transcode.VideoInput
	keyed   map[transcode.StreamID]transcode.VideoOutput // as it was at its last keyframe
	numbers map[transcode.StreamID]uint32
	packets map[transcode.StreamID]int // that came, by input
	stats   map[transcode.StreamID]*transcode.VideoOutputStats
	late    bool // every frame is
	dumb    bool // nothing is made
	closed  bool
	told    uint64
}

func newEasel(ev transcode.Events) *easel {
	e := &easel{
		events: ev, work: make(chan transcode.Frame, 4096), done: make(chan struct{}), keyed: map[transcode.StreamID]transcode.VideoOutput{},
		numbers: map[transcode.StreamID]uint32{}, packets: map[transcode.StreamID]int{}, stats: map[transcode.StreamID]*transcode.VideoOutputStats{},
	}
	go func() {
		defer close(e.done)
		for f := range e.work {
			ev.Packet(f)
		}
	}()
	return e
}

func (e *easel) arrange(g transcode.Graph) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := g.CheckPictures(); err != nil {
		panic(err)
	}
	e.inputs, e.outputs = g.VideoInputs, g.VideoOutputs
}

// WritePicture is a packet of an input.
func (e *easel) WritePicture(f transcode.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.packets[f.Stream]++
	if !f.Marker || e.closed || e.dumb {
		return
	}
	for _, o := range e.outputs {
		if slices.ContainsFunc(o.Scene.Tiles, func(t transcode.Tile) bool { return t.Input == f.Stream }) {
			e.make(o)
		}
	}
}

// make paints a frame of an output, a keyframe when it is the first of its kind.
func (e *easel) make(o transcode.VideoOutput) {
	st := e.stats[o.ID]
	if st == nil {
		st = &transcode.VideoOutputStats{ID: o.ID}
		e.stats[o.ID] = st
	}
	st.Frames++
	if e.late {
		st.Late++
	}
	before, ok := e.keyed[o.ID]
	key := !ok || before.Width != o.Width || before.Level != o.Level
	if key {
		e.keyed[o.ID] = o
	}
	payloads := painted(o, key)
	for i, p := range payloads {
		e.numbers[o.ID]++
		f := transcode.Frame{
			Stream: o.ID, Seq: uint16(e.numbers[o.ID]), Timestamp: uint32(st.Frames) * 3000, Marker: i == len(payloads)-1, Payload: p,
		}
		select {
		case e.work <- f:
		default:
		}
	}
}

// painted gives a frame's packets.
func painted(o transcode.VideoOutput, key bool) [][]byte {
	switch {
	case o.Codec == media.VP8 && key:
		return [][]byte{{0x10, 0, 0, 0, 0x9d, 1, 0x2a, byte(o.Width), byte(o.Width >> 8), byte(o.Height), byte(o.Height >> 8), 0}}
	case o.Codec == media.VP8:
		return [][]byte{{0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}
	case o.Codec == media.H263: // RFC 2190 5.1, ITU-T H.263 5.1: CIF, intra or not
		p := []byte{0, 0x60, 0, 0, 0, 0, 0x80, 0x02, 0x0c, 0, 0}
		if !key {
			p[1], p[8] = 0x70, 0x0e
		}
		return [][]byte{p}
	case !key:
		return [][]byte{{0x61, 0xe0, 1, 2, 3}}
	}
	s := stills.Sizes[len(stills.Sizes)-1]
	for _, s = range stills.Sizes {
		if s.Width <= o.Width {
			break
		}
	}
	return s.NALs()
}

// Refresh asks for a keyframe.
func (e *easel) Refresh(id transcode.StreamID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.keyed, id)
}

// Stats are the counters of the outputs.
func (e *easel) Stats() transcode.MeetingStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	var st transcode.MeetingStats
	e.told++
	st.Worker.Ticks = e.told
	for _, o := range e.stats {
		st.Worker.VideoOutputs = append(st.Worker.VideoOutputs, *o)
	}
	return st
}

func (e *easel) set(late, dumb bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.late, e.dumb = late, dumb
}

// scene gives the outputs as they are now.
func (e *easel) now() (inputs []transcode.VideoInput, outputs []transcode.VideoOutput) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.inputs), slices.Clone(e.outputs)
}

func (e *easel) close() {
	e.mu.Lock()
	was := e.closed
	e.closed = true
	e.mu.Unlock()
	if !was {
		close(e.work)
		<-e.done
	}
}
