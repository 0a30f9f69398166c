package plan

import (
	"slices"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/layout"
)

// gridMost is up to how many people `auto` shows in equal tiles.
const gridMost = 4

// others gives the people beside the viewer: those with a picture, those
// without one who have spoken, in the order in which they came, and how many there are
// in all. Who has a picture that the worker cannot read counts as one without.
// Those who only listen get no tile, which would tell nothing and make scenes unlike.
func (in *Input) others() (seen, heard []string, all int) {
	for i := range in.People {
		p := &in.People[i]
		if p.ID == in.Viewer.ID {
			continue
		}
		all++
		switch {
		case p.Main.Live && in.Worker.Capabilities.Decodes(p.Main.Format.Codec):
			seen = append(seen, p.ID)
		case slices.Contains(in.Recent, p.ID):
			heard = append(heard, p.ID)
		}
	}
	return seen, heard, all
}

// sharer gives who shows slides to the viewer, "" is nobody. Of several it is
// the one who spoke last.
func (in *Input) sharer() string {
	found := ""
	for i := range in.People {
		p := &in.People[i]
		if p.ID == in.Viewer.ID || !p.Slides.Live {
			continue
		}
		if found == "" || rank(in.Recent, p.ID) < rank(in.Recent, found) {
			found = p.ID
		}
	}
	return found
}

func rank(recent []string, id string) int {
	if i := slices.Index(recent, id); i >= 0 {
		return i
	}
	return len(recent)
}

// wished gives the layout that the viewer is to have as long as nothing
// speaks against it.
func (in *Input) wished() transcode.Layout {
	pictures := 0
	for i := range in.People {
		if p := &in.People[i]; p.ID != in.Viewer.ID && p.Main.Live {
			pictures++
		}
	}
	wish := in.Viewer.Wish
	sharing := in.sharer() != ""
	switch {
	case sharing && (wish == bridge.LayoutAuto || wish == bridge.LayoutContent):
		return transcode.Slides
	case wish == bridge.LayoutSpeaker || pictures <= 1:
		return transcode.Single
	case wish == bridge.LayoutGrid:
		return transcode.Grid
	case wish == bridge.LayoutOnePlusN:
		return transcode.OnePlusN
	case pictures <= gridMost:
		return transcode.Grid
	}
	return transcode.OnePlusN
}

// scene arranges the people in a layout of an output's size. Everyone has a place that stays the
// same for as long as people stay, in every view; the speaker and whoever had the
// large place change places. large is the speaker, or "".
func (in *Input) scene(l transcode.Layout, o Output, large string) Scene {
	seen, heard, count := in.others()
	all := append(seen, heard...)
	s := Scene{Layout: l}
	places := max(layout.MaxTiles(l, o.Width, o.Height), 1)
	if l == transcode.Slides {
		s.Tiles = append(s.Tiles, Ref{in.sharer(), true})
		places--
	}
	seated := seat(all, len(seen), in.Recent, places)
	if l == transcode.OnePlusN {
		if i := slices.Index(seated, large); i > 0 {
			seated[0], seated[i] = seated[i], seated[0]
		}
	}
	for _, id := range seated {
		s.Tiles = append(s.Tiles, Ref{Person: id})
	}
	s.More = count - len(seated)
	return s
}

// seat chooses who of all, of whom the first pictures have one, gets a place:
// those who spoke last, then the first ones. The order of all stays.
func seat(all []string, pictures int, recent []string, places int) []string {
	if len(all) <= places {
		return all
	}
	if places <= 0 {
		return nil
	}
	in := make(map[string]bool, places)
	take := func(list []string, of []string) {
		for _, id := range list {
			if len(in) < places && slices.Contains(of, id) {
				in[id] = true
			}
		}
	}
	take(recent, all[:pictures])
	take(all[:pictures], all)
	take(recent, all[pictures:])
	take(all, all)
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !in[id] })
}
