package room

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/transcode"
)

// Status implements bridge.Seat.
func (s *seat) Status() bridge.SeatStatus {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	audio, video := negotiatedOf(s.terminal.Audio), negotiatedOf(s.terminal.Video)
	st := bridge.SeatStatus{Showing: s.watched(), Layout: s.wish(), Arranged: string(s.plan.Layout)}
	st.AudioIn, st.AudioOut = s.soundStatus(audio)
	st.VideoIn = s.videoIn(video)
	st.VideoOut = s.videoOut(video)
	none := bridge.PathStatus{Path: bridge.PathNone, Reason: "no content is negotiated"}
	st.ContentIn, st.ContentOut = none, none
	return st
}

// idle says why nothing flows in a direction, or "".
func idle(st media.Stream, d media.Direction) string {
	switch {
	case !st.Active():
		return "not negotiated"
	case st.Held:
		return "the terminal is on hold"
	case st.Direction&d == 0 && d == media.Recv:
		return "the terminal does not send"
	case st.Direction&d == 0:
		return "the terminal does not receive"
	}
	return ""
}

func (s *seat) soundStatus(audio media.Stream) (in, out bridge.PathStatus) {
	in, out = s.room.mixer.soundWay(s.id, false), s.room.mixer.soundWay(s.id, true)
	trouble := s.room.mixer.trouble()
	caps := s.room.mixer.caps
	decodes := slices.ContainsFunc(audio.Recv, func(f media.Format) bool { return caps.Decodes(f.Codec) })
	for _, x := range []struct {
		st    *bridge.PathStatus
		idle  string
		codec bool
	}{{&in, idle(audio, media.Recv), decodes}, {&out, idle(audio, media.Send), caps.Encodes(audio.Send.Codec)}} {
		switch {
		case x.idle != "":
			*x.st = bridge.PathStatus{Path: bridge.PathNone, Reason: x.idle}
		case x.st.Path == bridge.PathRelay:
		case trouble != "":
			*x.st = bridge.PathStatus{Path: bridge.PathNone, Reason: trouble}
		case !x.codec:
			*x.st = bridge.PathStatus{Path: bridge.PathNone, Reason: "the media worker does not handle " + string(audio.Send.Codec)}
		}
	}
	return in, out
}

// videoIn is how the others see the terminal.
func (s *seat) videoIn(video media.Stream) bridge.PathStatus {
	if why := idle(video, media.Recv); why != "" {
		return bridge.PathStatus{Path: bridge.PathNone, Reason: why}
	}
	t := s.terminal.Video.Track()
	relayed := bridge.PathStatus{Path: bridge.PathRelay, Reason: "both ends speak " + plan.Describe(t.Format()) + ": its packets are passed on"}
	if s.room.studio.gazes.at(t) {
		return relayed
	}
	if st, ok := s.room.studio.shows(plan.Ref{Person: s.id}); ok {
		return st
	}
	refusal := "nobody is there to see it"
	for _, p := range s.room.people {
		for _, v := range p.viewers() {
			if p != s.participant && v.takes(t) {
				return relayed
			}
			if p != s.participant {
				refusal = p.name + " does not take " + plan.Describe(t.Format())
			}
		}
	}
	return bridge.PathStatus{Path: bridge.PathNone, Reason: refusal}
}

// videoOut is what the terminal sees.
func (s *seat) videoOut(video media.Stream) bridge.PathStatus {
	if why := idle(video, media.Send); why != "" {
		return bridge.PathStatus{Path: bridge.PathNone, Reason: why}
	}
	if s.plan.Path == "" {
		return bridge.PathStatus{Path: bridge.PathNone, Reason: "nothing was decided yet"}
	}
	return bridge.PathStatus{Path: s.plan.Path, Reason: s.plan.Reason}
}

// watched gives whom the terminal sees alone or largest.
func (s *seat) watched() string {
	switch tiles := s.plan.Scene.Tiles; {
	case s.plan.Path == bridge.PathRelay || s.plan.Path == bridge.PathTranscode:
		return s.plan.Show.Person
	case len(tiles) > 0 && s.plan.Layout != transcode.Grid:
		return tiles[0].Person
	}
	return ""
}
