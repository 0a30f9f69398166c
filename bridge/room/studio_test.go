package room

import (
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// pictures waits until the worker's pictures are as wished.
func (r *rig) pictures(what string, ok func(in []transcode.VideoInput, out []transcode.VideoOutput) bool) {
	r.t.Helper()
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	r.eventually(what, func() bool { return ok(w.easel.now()) })
}

// path waits until a terminal sees by a path, for a reason.
func (m *terminal) path(p bridge.Path, reason string) {
	m.rig.t.Helper()
	m.rig.eventually(string(p)+": "+reason, func() bool {
		st := m.seat.Status().VideoOut
		return st.Path == p && strings.Contains(st.Reason, reason)
	})
}

// whole tells whether what the terminal got was one stream without a hole.
func (m *terminal) whole() {
	m.rig.t.Helper()
	if st := m.eye.Stats(); st.Recv.Lost > 0 || len(st.Drops) > 0 {
		m.rig.t.Errorf("the terminal lost %d packets, dropped %v", st.Recv.Lost, st.Drops)
	}
}

func TestThreePeople(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(m.sees(r.ctx(), 640))
	m.path(bridge.PathRelay, "packets of An")

	b := r.guest("Bình", roomtest.Options{Simulcast: true})
	r.must(m.sees(r.ctx(), 1280))
	m.path(bridge.PathCompose, "2 pictures")
	if st := m.seat.Status(); st.Arranged != "grid" || st.Layout != bridge.LayoutAuto || st.Showing != "" {
		t.Errorf("%+v", st)
	}
	r.pictures("the two others", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		if len(in) != 2 || len(out) != 1 {
			return false
		}
		s := out[0].Scene
		return len(s.Tiles) == 2 && s.Tiles[0].Name == "An" && s.Tiles[1].Name == "Bình" && s.Tiles[0].Input != 0 && s.Tiles[1].Input != 0 && s.More == 0
	})
	r.must(m.frames(r.ctx(), 10))
	r.eventually("the picture of the right layer", func() bool { // half of 1280 wide in a grid of two
		rm := r.engine.rooms["1001"].room
		rm.mu.Lock()
		defer rm.mu.Unlock()
		f := rm.studio.find(plan.Ref{Person: b.id()})
		if f == nil || f.track == nil {
			return false
		}
		_, h := f.track.Size()
		return h == 360
	})
	r.must(b.Say("state", map[string]any{"audio": false, "video": true}))
	r.pictures("a mark", func(_ []transcode.VideoInput, out []transcode.VideoOutput) bool { return out[0].Scene.Tiles[1].Muted })

	r.must(b.Say("state", map[string]any{"audio": true, "video": false}))
	r.must(m.sees(r.ctx(), 640))
	m.path(bridge.PathRelay, "packets of An")
	r.pictures("nothing", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool { return len(in)+len(out) == 0 })
	r.must(m.frames(r.ctx(), 5))
	m.whole()
}

// looker is a terminal that has no camera.
func (r *rig) looker(name string, o terminalOptions) *terminal {
	r.t.Helper()
	m := r.terminal(name, o)
	if o.receive == (media.H264Params{}) {
		o.receive, o.sends = cb31, cb31
	}
	m.negotiate(o, media.Send, false)
	m.seat.MediaChanged()
	return m
}

func TestOutputsAreShared(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	m, n := r.looker("Room 7", terminalOptions{}), r.looker("Room 8", terminalOptions{})
	for _, x := range []*terminal{m, n} {
		r.must(x.sees(r.ctx(), 1280))
		x.path(bridge.PathCompose, "2 pictures")
	}
	one := func(_ []transcode.VideoInput, out []transcode.VideoOutput) bool { return len(out) == 1 }
	r.pictures("one output", one)

	// A poor line takes one of them out, and the other sees nothing of it.
	n.eye.Limit(media.Limits{Bitrate: 400_000})
	r.must(n.sees(r.ctx(), 640))
	r.pictures("another output", func(_ []transcode.VideoInput, out []transcode.VideoOutput) bool {
		return len(out) == 2 && slices.ContainsFunc(out, func(o transcode.VideoOutput) bool {
			return o.Width == 640 && o.Height == 360 && o.Bitrate >= 384_000 && o.Bitrate <= 400_000
		}) && slices.ContainsFunc(out, func(o transcode.VideoOutput) bool { return o.Width == 1280 && o.Bitrate >= 1_000_000 })
	})
	if w, _ := m.eye.Track().Size(); w != 1280 {
		t.Errorf("the other sees a width of %d", w)
	}

	// Back on a good line it joins the other again.
	n.eye.Limit(media.Limits{Bitrate: 5_000_000})
	r.must(n.sees(r.ctx(), 1280))
	r.pictures("one output", one)
	m.whole()
	n.whole()
}

