package room

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// look decides whom the terminal sees.
func (s *seat) look(now int64) {
	if s.viewer == nil {
		return
	}
	video := s.terminal.Video.Negotiated()
	if !flows(video, media.Send) {
		s.showing, s.refusal = "", ""
		s.viewer.show(nil, noLimits)
		return
	}
	others, refusal := s.candidates(now)
	before := s.showing
	if s.showing, s.refusal = s.view.choose(s.room.floor.recent(), others, now), refusal; s.showing != before {
		s.room.log.Debug("view", "call", s.callID, "shows", s.showing)
	}
	for _, id := range others { // whoever speaks next is shown at once
		main := &s.room.find(id).main
		main.needs(largest(main.options(now), s.limits(video)), now)
	}
	if p := s.room.find(s.showing); p != nil {
		s.watch(p, s.limits(video), now)
	} else {
		s.viewer.show(s.blank(now), noLimits)
	}
}

// watch shows a participant, in the largest layer within the limits.
func (s *seat) watch(p *participant, limits media.Limits, now int64) {
	options := p.main.options(now)
	top := largest(options, limits)
	i := alive(options, top, top)
	t, o := p.main.layers[i].track, options[i]
	s.viewer.ask(t, limits)
	if o.width == 0 || limits.Fits(o.width, o.height, 0) || limits.Fits(o.height, o.width, 0) {
		s.viewer.selects(t)
		s.dropText(now)
		return
	}
	// A decoder that is given more than it takes may show nothing, or worse.
	// The maker knows the limits now; a browser's camera comes down to them.
	s.showing = ""
	s.refusal = fmt.Sprintf("the picture of %s is %d by %d, more than the terminal takes", p.name, o.width, o.height)
	s.viewer.selects(s.blank(now))
}

// blank is the still picture, nil if the terminal can be shown none.
func (s *seat) blank(now int64) *relay.Track {
	if s.still == nil {
		return nil
	}
	s.blankAt = now
	s.drawText()
	return s.still.Track()
}

// limits are all that bounds what the terminal is sent.
func (s *seat) limits(video media.Stream) media.Limits {
	l := video.Send.Limits()
	l = l.Intersect(media.Limits{Bitrate: video.SendBitrate})
	l = l.Intersect(media.Limits{Bitrate: s.lossy.bitrate()})
	return l.Intersect(media.Limits{Bitrate: int(s.limit.Load())})
}

// candidates are the others whose picture the terminal can be shown as it
// is. With none, refusal says why pictures that are there cannot be.
func (s *seat) candidates(now int64) (ids []string, refusal string) {
	for _, p := range s.room.people {
		if p == s.participant {
			continue
		}
		pic := p.of(kindMain)
		if pic == nil || !pic.live(now) && (p.id != s.view.shown || !pic.live(now-viewPatience)) {
			continue
		}
		if t := pic.layers[0].track; !s.viewer.takes(t) {
			refusal = p.name + " sends " + describe(t.Format()) + ", and " + s.terminal.Video.Refusal(t.Format())
			continue
		}
		ids = append(ids, p.id)
	}
	if len(ids) > 0 {
		refusal = ""
	}
	return ids, refusal
}

// prepareStill makes the still picture for the format negotiated.
func (s *seat) prepareStill(video media.Stream) {
	if !flows(video, media.Send) || video.Send.Codec != media.H264 {
		return
	}
	key := stillKey{stillFor(s.limits(video)), video.Send.H264.Mode, video.Send.PT}
	if s.still != nil && key == s.stillFor {
		return
	}
	f := video.Send
	f.H264.Profile, f.H264.Constraints = 66, 0xc0 // what stills are: Constrained Baseline
	old := s.still
	s.still, s.stillFor, s.texted = relay.NewStill(relay.StillConfig{ID: "still/" + s.id, Format: f, FPS: stillFPS}), key, false
	_ = s.still.SetPicture(key.size.NALs(), key.size.Width, key.size.Height) // slices of 1100 bytes fit every mode
	if old != nil {
		if s.viewer.track == old.Track() {
			s.viewer.show(s.still.Track(), noLimits)
		}
		old.Close()
	}
}

// textKept is how long a picture with text is kept while another is shown. It
// is as large as all the rest of a leg.
const textKept = 5e9 // ns

// dropText goes back to the picture that all terminals share, behind the one
// that is shown.
func (s *seat) dropText(now int64) {
	if !s.texted || now-s.blankAt < textKept {
		return
	}
	s.texted = false
	_ = s.still.SetPicture(s.stillFor.size.NALs(), s.stillFor.size.Width, s.stillFor.size.Height)
}

// drawText asks the worker for the picture with the room's name and number,
// once there is a worker.
func (s *seat) drawText() {
	ref := s.room.mixer.meeting.Load()
	if ref == nil || s.texted || s.drawing != nil || s.left || s.still == nil || !s.room.mixer.caps.Stills() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stillTimeout)
	s.drawing = cancel
	still, key := s.still, s.stillFor
	want := stillRequest(key.size, s.room.name, s.number)
	go func() {
		defer cancel()
		nals, err := ref.Still(ctx, want)
		s.room.mu.Lock()
		defer s.room.mu.Unlock()
		s.drawing = nil
		if s.left || s.still != still {
			return
		}
		s.texted = true // a worker that cannot is not asked again
		if err != nil {
			s.room.log.Warn("no still picture with text", "call", s.callID, "error", err)
			return
		}
		if err := still.SetPicture(nals, key.size.Width, key.size.Height); err != nil {
			s.room.log.Warn("still picture with text is unusable", "call", s.callID, "error", err)
		}
	}()
}

// viewPatience is how much longer than others the picture that is shown may
// be silent: a short loss must not make the terminal jump.
const viewPatience = 2e9 // ns

const stillTimeout = 5 * time.Second

// Status implements bridge.Seat.
func (s *seat) Status() bridge.SeatStatus {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	audio, video := negotiatedOf(s.terminal.Audio), negotiatedOf(s.terminal.Video)
	st := bridge.SeatStatus{Showing: s.showing}
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
	in = bridge.PathStatus{Path: bridge.PathTranscode, Reason: "sound is mixed in the meeting's media worker"}
	out = in
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
	refusal := ""
	for _, p := range s.room.people {
		for _, v := range p.viewers() {
			if p != s.participant && v.takes(t) {
				return bridge.PathStatus{Path: bridge.PathRelay, Reason: "both ends speak " + describe(t.Format()) + ": its packets are passed on"}
			}
			if p != s.participant {
				refusal = p.name + " does not take " + describe(t.Format())
			}
		}
	}
	if refusal == "" {
		refusal = "nobody is there to see it"
	}
	return bridge.PathStatus{Path: bridge.PathNone, Reason: refusal}
}

// videoOut is what the terminal sees.
func (s *seat) videoOut(video media.Stream) bridge.PathStatus {
	if why := idle(video, media.Send); why != "" {
		return bridge.PathStatus{Path: bridge.PathNone, Reason: why}
	}
	if p := s.room.find(s.showing); p != nil && s.viewer.track != nil {
		return bridge.PathStatus{Path: bridge.PathRelay, Reason: "both ends speak " + describe(s.viewer.track.Format()) + ": packets of " + p.name + " are passed on"}
	}
	if s.refusal != "" {
		return bridge.PathStatus{Path: bridge.PathNone, Reason: s.refusal}
	}
	return bridge.PathStatus{Path: bridge.PathNone, Reason: "nobody else shows a picture: a still picture is sent"}
}
