package plan

import (
	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// View is what is remembered of one viewer from decision to decision.
type View struct {
	floor    floorView
	rate     Rate
	wish     bridge.Layout
	composed bool  // many pictures rather than one
	changed  int64 // when that changed last
	flood    flood
	source   height
	before   outlook
}

// calm is how long a view stays composed, or not, when that is a matter of taste.
const calm = 2e9 // ns

// Decide says how the view is served from now on.
func (v *View) Decide(in Input, now int64) Decision {
	d := v.decide(in, now)
	d.Change = v.follow(&in, &d)
	return d
}

func (v *View) decide(in Input, now int64) Decision {
	class := v.rate.Follow(in.Viewer.Limits.Bitrate, now)
	l, note := in.wished(), in.uncomposed()
	many := l != transcode.Single && note == ""
	taste := v.wish == in.Viewer.Wish && note == "" && in.pictures() > 0
	if taste && many != v.composed && now-v.changed < calm {
		if many = v.composed; many {
			l = transcode.Grid
		}
	}
	if v.wish = in.Viewer.Wish; many != v.composed {
		v.composed, v.changed = many, now
	}
	if l == transcode.Single {
		note = ""
	}
	if many {
		return v.compose(in, l, class, now)
	}
	d := v.single(in, class, now)
	d.Reason = also(d.Reason, note)
	return d
}

// Showing is whose picture is shown alone or largest.
func (v *View) Showing() string { return v.floor.shown }

// pictures counts the cameras that the viewer could be shown.
func (in *Input) pictures() (n int) {
	for i := range in.People {
		if p := &in.People[i]; p.ID != in.Viewer.ID && p.Main.Live {
			n++
		}
	}
	return n
}

// uncomposed says why the viewer cannot be shown a composed picture now; "" is
// that it can.
func (in *Input) uncomposed() string {
	w, codec := in.Worker, in.Viewer.Format.Codec
	seen, _, _ := in.others()
	slides := in.find(Ref{in.sharer(), true})
	switch {
	case w.Trouble != "":
		return "more cannot be shown: " + w.Trouble
	case !w.Capabilities.Encodes(codec):
		return "more cannot be shown: the media worker makes no " + string(codec)
	case len(seen) == 0 && (slides == nil || !w.Capabilities.Decodes(slides.Format.Codec)):
		return "more cannot be shown: the media worker reads none of the pictures"
	}
	return w.Strain
}

func (v *View) compose(in Input, l transcode.Layout, class int, now int64) Decision {
	seen, _, _ := in.others()
	large := v.floor.choose(in.Recent, seen, now)
	o := OutputFor(in.Viewer, class, 0)
	s := in.scene(l, o, large)
	n := 0
	for _, r := range s.Tiles {
		if p := in.find(r); p != nil && p.Live {
			n++
		}
	}
	return Decision{Path: bridge.PathCompose, Reason: composed(n), Layout: l, Output: o, Scene: s}
}

// single shows one picture: slides, or else whoever has the floor.
func (v *View) single(in Input, class int, now int64) Decision {
	candidates, refusal := in.candidates()
	r := Ref{Person: v.floor.choose(in.Recent, candidates, now)}
	if s := in.sharer(); s != "" && (in.Viewer.Wish == bridge.LayoutAuto || in.Viewer.Wish == bridge.LayoutContent) {
		if slides := (Ref{s, true}); in.showable(in.find(slides)) {
			r = slides
		}
	}
	p := in.find(r)
	if p == nil {
		return v.blank(in, class, refusal)
	}
	name := in.name(r.Person)
	large, fast := beyond(p, in.Viewer.Limits), v.flood.over(r, p, in.Viewer.Limits.Bitrate, now)
	relay := Decision{Path: bridge.PathRelay, Reason: relayed(name, p), Layout: transcode.Single, Show: r}
	why, small := "", 0
	if f := in.Viewer.Format; f.Codec == media.H264 {
		small = mtuFor(f.H264) // packets are passed on uncut
	}
	switch {
	case p.Refusal != "":
		why = refused(name, p)
	case large:
		why = tooLarge(name, p)
	case small > 0:
		why = tooLong(name, small)
	case fast:
		why = tooFast(name)
	default:
		return relay
	}
	if !in.Worker.Converts(p.Format.Codec, in.Viewer.Format.Codec) {
		if !large {
			return relay
		}
		d := v.blank(in, class, why)
		d.Show, d.Beyond = r, true
		return d
	}
	return Decision{
		Path: bridge.PathTranscode, Reason: transcoded(why), Layout: transcode.Single, Show: r, Beyond: p.Refusal == "" && small == 0,
		Output: OutputFor(in.Viewer, class, v.source.follow(p.Height)), Scene: Scene{Layout: transcode.Single, Tiles: []Ref{r}},
	}
}

// candidates are the others whose picture the viewer can be shown alone. With
// none, refusal says why pictures that are there cannot be.
func (in *Input) candidates() (ids []string, refusal string) {
	for i := range in.People {
		p := &in.People[i]
		if p.ID == in.Viewer.ID || !p.Main.Live {
			continue
		}
		if in.showable(&p.Main) {
			ids = append(ids, p.ID)
		} else {
			refusal = refused(p.Name, &p.Main)
		}
	}
	if len(ids) > 0 {
		refusal = ""
	}
	return ids, refusal
}

func (in *Input) showable(p *Picture) bool {
	return p != nil && p.Live && (p.Refusal == "" || in.Worker.Converts(p.Format.Codec, in.Viewer.Format.Codec))
}

// blank is the view of nobody. A terminal that can be sent no still picture is
// shown the room's name by the worker.
func (v *View) blank(in Input, class int, why string) Decision {
	if why == "" {
		why = nothing
	}
	d := Decision{Path: bridge.PathNone, Reason: why}
	if in.Viewer.Still || in.Worker.Trouble != "" || !in.Worker.Capabilities.Encodes(in.Viewer.Format.Codec) {
		return d
	}
	d.Path, d.Layout = bridge.PathCompose, transcode.Speaker
	if why == nothing {
		d.Reason = "nobody else shows a picture: the room's name is drawn in the meeting's media worker"
	}
	d.Output, d.Scene = OutputFor(in.Viewer, class, 0), Scene{Layout: transcode.Speaker, Title: in.Viewer.Room}
	return d
}

// beyond tells whether a picture is larger than its receiver takes.
func beyond(p *Picture, l media.Limits) bool {
	return p.Width > 0 && !l.Fits(p.Width, p.Height, 0) && !l.Fits(p.Height, p.Width, 0)
}

// flood finds pictures with far more bits than their receiver takes.
type flood struct {
	of     Ref
	beyond bool
	since  int64 // of what speaks for a change; 0: nothing does
}

// A picture is too much when it has floodFactor times the limit for floodFor, its
// maker having been told, and no more when it was within the limit for ebbFor,
// nanoseconds. Where the maker is not told it is too much at once.
const (
	floodFactor = 2
	floodFor    = 2e9
	ebbFor      = 5e9
)

func (f *flood) over(of Ref, p *Picture, limit int, now int64) bool {
	if f.of != of {
		*f = flood{of: of}
	}
	turn, wait := limit > 0 && p.Bitrate > floodFactor*limit, int64(floodFor)
	switch {
	case f.beyond && p.Loud:
		turn, wait = p.Bitrate > 0 && p.Bitrate*2 < limit, ebbFor
	case f.beyond:
		turn, wait = limit == 0 || p.Bitrate*10 <= limit*11, ebbFor
	case p.Loud:
		turn, wait = p.Bitrate*10 > limit*8, 0
	}
	switch {
	case !turn:
		f.since = 0
	case f.since == 0:
		f.since = now
	}
	if turn && now-f.since >= wait {
		f.beyond, f.since = !f.beyond, 0
	}
	return f.beyond
}

// height follows the height of a source that is transcoded, but not each of
// the small steps of a camera that adapts to its path.
type height int

func (h *height) follow(source int) int {
	if source > int(*h) || source*3 < int(*h)*2 {
		*h = height(source)
	}
	return int(*h)
}