func TestUnlikeCodecs(t *testing.T) {
	r := newRig(t, func(c *Config) { c.VP8 = true })
	g := r.guest("An", roomtest.Options{VP8: true, Slots: 1})
	m := r.terminal("Room 7", terminalOptions{receive: media.H264Params{Profile: 66, Level: 31}})
	m.path(bridge.PathTranscode, "An sends VP8, and the receiver takes H264")
	r.must(m.sees(r.ctx(), 640))
	r.must(m.frames(r.ctx(), 5))
	r.pictures("a picture as it is", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		return len(in) == 1 && in[0].Codec == media.VP8 && len(out) == 1 && out[0].Mode == 0 && out[0].Scene.Layout == transcode.Single
	})

	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 5 && s.Keyframes > 0 }))
	r.must(g.Wait(r.ctx(), "a live slot", func(s roomtest.State) bool { return len(s.Slots) == 1 && s.Slots[0].State == "live" }))
	r.eventually("the way in", func() bool { return m.seat.Status().VideoIn.Path == bridge.PathTranscode })
	r.pictures("both ways", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		return len(in) == 2 && len(out) == 2 && slices.ContainsFunc(out, func(o transcode.VideoOutput) bool { return o.Codec == media.VP8 && o.Height == 360 })
	})
}

// A terminal that can be sent no still picture is shown the room's name by the worker.
func TestOldTerminal(t *testing.T) {
	r := newRig(t, nil)
	m := r.terminal("Room 7", terminalOptions{h263: true})
	m.path(bridge.PathCompose, "the room's name is drawn")
	r.pictures("the name", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		return len(in) == 0 && len(out) == 1 && out[0].Codec == media.H263 && out[0].Width == 352 && out[0].Scene.Title == "1001"
	})
	r.guest("An", roomtest.Options{})
	m.path(bridge.PathTranscode, "An sends H.264 Constrained Baseline, and the receiver takes H263")
	r.must(m.sees(r.ctx(), 352))
	r.must(m.frames(r.ctx(), 5))
	r.pictures("one output", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		return len(in) == 1 && len(out) == 1 && out[0].Scene.Layout == transcode.Single
	})
	m.whole()
}

// A camera that is too large is transcoded until it has come down.
func TestTooLargeIsTranscoded(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{})
	m := r.terminal("CIF", terminalOptions{receive: media.H264Params{Profile: 66, Level: 12, Mode: 1}})
	m.path(bridge.PathTranscode, "640 by 360, more than the terminal takes")
	r.must(m.sees(r.ctx(), 352))
	r.must(g.Wait(r.ctx(), "limits", func(s roomtest.State) bool {
		return len(s.Limits) == 1 && s.Limits[0].MaxWidth == 384 && s.Limits[0].MaxHeight == 216
	}))
	// Somebody else who looks keeps the camera as it is.
	r.terminal("HD", terminalOptions{}).path(bridge.PathCompose, "")
}

// One with a poor line does not pull down a camera that others see as it is.
func TestPoorLineAlone(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1})
	a := r.terminal("Room 7", terminalOptions{})
	heard := limitHeard{make(chan int, 100)}
	a.eye.SetFeedback(heard)
	r.must(g.Say("state", map[string]any{"audio": true, "video": false}))
	m := r.looker("Room 8", terminalOptions{})
	m.path(bridge.PathRelay, "packets of Room 7")
	m.eye.Limit(media.Limits{Bitrate: 100_000})
	bps := func() int {
		t.Helper()
		select {
		case bps := <-heard.bps:
			return bps
		case <-r.ctx().Done():
			t.Fatal("the camera was told nothing")
			return 0
		}
	}
	for bps() != 100_000 { // nobody else sees it
	}
	r.must(g.Show(roomtest.Want{Participant: a.id, Width: 640, Height: 360}))
	for bps() <= 100_000 {
	}
	m.path(bridge.PathRelay, "packets of Room 7") // the still picture of this test has few bits
	r.must(m.frames(r.ctx(), 3))
}

func TestOverload(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	m.path(bridge.PathCompose, "2 pictures")
	r.must(m.frames(r.ctx(), 3))
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	w.easel.set(true, false)
	m.path(bridge.PathRelay, "the media worker does not keep up, so the speaker is shown")
	r.must(m.sees(r.ctx(), 640))
	r.must(m.frames(r.ctx(), 5))
	r.pictures("nothing", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool { return len(in)+len(out) == 0 })
	m.whole()
}

func TestLoadedMachine(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Loaded = func() string { return "it uses 95 % of its processors" } })
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	r.looker("Room 7", terminalOptions{}).path(bridge.PathRelay, "the gateway is busy: it uses 95 %")
}

