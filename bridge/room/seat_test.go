package room

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

func TestTerminalAndPage(t *testing.T) {
	r := newRig(t, nil)
	m := r.terminal("Room 7", terminalOptions{})
	r.must(m.sees(r.ctx(), 1280)) // the still picture
	if st := m.seat.Status(); st.VideoOut.Path != bridge.PathNone || !strings.Contains(st.VideoOut.Reason, "still") {
		t.Errorf("alone: %+v", st.VideoOut)
	}
	g := r.guest("An", roomtest.Options{Slots: 1})
	joined := time.Now()
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "the terminal's picture", func(s roomtest.SlotStats) bool { return s.Keyframes > 0 }))
	if d := g.Slot(0).Stats().First.Sub(joined); d > time.Second {
		t.Errorf("first picture in the browser after %v", d)
	}
	r.must(m.sees(r.ctx(), 640)) // the browser's camera
	r.must(m.frames(r.ctx(), 10))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 10 }))
	if st := g.Slot(0).Stats(); st.FirstTypes[0] != 7 || st.Gaps != 0 {
		t.Errorf("%+v", st)
	}
	st := m.seat.Status()
	for _, p := range []bridge.PathStatus{st.VideoIn, st.VideoOut} {
		if p.Path != bridge.PathRelay || !strings.Contains(p.Reason, "both ends speak H.264") {
			t.Errorf("%+v", p)
		}
	}
	if st.AudioIn.Path != bridge.PathTranscode || st.AudioOut.Path != bridge.PathTranscode || st.Showing != g.id() {
		t.Errorf("%+v", st)
	}
	g.Close()
	g.say([]byte(`{"type":"leave"}`))
	r.must(m.sees(r.ctx(), 1280))
}

func TestTerminalsOfOneRoom(t *testing.T) {
	r := newRig(t, nil)
	a := r.terminal("A", terminalOptions{size: stills.Sizes[1]})
	b := r.terminal("B", terminalOptions{size: stills.Sizes[2]})
	r.must(a.sees(r.ctx(), 352))
	r.must(b.sees(r.ctx(), 640))
}

func TestTerminalHold(t *testing.T) {
	r := newRig(t, nil)
	m := r.terminal("A", terminalOptions{})
	g := r.guest("An", roomtest.Options{Slots: 1})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
	r.must(m.sees(r.ctx(), 640))

	m.negotiate(terminalOptions{receive: cb31, sends: cb31}, media.Inactive, true)
	m.seat.MediaChanged()
	r.must(g.Wait(r.ctx(), "a blank slot", func(s roomtest.State) bool {
		return len(s.Slots) == 1 && s.Slots[0].State == "none" && s.Slots[0].Reason != ""
	}))
	if st := m.seat.Status(); st.VideoOut.Path != bridge.PathNone || st.AudioIn.Path != bridge.PathNone {
		t.Errorf("on hold: %+v", st)
	}
	keys := g.Slot(0).Stats().Keyframes
	asked := g.Camera[""].Keyframes.Load()

	m.negotiate(terminalOptions{receive: cb31, sends: cb31}, media.SendRecv, false)
	m.seat.MediaChanged()
	r.must(g.Slot(0).Wait(r.ctx(), "a keyframe after the hold", func(s roomtest.SlotStats) bool { return s.Keyframes > keys }))
	r.eventually("a keyframe request to the page", func() bool { return g.Camera[""].Keyframes.Load() > asked })
	r.must(m.frames(r.ctx(), 5))
}

func TestTerminalChoosesLayer(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     terminalOptions
		width int
	}{
		{"720p", terminalOptions{}, 1280},
		{"level 2.2", terminalOptions{receive: media.H264Params{Profile: 66, Level: 22, Mode: 1}}, 640},
		{"CIF", terminalOptions{receive: media.H264Params{Profile: 66, Level: 12, Mode: 1}}, 176},
		{"512 kbit/s", terminalOptions{bitrate: 512_000}, 640},
		{"640 by 360 by the number plan", terminalOptions{bounds: media.Limits{Width: 640, Height: 360}}, 640},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			g := r.guest("An", roomtest.Options{Simulcast: true})
			m := r.terminal("A", c.o)
			r.must(m.sees(r.ctx(), c.width))
			r.must(m.frames(r.ctx(), 5))
			if c.o.bitrate > 0 {
				r.must(g.Wait(r.ctx(), "limits", func(s roomtest.State) bool {
					return len(s.Limits) == 3 && s.Limits[1].MaxBitrate == 512_000
				}))
			}
		})
	}
}

