package room

import "github.com/roombridge/roombridge/transcode"

// outputCount is what a worker had made of an output when it was last asked.
type outputCount struct{ frames, late uint64 }

const (
	// judgeEvery is how often the worker is judged: it tells its counters as often.
	judgeEvery = 1e9 // ns
	// outputPatience is how long a composed picture may be without packets.
	// Starting a worker anew takes less.
	outputPatience = 4e9
	// outputOpening is how long an output may be late that has just begun.
	outputOpening = 2e9
	// countersLate is how long a worker that keeps up is silent at most.
	countersLate = 3e9
)

// judge finds out whether the worker keeps up and whether the machine has
// room for composing.
func (s *studio) judge(now int64) {
	if now-s.read < judgeEvery {
		return
	}
	s.read = now
	before := s.strain.Reason(now)
	s.weigh(now)
	if before == "" && s.strain.Reason(now) != "" {
		s.room.engine.views.strained()
	}
}

// weigh tells the strain what there is to it.
func (s *studio) weigh(now int64) {
	if loaded := s.room.cfg.Loaded; loaded != nil {
		if why := loaded(); why != "" {
			s.strain.Loaded(why, now)
		}
	}
	ref := s.mixer.meeting.Load()
	if ref == nil || len(s.outputs) == 0 {
		s.heard = now
		return
	}
	st := ref.Stats().Worker
	if st.Ticks != s.ticks {
		s.ticks, s.heard = st.Ticks, now
	}
	frames, late := s.count(st.VideoOutputs, now)
	if now-s.heard > countersLate {
		late++ // it does not even get to tell
	}
	s.strain.Late(frames, late, now)
	for _, o := range s.outputs {
		if o.idle == 0 && o.composes() && now-o.made > outputPatience && !o.track.Live(now-outputPatience+liveFor) {
			s.strain.Failed(now)
		}
	}
}

// count gives what composed outputs made since the last time, and how many
// pictures of them were late. What has just begun opens its codecs.
func (s *studio) count(list []transcode.VideoOutputStats, now int64) (frames, late uint64) {
	outputs := s.index.Load().outputs
	for _, st := range list {
		before := s.counted[st.ID]
		if st.Frames < before.frames || st.Late < before.late {
			before = outputCount{} // another worker counts from the beginning
		}
		s.counted[st.ID] = outputCount{st.Frames, st.Late}
		if o := outputs[st.ID]; o != nil && o.composes() && now-o.made > outputOpening {
			frames += st.Frames - before.frames
			late += st.Late - before.late
		}
	}
	for id := range s.counted {
		if outputs[id] == nil {
			delete(s.counted, id)
		}
	}
	return frames, late
}

// composes tells whether the output has several pictures, or one with a name.
func (o *output) composes() bool {
	return o.scene.Layout != transcode.Single && len(o.scene.Tiles) > 0
}

// liveFor is how long a track counts as live after its last packet.
const liveFor = 1e9
