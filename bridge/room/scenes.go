package room

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/transcode"
)

// pictures is the studio's part of the worker's graph.
type pictures struct {
	inputs  []transcode.VideoInput
	outputs []transcode.VideoOutput
}

// graph says what the worker has to do, and makes its events find their way.
func (s *studio) graph(now int64) pictures {
	var g pictures
	if len(s.feeds)+len(s.outputs) == 0 {
		s.index.Store(&studioIndex{})
		return g
	}
	x := &studioIndex{feeds: map[transcode.StreamID]*feed{}, outputs: map[transcode.StreamID]*output{}}
	for _, f := range s.feeds {
		g.inputs = append(g.inputs, f.input())
		x.feeds[f.id] = f
	}
	for _, o := range s.outputs {
		g.outputs = append(g.outputs, o.video(s.scene(o.scene, now)))
		x.outputs[o.id] = o
	}
	s.index.Store(x)
	return g
}

// scene says a scene in the worker's words.
func (s *studio) scene(p plan.Scene, now int64) transcode.Scene {
	out := transcode.Scene{Layout: p.Layout, More: p.More, Title: p.Title, Banner: p.Banner, Tiles: []transcode.Tile{}}
	for _, r := range p.Tiles {
		who := s.room.find(r.Person)
		if who == nil {
			continue
		}
		t := transcode.Tile{Owner: r.Person, Slides: r.Slides}
		if f := s.find(r); f != nil && s.picture(r, now) != nil {
			t.Input = f.id
		}
		switch {
		case r.Slides:
			t.Owner += "/slides"
		case p.Layout != transcode.Single:
			t.Name, t.Muted, t.Speaking = who.name, !who.audio, who.audio && s.room.floor.talks(r.Person, now)
		}
		out.Tiles = append(out.Tiles, t)
	}
	return out
}

// packet takes one of the worker's, on the goroutine of its events.
func (s *studio) packet(f transcode.Frame) {
	if o := s.index.Load().outputs[f.Stream]; o != nil {
		o.play(f, s.mixer.now())
	}
}

// keyframeWanted is a decoder's wish.
func (s *studio) keyframeWanted(id transcode.StreamID) {
	if f := s.index.Load().feeds[id]; f != nil {
		f.splice.KeyframeWanted()
	}
}

func samePictures(a, b pictures) bool {
	return slices.Equal(a.inputs, b.inputs) && slices.EqualFunc(a.outputs, b.outputs, sameOutput)
}

func sameOutput(a, b transcode.VideoOutput) bool {
	return a.ID == b.ID && a.Codec == b.Codec && a.Profile == b.Profile && a.Level == b.Level && a.Mode == b.Mode && a.MTU == b.MTU &&
		a.Width == b.Width && a.Height == b.Height && a.FPS == b.FPS && a.Bitrate == b.Bitrate &&
		a.Scene.Layout == b.Scene.Layout && a.Scene.More == b.Scene.More && a.Scene.Title == b.Scene.Title && a.Scene.Banner == b.Scene.Banner && slices.Equal(a.Scene.Tiles, b.Scene.Tiles)
}