func TestTerminalRefusals(t *testing.T) {
	r := newRig(t, noPictures)
	r.guest("An", roomtest.Options{})
	m := r.terminal("old", terminalOptions{receive: media.H264Params{Profile: 66, Level: 12}})
	r.eventually("a reason", func() bool { return strings.Contains(m.seat.Status().VideoOut.Reason, "packetization-mode") })
	if st := m.seat.Status(); st.VideoOut.Path != bridge.PathNone {
		t.Errorf("%+v", st.VideoOut)
	}
	r.must(m.sees(r.ctx(), 352)) // the still picture in single NAL units
}

func TestTerminalSound(t *testing.T) {
	r := newRig(t, nil)
	a := r.terminal("A", terminalOptions{})
	g := r.guest("An", roomtest.Options{})
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.graph.Inputs) == 1 && len(m.graph.Outputs) == 2 }))
	// The page may be connected a moment before the room is.
	r.eventually("sound at the page", func() bool { a.speak(1); return g.Sounding() != nil })
	a.speak(20)
	r.must(g.Sounding().Wait(r.ctx(), 10))
	seqs, _ := g.Sounding().Timing()
	for i := 1; i < len(seqs); i++ {
		if seqs[i] != seqs[i-1]+1 {
			t.Errorf("sequence numbers %v", seqs)
			break
		}
	}
	for range 10 {
		r.must(g.Mic.Send([]byte{1, 2, 3}, 30))
	}
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.graph.Inputs) == 2 }))
	for _, o := range w.graph.Outputs {
		if len(o.Hears) != 1 {
			t.Errorf("an output hears %v, not everyone but itself", o.Hears)
		}
	}
	r.must(g.Say("state", map[string]any{"audio": false, "video": true}))
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.graph.Inputs) == 1 }))
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.stills) == 1 }))
	if s := w.stills[0]; s.Title != "1001" || s.Width != 1280 {
		t.Errorf("still %+v", s)
	}
}

// headers is a sink that keeps what there is room for.
type headers chan packet.Header

func (h headers) Flush() {}
func (h headers) WriteRTP(p *packet.Packet) {
	select {
	case h <- p.Header:
	default:
	}
}

// Two terminals alone that speak the same hear each other past the worker; a
// third one brings it in.
func TestTerminalsHearEachOtherStraight(t *testing.T) {
	r := newRig(t, nil)
	a, b := r.terminal("A", terminalOptions{noVideo: true}), r.terminal("B", terminalOptions{noVideo: true})
	got := make(headers, 200)
	b.far.Track().Attach(got)
	r.eventually("relayed sound", func() bool {
		st := a.seat.Status()
		return st.AudioIn.Path == bridge.PathRelay && st.AudioOut.Path == bridge.PathRelay && strings.Contains(st.AudioOut.Reason, "PCMU")
	})
	a.speak(20)
	var before packet.Header
	for i := range 20 {
		select {
		case h := <-got:
			if i > 0 && (h.Seq != before.Seq+1 || h.Timestamp == before.Timestamp) {
				t.Errorf("%+v after %+v", h, before)
			}
			before = h
		case <-r.ctx().Done():
			t.Fatalf("%d packets", i)
		}
	}
	w, err := r.worker.meeting(r.ctx())
	r.must(err)
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.graph.Inputs)+len(m.graph.Outputs) == 0 }))
	r.terminal("C", terminalOptions{noVideo: true})
	r.must(w.wait(r.ctx(), func(m *fakeMeeting) bool { return len(m.graph.Inputs) == 3 && len(m.graph.Outputs) == 3 }))
	a.speak(2 * mixWarm)
	r.eventually("mixed sound", func() bool { return b.seat.Status().AudioOut.Path == bridge.PathTranscode })
	b.negotiate(terminalOptions{noVideo: true}, media.SendRecv, true)
	b.seat.MediaChanged()
	if st := b.seat.Status(); st.AudioOut.Path != bridge.PathNone || !strings.Contains(st.AudioOut.Reason, "hold") {
		t.Errorf("%+v", st.AudioOut)
	}
}

// A picture that is larger than the terminal takes is not sent; the page is
// asked for a smaller one.
func TestTerminalTooSmall(t *testing.T) {
	r := newRig(t, noPictures)
	g := r.guest("An", roomtest.Options{}) // one encoding of 640 by 360
	m := r.terminal("CIF", terminalOptions{receive: media.H264Params{Profile: 66, Level: 12, Mode: 1}})
	r.must(g.Wait(r.ctx(), "limits", func(s roomtest.State) bool {
		return len(s.Limits) == 1 && s.Limits[0].MaxWidth == 384 && s.Limits[0].MaxHeight == 216
	}))
	r.eventually("a reason", func() bool { return strings.Contains(m.seat.Status().VideoOut.Reason, "640 by 360") })
	r.must(m.sees(r.ctx(), 352))
}

