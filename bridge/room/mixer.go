package room

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// mixer is a room's sound: it opens the meeting's media worker when there is
// somebody to hear, gives it the graph of who hears whom, and passes frames.
type mixer struct {
	name   string
	worker Worker
	caps   transcode.Capabilities
	log    *slog.Logger
	now    func() int64
	wake   func()  // something changed
	heard  func()  // levels came
	studio *studio // takes what the worker tells of pictures; set before the worker is opened

	meeting atomic.Pointer[meetingRef]
	byID    atomic.Pointer[map[transcode.StreamID]*ear] // for frames of the worker

	mu       sync.Mutex
	next     transcode.StreamID
	mics     []*mic
	ears     []*ear
	graph    transcode.Graph
	pictures pictures
	opening  bool
	retry    int64 // no opening before
	closed   bool
	problem  string // why there is no worker, for people
	openings sync.WaitGroup

	levelMu sync.Mutex
	levels  []transcode.Level
}

type meetingRef struct{ Meeting }

// mixerRetry is the pause after a worker that could not be started.
const mixerRetry = 5e9

func newMixer(name string, w Worker, log *slog.Logger, now func() int64, wake, heard func()) *mixer {
	m := &mixer{name: name, worker: w, log: log, now: now, wake: wake, heard: heard}
	m.byID.Store(&map[transcode.StreamID]*ear{})
	if w == nil {
		m.problem = "there is no media worker on this gateway"
		return m
	}
	m.caps = w.Available()
	if len(m.caps.AudioDecode) == 0 {
		m.problem = "the media worker of this gateway handles no sound"
	}
	return m
}

func mixerCaps(w Worker) transcode.Capabilities {
	if w == nil {
		return transcode.Capabilities{}
	}
	return w.Available()
}

// microphone adds a source of sound, muted.
func (m *mixer) microphone(owner string, f media.Format) *mic {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	v := &mic{mixer: m, owner: owner, id: m.next, format: f}
	v.level.Store(-128)
	m.mics = append(m.mics, v)
	return v
}

// listener adds somebody who hears the others, deaf at first.
func (m *mixer) listener(owner string) *ear {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := &ear{mixer: m, owner: owner, aside: aside{mixed: true}}
	m.ears = append(m.ears, e)
	return e
}

// newID gives an id for a stream of the worker's.
func (m *mixer) newID() transcode.StreamID {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next++
	return m.next
}

// depict says what the worker has to do for pictures from the next commit on.
func (m *mixer) depict(p pictures) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pictures = p
}

// commit gives the worker the graph as it is now, if it changed. wanted
// tells whether the room needs a worker at all.
func (m *mixer) commit(wanted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	m.arrange(m.now())
	if m.worker == nil {
		return
	}
	ref := m.meeting.Load()
	if ref == nil {
		if wanted && !m.opening && m.now() >= m.retry && len(m.caps.AudioDecode) > 0 {
			m.opening = true
			m.openings.Go(m.open)
		}
		return
	}
	g := graphOf(m.mics, m.ears)
	g.VideoInputs, g.VideoOutputs = m.pictures.inputs, m.pictures.outputs
	if !sameGraph(g, m.graph) || !samePictures(m.pictures, pictures{m.graph.VideoInputs, m.graph.VideoOutputs}) {
		m.graph = g
		m.index()
		ref.SetGraph(g)
	}
}

func (m *mixer) index() {
	byID := map[transcode.StreamID]*ear{}
	for _, e := range m.ears {
		if e.id != 0 {
			byID[e.id] = e
		}
	}
	m.byID.Store(&byID)
}

func (m *mixer) open() {
	meeting, err := m.worker.Open(m.name, m)
	m.mu.Lock()
	m.opening = false
	closed := m.closed
	switch {
	case err != nil:
		m.retry = m.now() + mixerRetry
		m.problem = "the media worker could not be started"
		m.log.Warn("no media worker", "room", m.name, "error", err)
	case !closed:
		m.problem = ""
		m.graph = transcode.Graph{}
		m.meeting.Store(&meetingRef{meeting})
	}
	m.mu.Unlock()
	if err == nil && closed {
		meeting.Close()
		return
	}
	m.wake()
}

