package plan

import (
	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/transcode"
)

// Change says why a view is served otherwise than before.
type Change string

// Changes. Several may come together; then one of them counts.
const (
	ChangeLayout  Change = "layout"  // somebody chose another
	ChangeStrain  Change = "strain"  // the worker may compose no more, or again
	ChangeSlides  Change = "slides"  // somebody shares, or does no more
	ChangePeople  Change = "people"  // pictures came or went
	ChangeSpeaker Change = "speaker" // another has the floor
	ChangeFormat  Change = "format"  // what is sent, or what the viewer takes
)

// Changes are all there are.
var Changes = []Change{ChangeLayout, ChangeStrain, ChangeSlides, ChangePeople, ChangeSpeaker, ChangeFormat}

// outlook is what was decided when a view changed last, and from what.
type outlook struct {
	begun    bool
	path     bridge.Path
	layout   transcode.Layout
	show     Ref
	wish     bridge.Layout
	hindered bool
	sharer   string
	pictures int
}

func (in *Input) outlook(d *Decision) outlook {
	return outlook{
		begun: true, path: d.Path, layout: d.Layout, show: d.Show, wish: in.Viewer.Wish,
		hindered: in.Worker.Strain != "" || in.Worker.Trouble != "", sharer: in.sharer(), pictures: in.pictures(),
	}
}

// follow tells what has changed the view since it changed last; "" is that nothing
// has, or that this is the first decision.
func (v *View) follow(in *Input, d *Decision) Change {
	before := v.before
	if before.begun && before.path == d.Path && before.layout == d.Layout && before.show == d.Show {
		return ""
	}
	now := in.outlook(d)
	v.before = now
	shown := in.find(before.show)
	switch {
	case !before.begun:
		return ""
	case before.wish != now.wish:
		return ChangeLayout
	case before.hindered != now.hindered:
		return ChangeStrain
	case before.sharer != now.sharer:
		return ChangeSlides
	case before.path == now.path && before.layout == now.layout && shown != nil && shown.Live:
		return ChangeSpeaker
	case before.pictures != now.pictures || before.show != now.show:
		return ChangePeople
	}
	return ChangeFormat
}
