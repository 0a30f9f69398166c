package room

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// fakeWorker is a media worker that mixes by sending each input frame to one
// output that hears it.
type fakeWorker struct {
	caps transcode.Capabilities

	mu       sync.Mutex
	meetings []*fakeMeeting
	fail     error
}

func newFakeWorker() *fakeWorker {
	all := []media.Codec{media.Opus, media.G722, media.PCMU, media.PCMA}
	pictures := []media.Codec{media.H264, media.H263, media.VP8}
	return &fakeWorker{caps: transcode.Capabilities{Version: 1, AudioDecode: all, AudioEncode: all, VideoDecode: pictures, VideoEncode: pictures}}
}

// noPictures takes the pictures from a rig's worker.
func noPictures(c *Config) {
	w := c.Worker.(*fakeWorker)
	w.caps.VideoDecode, w.caps.VideoEncode = nil, []media.Codec{media.H264}
}

func (w *fakeWorker) Available() transcode.Capabilities { return w.caps }

func (w *fakeWorker) Open(name string, ev transcode.Events) (Meeting, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail
	}
	m := &fakeMeeting{name: name, events: ev, changed: make(chan struct{}), seqs: map[transcode.StreamID]uint16{}, easel: newEasel(ev)}
	w.meetings = append(w.meetings, m)
	return m, nil
}

// meeting gives the last one that was opened, when there is one.
func (w *fakeWorker) meeting(ctx context.Context) (*fakeMeeting, error) {
	for {
		w.mu.Lock()
		n := len(w.meetings)
		var m *fakeMeeting
		if n > 0 {
			m = w.meetings[n-1]
		}
		w.mu.Unlock()
		if m != nil {
			return m, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.New("no meeting was opened")
		case <-time.After(5 * time.Millisecond):
		}
	}
}

var errNoWorker = errors.New("no worker today")

type fakeMeeting struct {
	name   string
	events transcode.Events

	mu      sync.Mutex
	changed chan struct{}
	graph   transcode.Graph
	frames  map[transcode.StreamID]int
	stills  []transcode.Still
	closed  bool
	seqs    map[transcode.StreamID]uint16
	held    atomic.Int32
	*easel
}

func (m *fakeMeeting) touch() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *fakeMeeting) SetGraph(g transcode.Graph) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.graph = g
	m.easel.arrange(g)
	m.touch()
}

func (m *fakeMeeting) Write(f transcode.Frame) {
	m.mu.Lock()
	if m.frames == nil {
		m.frames = map[transcode.StreamID]int{}
	}
	m.frames[f.Stream]++
	var out []transcode.Frame
	for _, o := range m.graph.Outputs {
		if slices.Contains(o.Hears, f.Stream) {
			m.seqs[o.ID]++
			out = append(out, transcode.Frame{Stream: o.ID, Seq: m.seqs[o.ID], Timestamp: uint32(m.seqs[o.ID]) * uint32(o.ClockRate/50), Payload: slices.Clone(f.Payload)})
		}
	}
	m.touch()
	m.mu.Unlock()
	for _, f := range out {
		m.events.Frame(f)
	}
}

func (m *fakeMeeting) Still(_ context.Context, s transcode.Still) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stills = append(m.stills, s)
	m.touch()
	for _, size := range stills.Sizes {
		if size.Width == s.Width {
			return size.NALs(), nil
		}
	}
	return nil, errors.New("no such size")
}

func (m *fakeMeeting) Close() {
	m.easel.close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.touch()
}

// wait waits until the meeting is as wished.
func (m *fakeMeeting) wait(ctx context.Context, ok func(m *fakeMeeting) bool) error {
	for {
		m.mu.Lock()
		good, changed := ok(m), m.changed
		m.mu.Unlock()
		if good {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return errors.New("the meeting did not become as wished")
		}
	}
}
