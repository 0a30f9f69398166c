package plan

import "slices"

// floorView chooses whom a view of one picture shows: the one who has the
// floor, the last other speaker for the one who speaks, somebody with a picture
// when nobody has spoken, nobody ("") when nobody shows one.
type floorView struct {
	shown string
	since int64
}

// viewHold is how long a view rests after a change that was a matter of taste.
const viewHold = 400e6

// choose decides. recent are the speakers, the last first; others are the
// participants beside the viewer that have a picture the viewer can be shown, in
// the order in which they came.
func (v *floorView) choose(recent, others []string, now int64) string {
	wish := v.wish(recent, others)
	switch {
	case wish == v.shown:
	case v.shown != "" && slices.Contains(others, v.shown) && now-v.since < viewHold:
		// calm: what is shown has only just come
	default:
		v.shown, v.since = wish, now
	}
	return v.shown
}

func (v *floorView) wish(recent, others []string) string {
	for _, id := range recent {
		if slices.Contains(others, id) {
			return id
		}
	}
	if slices.Contains(others, v.shown) {
		return v.shown
	}
	if len(others) > 0 {
		return others[0]
	}
	return ""
}
