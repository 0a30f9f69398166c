package room

import (
	"slices"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

// studio is a room's pictures at the media worker, beside the mixer, which is
// its sound: it feeds the worker with the pictures that are shown, each once, and
// gives what the worker makes of them to those who wish for it. It is guarded by
// the room's mutex unless said otherwise.
type studio struct {
	room    *room
	mixer   *mixer
	able    plan.Worker // at this look
	wishes  []wished    // of this look
	gazes   gazes
	feeds   []*feed
	outputs []*output
	strain  plan.Strain
	read    int64 // when the worker's counters were read last
	heard   int64 // when they had changed last
	ticks   uint64
	counted map[transcode.StreamID]outputCount
	index   atomic.Pointer[studioIndex] // for the worker's events
}

// wished is a viewer that is to be shown a picture of the worker's.
type wished struct {
	viewer *viewer
	limits media.Limits
	output plan.Output
	scene  plan.Scene
	beyond bool // the picture would be relayed if its maker kept to the limits
}

// studioIndex is what the worker's events are about. It is never changed.
type studioIndex struct {
	feeds   map[transcode.StreamID]*feed
	outputs map[transcode.StreamID]*output
}

func newStudio(r *room, m *mixer) *studio {
	s := &studio{room: r, mixer: m, gazes: gazes{}, counted: map[transcode.StreamID]outputCount{}}
	s.index.Store(&studioIndex{})
	return s
}

const (
	// feedRest is how long a picture is decoded on that nobody is shown.
	feedRest = 2e9 // ns
	// pictureGap is for how long a picture keeps its place without packets.
	pictureGap = 2e9
)

// begin starts a look: seats and visitors wish after it.
func (s *studio) begin(now int64) {
	s.judge(now)
	s.gazes.take(s.room.people)
	s.wishes = s.wishes[:0]
	s.able = plan.Worker{Capabilities: s.mixer.caps, Trouble: s.mixer.trouble(), Strain: s.strain.Reason(now)}
}

// wish asks for a picture of the worker's for a viewer.
func (s *studio) wish(w wished) { s.wishes = append(s.wishes, w) }

// arrange gives everyone the picture wished for, and finds what the worker
// has to be fed for that.
func (s *studio) arrange(now int64) {
	s.assign(now)
	s.prune(now)
	s.nourish(now)
}

// assign finds or makes the outputs for the wishes.
func (s *studio) assign(now int64) {
	wishes, running := make([]plan.Wish, len(s.wishes)), make([]plan.Output, len(s.outputs))
	for i, o := range s.outputs {
		running[i] = o.spec
	}
	for i, w := range s.wishes {
		wishes[i] = plan.Wish{Output: w.output, Scene: w.scene, Now: s.showing(w.viewer)}
	}
	used := map[*output]bool{}
	for i, n := range plan.Share(wishes, running) {
		w := &s.wishes[i]
		if n >= transcode.MaxVideoOutputs {
			continue // nothing is made for it, what it shows goes on
		}
		if n == len(s.outputs) {
			s.outputs = append(s.outputs, newOutput(s.mixer, s.room.wake, w.output, now))
		}
		o := s.outputs[n]
		used[o] = true
		o.serve(w.output, w.scene, now)
		w.viewer.show(o.track, w.limits)
	}
	for _, o := range s.outputs {
		if !used[o] && o.idle == 0 {
			o.idle = now
		}
		o.steer(now)
	}
}

// showing gives the output that a viewer has or waits for, -1 is none.
func (s *studio) showing(v *viewer) int {
	return slices.IndexFunc(s.outputs, func(o *output) bool { return o.track == v.track })
}

// prune ends what nobody has looked at for a while.
func (s *studio) prune(now int64) {
	s.outputs = slices.DeleteFunc(s.outputs, func(o *output) bool {
		if o.idle == 0 || now-o.idle < outputRest || o.seen() {
			return false
		}
		o.close()
		return true
	})
}

// nourish feeds the worker with every picture that an output shows, in the
// layer for the size at which it is shown.
func (s *studio) nourish(now int64) {
	for _, f := range s.feeds {
		f.height = 0
	}
	for _, o := range s.outputs {
		if o.idle != 0 && !o.seen() {
			continue // it rests
		}
		heights := o.places.of(o.spec, o.scene)
		for i, r := range o.scene.Tiles {
			if f := s.feedFor(r, now); f != nil && i < len(heights) {
				f.height, f.used = max(f.height, heights[i]), now
			}
		}
	}
	s.feeds = slices.DeleteFunc(s.feeds, func(f *feed) bool {
		if now-f.used < feedRest {
			return false
		}
		f.close()
		return true
	})
	if len(s.feeds) > 0 {
		s.gazes.take(s.room.people)
	}
	for _, f := range s.feeds {
		if p := s.picture(f.of, now); p != nil && f.height > 0 {
			f.follow(p, s.bend(f, p), now)
		}
	}
}

// picture gives what a reference means, nil when it is not there to be shown.
func (s *studio) picture(r plan.Ref, now int64) *picture {
	p := s.room.find(r.Person)
	if p == nil {
		return nil
	}
	pic := p.of(kindOf(r))
	if pic == nil || !pic.live(now-pictureGap) {
		return nil
	}
	return pic
}

func kindOf(r plan.Ref) string {
	if r.Slides {
		return kindContent
	}
	return kindMain
}

// feedFor gives the feed of a picture, nil when it cannot be decoded.
func (s *studio) feedFor(r plan.Ref, now int64) *feed {
	p := s.picture(r, now)
	if p == nil {
		return nil
	}
	codec := p.layers[0].track.Format().Codec
	if f := s.find(r); f != nil && f.codec == codec {
		return f
	}
	if !s.mixer.caps.Decodes(codec) || len(s.feeds) >= transcode.MaxVideoInputs {
		return nil
	}
	f := newFeed(s.mixer, r, codec)
	s.feeds = append(s.feeds, f)
	return f
}

// find gives the newest feed of a picture.
func (s *studio) find(r plan.Ref) *feed {
	for _, f := range slices.Backward(s.feeds) {
		if f.of == r {
			return f
		}
	}
	return nil
}

// bend gives the limits that the maker of a picture is told. Where layers are
// there to choose from, or others look too, it is told none.
func (s *studio) bend(f *feed, p *picture) media.Limits {
	if len(p.layers) > 1 || s.gazes.at(p.layers[0].track) {
		return noLimits
	}
	only := -1
	for i, w := range s.wishes {
		if !slices.Contains(w.scene.Tiles, f.of) {
			continue
		}
		if only >= 0 {
			only = -1
			break
		}
		only = i
	}
	// The width is a guess that suits most cameras.
	usual := media.Limits{Bitrate: max(bitrateFor(f.height*16/9, f.height), singleLeast)}
	if only < 0 || !s.wishes[only].beyond {
		return usual
	}
	l := s.wishes[only].limits
	if w, h := p.layers[0].track.Size(); !l.Fits(w, h, 0) && !l.Fits(h, w, 0) {
		l.Bitrate = usual.Bitrate // the size is too much, not the bits
	}
	return l
}

// shows says how the worker shows a picture to others, if it does.
func (s *studio) shows(r plan.Ref) (st bridge.PathStatus, ok bool) {
	for _, o := range s.outputs {
		if o.idle != 0 || !slices.Contains(o.scene.Tiles, r) {
			continue
		}
		if o.scene.Layout == transcode.Single {
			return bridge.PathStatus{Path: bridge.PathTranscode, Reason: "it is transcoded for who does not take it as it is"}, true
		}
		st, ok = bridge.PathStatus{Path: bridge.PathCompose, Reason: "it is composed with other pictures"}, true
	}
	return st, ok
}

// unshow takes a track from the worker, before it ends.
func (s *studio) unshow(t *relay.Track) {
	for _, f := range s.feeds {
		if f.track == t || f.asked == t {
			f.show(nil, noLimits)
		}
	}
}

// leave ends the feeds of a participant.
func (s *studio) leave(id string) {
	s.feeds = slices.DeleteFunc(s.feeds, func(f *feed) bool {
		if f.of.Person != id {
			return false
		}
		f.close()
		return true
	})
}

// close ends everything.
func (s *studio) close() {
	s.index.Store(&studioIndex{})
	for _, f := range s.feeds {
		f.close()
	}
	for _, o := range s.outputs {
		o.close()
	}
	s.feeds, s.outputs, s.wishes = nil, nil, nil
}

// tick is housekeeping, called about ten times a second.
func (s *studio) tick(now int64) {
	for _, o := range s.outputs {
		o.track.Tick(now)
	}
}