// trouble says why there is no sound, or "".
func (m *mixer) trouble() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.problem
}

// close ends the worker.
func (m *mixer) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.openings.Wait()
	if ref := m.meeting.Swap(nil); ref != nil {
		ref.Close()
	}
}

// Frame, Levels and Restarted make it transcode.Events.
func (m *mixer) Frame(f transcode.Frame) {
	if e := (*m.byID.Load())[f.Stream]; e != nil {
		e.play(f, m.now())
	}
}

// Packet implements transcode.Events.
func (m *mixer) Packet(f transcode.Frame) { m.studio.packet(f) }

// KeyframeWanted implements transcode.Events.
func (m *mixer) KeyframeWanted(id transcode.StreamID) { m.studio.keyframeWanted(id) }

// Levels implements transcode.Events.
func (m *mixer) Levels(l []transcode.Level) {
	m.levelMu.Lock()
	m.levels = append(m.levels[:0], l...)
	m.levelMu.Unlock()
	m.heard()
}

// Restarted implements transcode.Events. The meeting gives the graph again itself.
func (m *mixer) Restarted(reason string) {
	m.log.Warn("media worker restarted", "room", m.name, "reason", reason)
}

// heard is one participant's loudness.
type heard struct {
	owner string
	dbov  int
	voice bool
}

// hear takes the levels that came since the last call: the worker's, or of
// sound that it does not get those that browsers state themselves (RFC 6464).
func (m *mixer) hear() []heard {
	m.levelMu.Lock()
	levels := slices.Clone(m.levels)
	m.levels = m.levels[:0]
	m.levelMu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []heard
	worker := m.meeting.Load() != nil
	for _, v := range m.mics {
		if l := v.level.Swap(-128); l > -128 && v.on && !(worker && v.mixed) {
			out = append(out, heard{v.owner, int(l), true})
		}
	}
	for _, l := range levels {
		for _, v := range m.mics {
			if v.id == l.Stream && v.on {
				out = append(out, heard{v.owner, int(l.DBov), l.Voice})
			}
		}
	}
	return out
}

// graphOf is the pure plan: everyone who is not muted is heard by everyone
// else, except where sound goes straight.
func graphOf(mics []*mic, ears []*ear) transcode.Graph {
	var g transcode.Graph
	for _, v := range mics {
		if v.mixed {
			g.Inputs = append(g.Inputs, inputOf(v.id, v.format))
		}
	}
	for _, e := range ears {
		if e.id == 0 || !e.mixed || !e.able {
			continue
		}
		f := e.format
		o := transcode.Output{
			ID: e.id, Codec: f.Codec, ClockRate: f.ClockRate, Channels: 1, Bitrate: f.Bitrate, PTime: f.PTime, FEC: f.FEC,
			Hears: []transcode.StreamID{},
		}
		for _, v := range mics {
			if v.mixed && v.owner != e.owner {
				o.Hears = append(o.Hears, v.id)
			}
		}
		g.Outputs = append(g.Outputs, o)
	}
	return g
}

// inputOf says what comes in a format. The bit rate is part of the coding in
// G.722.1 only; elsewhere it may change within one stream.
func inputOf(id transcode.StreamID, f media.Format) transcode.Input {
	in := transcode.Input{ID: id, Codec: f.Codec, ClockRate: f.ClockRate, Channels: 1}
	if f.Codec == media.G7221 {
		in.Bitrate = f.Bitrate
	}
	return in
}

func sameGraph(a, b transcode.Graph) bool {
	return slices.Equal(a.Inputs, b.Inputs) && slices.EqualFunc(a.Outputs, b.Outputs, func(x, y transcode.Output) bool {
		hx, hy := x.Hears, y.Hears
		x.Hears, y.Hears = nil, nil
		return slices.Equal(hx, hy) && x.ID == y.ID && x.Codec == y.Codec && x.ClockRate == y.ClockRate &&
			x.Bitrate == y.Bitrate && x.PTime == y.PTime && x.FEC == y.FEC
	})
}

var _ transcode.Events = (*mixer)(nil)
