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
)

// judge finds out whether the worker keeps up and whether the machine has
// room for composing.
func (s *studio) judge(now int64) {
	if now-s.read < judgeEvery {
		return
	}
	s.read = now
	if loaded := s.room.cfg.Loaded; loaded != nil {
		if why := loaded(); why != "" {
			s.strain.Loaded(why, now)
		}
	}
	ref := s.mixer.meeting.Load()
	if ref == nil || len(s.outputs) == 0 {
		return
	}
	var frames, late uint64
	for _, st := range ref.Stats().Worker.VideoOutputs {
		before := s.counted[st.ID]
		if st.Frames < before.frames || st.Late < before.late {
			before = outputCount{} // another worker counts from the beginning
		}
		frames += st.Frames - before.frames
		late += st.Late - before.late
		s.counted[st.ID] = outputCount{st.Frames, st.Late}
	}
	s.strain.Late(frames, late, now)
	for _, o := range s.outputs {
		silent := now-o.made > outputPatience && !o.track.Live(now-outputPatience+liveFor)
		if silent && o.idle == 0 && o.scene.Layout != transcode.Single && len(o.scene.Tiles) > 0 {
			s.strain.Failed(now)
		}
	}
}

// liveFor is how long a track counts as live after its last packet.
const liveFor = 1e9
