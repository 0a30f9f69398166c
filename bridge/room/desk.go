package room

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// desk is a terminal's seat apart: nobody is there but it, and it is shown screens and
// told sounds. It has no room and no worker of its own: the hall makes what is seen and heard.
type desk struct {
	hall     *hall
	terminal bridge.Terminal
	viewer   *viewer   // nil: no video
	prompts  *prompter // nil: no sound
	limit    atomic.Int64
	ctx      context.Context // until it leaves
	cancel   context.CancelFunc
	drawing  sync.WaitGroup
	closed   chan struct{}

	mu     sync.Mutex
	notice *bridge.Notice // shown last
	form   canvas         // of the picture; zero: the terminal is shown none
	bytes  int            // that a picture may have
	still  *relay.Still
	shown  bool // the still has a picture
	busy   bool // a screen is being made
	stale  bool // another is wanted by now
	left   bool
}

// Receive implements bridge.Receptionist.
func (e *Engine) Receive(t bridge.Terminal) (bridge.Desk, error) {
	d, err := e.hall.receive(e.cfg, t)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func newDesk(h *hall, t bridge.Terminal) *desk {
	d := &desk{hall: h, terminal: t, closed: make(chan struct{})}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if t.Video != nil {
		d.viewer = newViewer(t.Video, nil)
		t.Video.SetFeedback(deskFeedback{d})
	}
	if t.Audio != nil {
		d.prompts = newPrompter(h, t.Audio)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.negotiated()
	return d
}

// deskFeedback is what the terminal says of the picture it gets.
type deskFeedback struct{ d *desk }

func (f deskFeedback) KeyframeWanted()       { f.d.viewer.splice.KeyframeWanted() }
func (f deskFeedback) Reported(relay.Report) {}
func (f deskFeedback) BitrateLimit(bps int) {
	if f.d.limit.Swap(int64(bps)) != int64(bps) {
		f.d.MediaChanged()
	}
}

// negotiated takes what the streams were negotiated to. The caller holds mu.
func (d *desk) negotiated() {
	if d.prompts != nil {
		d.prompts.attune(negotiatedOf(d.terminal.Audio))
	}
	if d.viewer == nil {
		return
	}
	form, bytes := canvasFor(d.terminal.Video.Negotiated(), int(d.limit.Load()), d.hall.caps)
	if d.bytes = bytes; form == d.form {
		return
	}
	old := d.still
	d.form, d.still, d.shown = form, nil, false
	if form.width > 0 {
		d.still = relay.NewStill(relay.StillConfig{ID: "notice/" + d.terminal.CallID, Format: form.format, FPS: stillFPS})
		d.viewer.show(d.still.Track(), noLimits)
	} else {
		d.viewer.show(nil, noLimits)
	}
	if old != nil {
		old.Close()
	}
	d.redraw()
}

// Show implements bridge.Desk.
func (d *desk) Show(n bridge.Notice) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n.Lines = slices.Clone(n.Lines)
	d.notice = &n
	d.redraw()
}

// redraw has the screen made anew. One is made at a time; of those that are wanted
// meanwhile, the last. The caller holds mu.
func (d *desk) redraw() {
	switch {
	case d.left || d.notice == nil || d.still == nil:
	case d.busy:
		d.stale = true
	default:
		d.busy = true
		d.drawing.Go(d.draw)
	}
}

func (d *desk) draw() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.stale = true; d.stale && !d.left && d.still != nil; {
		d.stale = false
		form, still, want := d.form, d.still, d.form.request(*d.notice, d.bytes)
		d.mu.Unlock()
		units, err := d.hall.picture(d.ctx, want)
		d.mu.Lock()
		if d.left || d.still != still {
			continue
		}
		if err == nil {
			err = form.put(still, units)
		}
		if err != nil {
			d.hall.log.Warn("no screen for a terminal in reception", "call", d.terminal.CallID, "error", err)
		}
		if err != nil && !d.shown {
			err = form.plain(still)
		}
		d.shown = d.shown || err == nil
	}
	d.busy = false
}

// Say implements bridge.Desk.
func (d *desk) Say(sound []int16) {
	if d.prompts != nil {
		d.prompts.say(sound)
	}
}

// MediaChanged implements bridge.Seat.
func (d *desk) MediaChanged() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.left {
		d.negotiated()
	}
}

// Digit implements bridge.Seat. Keys are heard by who asks.
func (d *desk) Digit(rune) {}

// KeyframeWanted implements bridge.Seat.
func (d *desk) KeyframeWanted() {
	if d.viewer != nil {
		d.viewer.splice.KeyframeWanted()
	}
}

// Leave implements bridge.Seat.
func (d *desk) Leave() {
	d.mu.Lock()
	if d.left {
		d.mu.Unlock()
		<-d.closed
		return
	}
	d.left = true
	still := d.still
	if d.viewer != nil {
		d.viewer.close()
	}
	d.mu.Unlock()
	d.cancel()
	if d.terminal.Video != nil {
		d.terminal.Video.SetFeedback(nil)
	}
	if d.prompts != nil {
		d.prompts.close()
	}
	d.drawing.Wait()
	if still != nil {
		still.Close()
	}
	d.hall.leave(d)
	close(d.closed)
}

// Status implements bridge.Seat.
func (d *desk) Status() bridge.SeatStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	audio, video := negotiatedOf(d.terminal.Audio), negotiatedOf(d.terminal.Video)
	in := func(st media.Stream) bridge.PathStatus {
		why := idle(st, media.Recv)
		if why == "" {
			why = "the terminal is in reception, where nobody is"
		}
		return bridge.PathStatus{Path: bridge.PathNone, Reason: why}
	}
	s := bridge.SeatStatus{AudioIn: in(audio), VideoIn: in(video)}
	s.AudioOut = d.made(idle(audio, media.Send), d.prompts != nil && d.prompts.able(), string(audio.Send.Codec), "prompts of the reception")
	s.VideoOut = d.made(idle(video, media.Send), d.still != nil, string(video.Send.Codec), "a screen of the reception")
	s.ContentIn = bridge.PathStatus{Path: bridge.PathNone, Reason: "no content is negotiated"}
	s.ContentOut = s.ContentIn
	return s
}

// made is the path of what the worker makes for the terminal.
func (d *desk) made(idle string, able bool, codec, what string) bridge.PathStatus {
	switch {
	case idle != "":
		return bridge.PathStatus{Path: bridge.PathNone, Reason: idle}
	case !able:
		return bridge.PathStatus{Path: bridge.PathNone, Reason: "the media worker does not make " + codec}
	}
	return bridge.PathStatus{Path: bridge.PathCompose, Reason: what}
}

var (
	_ bridge.Receptionist = (*Engine)(nil)
	_ bridge.Desk         = (*desk)(nil)
	_ relay.Feedback      = deskFeedback{}
)
