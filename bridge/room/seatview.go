package room

import (
	"context"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
)

// look decides what the terminal sees.
func (s *seat) look(now int64) {
	if s.viewer == nil {
		return
	}
	video := s.terminal.Video.Negotiated()
	if !flows(video, media.Send) {
		s.plan = plan.Decision{}
		s.viewer.show(nil, noLimits)
		return
	}
	limits := s.limits(video)
	before := s.plan
	s.plan = s.view.Decide(plan.Input{
		Viewer: plan.Viewer{
			ID: s.id, Room: s.room.name, Format: video.Send, Limits: limits, Wish: s.wish(), Still: s.still != nil,
		},
		People: s.meets(limits, now), Recent: s.room.floor.recent(), Worker: s.room.studio.able,
	}, now)
	if s.plan.Path == bridge.PathCompose {
		s.plan.Scene.Banner = s.banner.at(now)
	}
	s.relayed.Store(s.plan.Path == bridge.PathRelay)
	s.engine.views.changed(s.plan)
	if d := s.plan; d.Path != before.Path || d.Layout != before.Layout || d.Show != before.Show {
		s.room.log.Debug("view", "call", s.callID, "path", d.Path, "layout", d.Layout, "shows", d.Show.Person, "reason", d.Reason)
	}
	s.watch(limits, now)
}

// wish is the layout that the terminal is to have.
func (s *seat) wish() bridge.Layout {
	if s.layout != "" {
		return s.layout
	}
	return s.room.layout
}

// watch shows what was decided.
func (s *seat) watch(limits media.Limits, now int64) {
	switch d := s.plan; {
	case d.Made():
		s.room.studio.wish(wished{s.viewer, limits, d.Output, d.Scene, d.Beyond})
		s.dropText(now)
	case d.Path == bridge.PathRelay:
		t := s.suits(s.room.picture(d.Show), limits, now)
		told := limits
		if s.yields(s.room.picture(d.Show), t, limits) {
			told = noLimits // what is too much is transcoded
		}
		s.viewer.show(t, told)
		s.dropText(now)
	case d.Beyond:
		// A decoder that is given more than it takes may show nothing, or worse.
		// The maker is told the limits; a browser's camera comes down to them.
		s.viewer.ask(s.suits(s.room.picture(d.Show), limits, now), limits)
		s.viewer.selects(s.blank(now))
	default:
		s.viewer.show(s.blank(now), noLimits)
	}
}

// suits gives the largest layer of a picture within the limits.
func (s *seat) suits(p *picture, limits media.Limits, now int64) *relay.Track {
	options := p.options(now)
	top := largest(options, limits)
	return p.layers[alive(options, top, top)].track
}

// meets lists the people as the terminal could be shown them.
func (s *seat) meets(limits media.Limits, now int64) []plan.Person {
	s.met = s.met[:0]
	for _, p := range s.room.people {
		m := plan.Person{ID: p.id, Name: p.name}
		if p != s.participant {
			m.Main, m.Slides = s.judge(p, false, limits, now), s.judge(p, true, limits, now)
		}
		s.met = append(s.met, m)
	}
	return s.met
}

// judge describes a picture in the layer that suits the terminal.
func (s *seat) judge(p *participant, slides bool, limits media.Limits, now int64) (out plan.Picture) {
	r := plan.Ref{Person: p.id, Slides: slides}
	pic := p.of(kindOf(r))
	if pic == nil || len(pic.layers) == 0 || !pic.live(now) && (!s.sees(r) || !pic.live(now-pictureGap)) {
		return out
	}
	options := pic.options(now)
	top := largest(options, limits)
	i := alive(options, top, top)
	t, o := pic.layers[i].track, options[i]
	out = plan.Picture{Live: true, Format: t.Format(), Width: o.width, Height: o.height, Bitrate: o.bitrate}
	out.Loud = s.yields(pic, t, limits)
	if !s.viewer.takes(t) { // made anew from as much as there is, not from a layer as small as the terminal's picture
		out.Refusal = s.terminal.Video.Refusal(out.Format)
		out.Width, out.Height = size(options, 0)
	}
	if !slides && s.plan.Path != bridge.PathCompose {
		pic.needs(top, now) // whoever speaks next is shown at once
	}
	return out
}

// yields tells whether the maker of a picture is not told of the terminal's
// limits, because somebody else takes more of it and the worker can make less.
func (s *seat) yields(p *picture, t *relay.Track, limits media.Limits) bool {
	able := &s.room.studio.able
	return len(p.layers) == 1 && able.Strain == "" && able.Converts(t.Format().Codec, s.terminal.Video.Negotiated().Send.Codec) &&
		s.room.studio.gazes.closer(t, s.viewer, limits.Bitrate)
}

// sees tells whether a picture is shown to the terminal now: a short loss must not
// make the view jump.
func (s *seat) sees(r plan.Ref) bool {
	return s.plan.Show == r || slices.Contains(s.plan.Scene.Tiles, r)
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
	l := video.Send.Limits().Intersect(s.terminal.Bounds)
	l = l.Intersect(media.Limits{Bitrate: video.SendBitrate})
	l = l.Intersect(media.Limits{Bitrate: s.line.bitrate()})
	return l.Intersect(media.Limits{Bitrate: int(s.limit.Load())})
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

const stillTimeout = 5 * time.Second
