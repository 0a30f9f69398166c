package room

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/transcode"
)

// made is a slot's picture while the worker makes it, because the browser does
// not play what its maker sends.
type made struct {
	on     bool
	rate   plan.Rate
	format media.Format // one that the browser plays
	output plan.Output
}

// converts tells whether the worker can make a picture fit for a slot.
func (v *visitor) converts(s *pageSlot, p *picture) bool {
	f, ok := s.plays(v.room.studio.able, p.layers[0].track.Format().Codec)
	s.made.format = f
	return ok
}

// plays gives the first format of the slot that the worker can make of a codec.
func (s *pageSlot) plays(w plan.Worker, from media.Codec) (media.Format, bool) {
	sl, ok := s.viewer.out.(*slot)
	if !ok {
		return media.Format{}, false
	}
	for _, f := range *sl.formats.Load() {
		if w.Converts(from, f.Codec) {
			return f.Format, true
		}
	}
	return media.Format{}, false
}

// demand is what a slot whose picture is made asks of its path: one layer, which can be made of any size.
func (s *pageSlot) demand(d demand) demand {
	w, h := size(d.options, 0)
	d.made, d.w, d.h = true, w, s.tall(h)
	d.w = w * d.h / max(h, 1)
	if o := s.made.output; o.Height > 0 {
		w, h = o.Width, o.Height
	}
	d.options, d.now = []option{{width: w, height: h, live: true}}, 0
	return d
}

// tall is how high a picture is made of a source of some height.
func (s *pageSlot) tall(source int) int {
	if s.want.Height > 0 {
		return min(source, rungOf(s.want.Height))
	}
	return source
}

// make asks the studio for a slot's picture, as large as the slot shows it and
// as its path carries it.
func (v *visitor) make(s *pageSlot, limits media.Limits, now int64) {
	r := plan.Ref{Person: s.want.Participant, Slides: s.want.Kind == kindContent}
	limits = s.made.format.Limits().Intersect(limits)
	_, height := size(v.room.picture(r).options(now), 0)
	height = s.tall(height)
	viewer := plan.Viewer{ID: v.id, Format: s.made.format, Limits: limits}
	s.made.output = plan.OutputFor(viewer, s.made.rate.Follow(limits.Bitrate, now), height)
	v.room.studio.wish(wished{s.viewer, limits, s.made.output, plan.Scene{Layout: transcode.Single, Tiles: []plan.Ref{r}}, false})
}

// rungOf rounds the height at which a page shows a picture up, so that pages
// which differ a little share an encoder.
func rungOf(height int) int {
	for _, h := range []int{180, 360, 540} {
		if height <= h {
			return h
		}
	}
	return 720
}

// state says how far the slot has got with its picture.
func (m *made) state(v *viewer, now int64) string {
	if t := v.splice.Showing(); t != nil && t == v.track && t.Live(now) {
		return "live"
	}
	return "waiting"
}

// picture gives what a reference means; it has to be there.
func (r *room) picture(f plan.Ref) *picture {
	p := r.find(f.Person)
	if f.Slides {
		return &p.content
	}
	return &p.main
}