func TestTerminalWithoutVideo(t *testing.T) {
	r := newRig(t, nil)
	m := r.terminal("phone", terminalOptions{noVideo: true})
	n := r.terminal("Room 7", terminalOptions{})
	st := m.seat.Status()
	if st.VideoIn.Path != bridge.PathNone || st.VideoOut.Path != bridge.PathNone || st.ContentIn.Path != bridge.PathNone {
		t.Errorf("%+v", st)
	}
	m.seat.KeyframeWanted()
	m.seat.Digit('5')
	r.must(n.sees(r.ctx(), 1280)) // a phone has no picture to show
	if st := n.seat.Status(); st.VideoIn.Path != bridge.PathNone || st.VideoIn.Reason == "" {
		t.Errorf("%+v", st)
	}
}

// What the terminal says in RTCP of its path chooses the layer and travels on
// to the page.
func TestTerminalLimitsBitrate(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Simulcast: true})
	m := r.terminal("Room 7", terminalOptions{})
	r.must(m.sees(r.ctx(), 1280))
	m.eye.Limit(media.Limits{Bitrate: 400_000}) // a TMMBR
	r.must(m.sees(r.ctx(), 640))
	r.must(g.Wait(r.ctx(), "limits", func(s roomtest.State) bool {
		return len(s.Limits) == 3 && s.Limits[1].MaxBitrate > 300_000 && s.Limits[1].MaxBitrate <= 400_000
	}))
	if st := m.seat.Status(); st.VideoOut.Path != bridge.PathRelay {
		t.Errorf("%+v", st.VideoOut)
	}
}

// limitHeard is the feedback on a terminal's camera.
type limitHeard struct{ bps chan int }

func (l limitHeard) KeyframeWanted()       {}
func (l limitHeard) Reported(relay.Report) {}
func (l limitHeard) BitrateLimit(bps int)  { l.bps <- bps }

// A page with a poor path makes the terminal send less: it has one picture only.
func TestPageLimitsTerminal(t *testing.T) {
	r := newRig(t, nil)
	g := r.guest("An", roomtest.Options{Slots: 1})
	m := r.terminal("Room 7", terminalOptions{})
	heard := limitHeard{make(chan int, 100)}
	m.eye.SetFeedback(heard)
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 1280, Height: 720}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
	r.must(g.Slot(0).Limit(500_000))
	select {
	case bps := <-heard.bps:
		if bps < singleLeast || bps > 500_000 {
			t.Errorf("the terminal was told %d bit/s", bps)
		}
	case <-r.ctx().Done():
		t.Error("the terminal was told nothing")
	}
}

func TestSeatStatusWithoutWorker(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Worker = nil })
	m := r.terminal("Room 7", terminalOptions{})
	st := m.seat.Status()
	for _, p := range []bridge.PathStatus{st.AudioIn, st.AudioOut} {
		if p.Path != bridge.PathNone || !strings.Contains(p.Reason, "media worker") {
			t.Errorf("%+v", p)
		}
	}
	g := r.guest("An", roomtest.Options{Slots: 1})
	r.must(g.Show(roomtest.Want{Participant: m.id, Width: 640, Height: 360}))
	r.must(g.Slot(0).Wait(r.ctx(), "pictures", func(s roomtest.SlotStats) bool { return s.Frames > 3 }))
	r.must(m.sees(r.ctx(), 640))
}

func TestSoundStatusNamesTheCodec(t *testing.T) {
	r := newRig(t, nil)
	r.worker.caps.AudioDecode = []media.Codec{media.Opus}
	r.worker.caps.AudioEncode = []media.Codec{media.Opus}
	m := r.terminal("Room 7", terminalOptions{})
	if st := m.seat.Status(); st.AudioIn.Path != bridge.PathNone || !strings.Contains(st.AudioIn.Reason, "PCMU") {
		t.Errorf("%+v", st.AudioIn)
	}
}

// A full room refuses a terminal with a reason.
func TestSeatRefused(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxParticipants = 1 })
	r.page("An", roomtest.Options{})
	_, err := r.engine.Seat(t.Context(), bridge.Terminal{CallID: "x", Room: "1001"})
	var no *bridge.Refusal
	if !errors.As(err, &no) || no.Cause != bridge.CauseCapacity {
		t.Errorf("%v", err)
	}
	if _, err := r.engine.Seat(t.Context(), bridge.Terminal{CallID: "x"}); err == nil {
		t.Error("a room without a name")
	}
}
