package transcode

import "time"

// renumbering knows the streams of the graph and keeps each output's sequence
// numbers and timestamps going when a new worker begins with its own.
type renumbering struct {
	version  uint64
	inputs   map[StreamID]bool
	outputs  map[StreamID]*numbering
	sources  map[StreamID]bool // inputs of pictures
	pictures map[StreamID]*numbering
}

type numbering struct {
	clock  uint32
	begun  bool // lastSeq and lastTS are valid
	fresh  bool // the next frame is the first of a new worker
	seq    uint16
	ts     uint32
	last   Frame // without payload
	lastAt time.Time
}

// refresh takes over the meeting's graph when it is a new one.
func (r *renumbering) refresh(m *Meeting) {
	if r.version == m.version.Load() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r.version = m.version.Load()
	r.inputs = make(map[StreamID]bool, len(m.graph.Inputs))
	for _, in := range m.graph.Inputs {
		r.inputs[in.ID] = true
	}
	before := r.outputs
	r.outputs = make(map[StreamID]*numbering, len(m.graph.Outputs))
	for _, out := range m.graph.Outputs {
		keep(r.outputs, before, out.ID, out.ClockRate)
	}
	r.sources = make(map[StreamID]bool, len(m.graph.VideoInputs))
	for _, in := range m.graph.VideoInputs {
		r.sources[in.ID] = true
	}
	before = r.pictures
	r.pictures = make(map[StreamID]*numbering, len(m.graph.VideoOutputs))
	for _, out := range m.graph.VideoOutputs {
		keep(r.pictures, before, out.ID, VideoClock)
	}
}

// keep takes an output's numbering over, or begins one.
func keep(now, before map[StreamID]*numbering, id StreamID, clock int) {
	n := before[id]
	if n == nil {
		n = &numbering{clock: uint32(clock)}
	}
	now[id] = n
}

func (r *renumbering) restarted() {
	for _, n := range r.outputs {
		n.fresh = true
	}
	for _, n := range r.pictures {
		n.fresh = true
	}
}

// frame gives f its numbers and tells whether the stream is one of ours.
func (r *renumbering) frame(f *Frame, now time.Time) bool { return r.outputs[f.Stream].number(f, now) }

// packet does the same for a packet of a picture.
func (r *renumbering) packet(f *Frame, now time.Time) bool {
	return r.pictures[f.Stream].number(f, now)
}

func (n *numbering) number(f *Frame, now time.Time) bool {
	if n == nil {
		return false
	}
	if n.fresh && n.begun {
		gap := uint32(now.Sub(n.lastAt).Seconds() * float64(n.clock))
		n.seq = n.last.Seq + 1 - f.Seq
		n.ts = n.last.Timestamp + max(gap, n.clock/50) - f.Timestamp
	}
	n.fresh = false
	f.Seq += n.seq
	f.Timestamp += n.ts
	n.begun, n.lastAt = true, now
	n.last = Frame{Seq: f.Seq, Timestamp: f.Timestamp}
	return true
}