// A worker that gives no pictures is not waited for forever.
func TestDumbWorker(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	r.must(m.sees(r.ctx(), 640))
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	w.easel.set(false, true)
	r.guest("Bình", roomtest.Options{})
	m.path(bridge.PathCompose, "2 pictures")
	r.must(m.frames(r.ctx(), 3)) // what was relayed goes on until there is something else
	m.path(bridge.PathRelay, "the media worker gives no pictures")
	m.whole()
}

func TestLayouts(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	shows := func(layout bridge.Layout, arranged string) {
		t.Helper()
		r.eventually(arranged, func() bool {
			st := m.seat.Status()
			return st.Layout == layout && st.Arranged == arranged
		})
	}
	press := func(keys string) {
		for _, k := range keys {
			m.seat.Digit(k)
		}
	}
	shows(bridge.LayoutAuto, "grid")
	press("*2")
	shows(bridge.LayoutSpeaker, "single")
	m.path(bridge.PathRelay, "")
	press("*3")
	shows(bridge.LayoutOnePlusN, "one-plus-n")
	if !r.engine.SetRoomLayout("1001", bridge.LayoutGrid) || r.engine.SetRoomLayout("1002", bridge.LayoutGrid) {
		t.Error("rooms with a layout")
	}
	shows(bridge.LayoutOnePlusN, "one-plus-n") // what it chose itself counts
	press("*0")
	shows(bridge.LayoutGrid, "grid")
	if st := r.engine.Rooms()[0]; st.Layout != bridge.LayoutGrid {
		t.Errorf("%+v", st)
	}
	m.seat.(bridge.Arranger).SetLayout(bridge.LayoutSpeaker)
	shows(bridge.LayoutSpeaker, "single")
	r.engine.SetRoomLayout("1001", "")
	press("*0")
	shows(bridge.LayoutAuto, "grid")
}

// Whoever leaves leaves nothing behind.
func TestStudioEmpties(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 2})
	r.guest("Bình", roomtest.Options{})
	var all []*terminal
	for _, name := range []string{"A", "B", "C"} {
		m := r.terminal(name, terminalOptions{size: stills.Sizes[2]})
		m.path(bridge.PathCompose, "")
		all = append(all, m)
	}
	rm := r.engine.rooms["1001"].room
	track := all[0].video.Track()
	for _, m := range all[1:] {
		m.seat.Leave()
	}
	all[0].path(bridge.PathCompose, "2 pictures")
	g.disconnect()
	all[0].seat.Leave()
	if n := track.Stats().Sinks; n != 0 {
		t.Errorf("%d sinks are left at a camera", n)
	}
	r.eventually("an empty studio", func() bool {
		rm.mu.Lock()
		defer rm.mu.Unlock()
		return len(rm.studio.feeds)+len(rm.studio.outputs) == 0
	})
	r.pictures("an empty graph", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool { return len(in)+len(out) == 0 })
}

// Joins, leaves and layouts in quick order break nothing.
func TestRestlessRoom(t *testing.T) {
	r := newRig(t, nil)
	r.guest("An", roomtest.Options{})
	r.guest("Bình", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	for i := range 30 {
		m.seat.(bridge.Arranger).SetLayout(bridge.Layouts[i%len(bridge.Layouts)])
		if i%10 == 0 {
			x := r.terminal("coming and going", terminalOptions{})
			defer x.seat.Leave()
		}
		r.must(m.frames(r.ctx(), 2))
	}
	m.whole()
}

func TestSlides(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{})
	m := r.looker("Room 7", terminalOptions{})
	m.path(bridge.PathRelay, "packets of An")
	r.must(g.Say("state", map[string]any{"audio": true, "video": true, "sharing": true}))
	g.Screen.Off(false)
	r.eventually("slides", func() bool {
		st := m.seat.Status()
		return st.Arranged == "content" && st.VideoOut.Path == bridge.PathCompose && st.Showing == g.id()
	})
	r.pictures("slides and the camera", func(in []transcode.VideoInput, out []transcode.VideoOutput) bool {
		if len(in) != 2 || len(out) != 1 || len(out[0].Scene.Tiles) != 2 {
			return false
		}
		slides, camera := out[0].Scene.Tiles[0], out[0].Scene.Tiles[1]
		return slides.Slides && slides.Input != 0 && !camera.Slides && camera.Name == "An" && slides.Owner != camera.Owner
	})
	r.must(m.frames(r.ctx(), 5))
	m.seat.(bridge.Arranger).SetLayout(bridge.LayoutSpeaker)
	m.path(bridge.PathRelay, "packets of An")
	r.must(m.sees(r.ctx(), 640))
	m.whole()
}
