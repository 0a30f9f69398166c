package relay

import (
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// SpliceConfig describes a splice.
type SpliceConfig struct {
	Out  Out
	Kind media.Kind
	Now  func() int64 // the clock of Packet.Arrived; nil is Clock
	// OnSwitch says what is shown from now on. It is called on a flow's
	// goroutine and must neither block nor detach sinks.
	OnSwitch func(t *Track)
}

// askPending is how often a splice repeats its wish for a keyframe while
// packets of the selected track pass by without one.
const askPending = int64(time.Second)

// Splice makes one continuous RTP stream out of one of several tracks. It
// passes the receiver's wishes on to the track shown: it is the Feedback of
// the stream that is its Out.
type Splice struct {
	cfg    SpliceConfig
	now    func() int64
	sharer Sharer // the Out, if it is one

	mu      sync.Mutex // guards what follows; held while the Out is called
	closed  bool
	shown   *spliceEnd
	pending *spliceEnd // selected, waits for its keyframe
	line    timeline
	vp8     vp8Continuity
	dirty   bool   // sent since the last flush
	refusal string // of the selected track
	limit   int    // what the receiver takes, bit/s; 0 is no bound
}

// spliceEnd is the sink of a splice in one track. Its fields are guarded by
// the splice's lock.
type spliceEnd struct {
	s      *Splice
	track  *Track
	format *media.Format // for which pt was asked
	pt     uint8
	ok     bool // the receiver takes the format
	vp8    bool
	fresh  bool // pt was asked since the batch began
	broken bool // the source started over: a keyframe is awaited
	asked  int64
}

// NewSplice makes a splice that shows nothing.
func NewSplice(cfg SpliceConfig) *Splice {
	s := &Splice{cfg: cfg, now: clockOr(cfg.Now)}
	s.sharer, _ = cfg.Out.(Sharer)
	return s
}

// Select says what to show: audio switches at once, video at the track's next
// keyframe, which is asked for; what is shown goes on until then. nil is nothing.
func (s *Splice) Select(t *Track) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	var gone []*spliceEnd
	var fresh *spliceEnd
	switch {
	case t == nil:
		gone = append(gone, s.shown, s.pending)
		s.shown, s.pending, s.refusal = nil, nil, ""
	case s.pending != nil && s.pending.track == t:
	case s.shown != nil && s.shown.track == t:
		gone = append(gone, s.pending)
		s.pending, s.refusal = nil, ""
	default:
		gone = append(gone, s.pending)
		fresh = &spliceEnd{s: s, track: t, asked: s.now()}
		s.pending = fresh
		s.check(fresh)
	}
	limit := s.limit
	ask := fresh != nil && fresh.ok && s.cfg.Kind == media.Video
	s.mu.Unlock()
	release(gone)
	if fresh != nil {
		t.Attach(fresh)
		fresh.want(limit)
	}
	if ask {
		t.RequestKeyframe()
	}
}

// release takes ends off their tracks. It does not wait for batches that are
// under way: an end that is neither shown nor pending does nothing.
func release(ends []*spliceEnd) {
	for _, e := range ends {
		if e != nil {
			e.track.drop(e)
			e.track.Unwant(e)
		}
	}
}

// Showing is the track whose packets go out now, or nil.
func (s *Splice) Showing() *Track {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown == nil {
		return nil
	}
	return s.shown.track
}

// Refusal says for people why the selected track cannot be shown as it is;
// empty when it can.
func (s *Splice) Refusal() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.selected(); e != nil {
		s.check(e)
	}
	return s.refusal
}

func (s *Splice) selected() *spliceEnd {
	if s.pending != nil {
		return s.pending
	}
	return s.shown
}

// check asks the Out for the payload type of an end's format. Formats and
// negotiations change, so it is done once for a batch.
func (s *Splice) check(e *spliceEnd) {
	f := e.track.format.Load()
	e.format, e.vp8, e.fresh = f, f.Codec == media.VP8, true
	e.pt, e.ok = s.cfg.Out.PayloadType(*f)
	if e != s.selected() {
		return
	}
	if s.refusal = ""; e.ok {
		return
	}
	s.refusal = "the receiver does not take " + string(f.Codec) + " as it is"
	if o, ok := s.cfg.Out.(interface{ Refusal(media.Format) string }); ok {
		if why := o.Refusal(*f); why != "" {
			s.refusal = why
		}
	}
}

// WriteRTP is called by the end's track.
func (e *spliceEnd) WriteRTP(p *packet.Packet) {
	s := e.s
	s.mu.Lock()
	var old *spliceEnd
	switched, ask := false, false
	switch {
	case s.closed:
	case e == s.shown:
		ask = s.show(e, p)
	case e == s.pending:
		old = s.shown
		switched, ask = s.try(e, p)
	}
	s.mu.Unlock()
	if switched {
		release([]*spliceEnd{old})
		if s.cfg.OnSwitch != nil {
			s.cfg.OnSwitch(e.track)
		}
	}
	if ask {
		e.track.RequestKeyframe()
	}
}

// try switches to a pending track if it can begin with this packet.
func (s *Splice) try(e *spliceEnd, p *packet.Packet) (switched, ask bool) {
	if !e.fresh || e.track.format.Load() != e.format {
		s.check(e)
	}
	if !e.ok {
		return false, false
	}
	if s.cfg.Kind == media.Video && !p.Keyframe {
		return false, e.askAgain(p.Arrived)
	}
	s.shown, s.pending = e, nil
	s.begin(e, p)
	s.forward(e, p)
	return true, false
}

func (e *spliceEnd) askAgain(now int64) bool {
	if now-e.asked < askPending {
		return false
	}
	e.asked = now
	return true
}

// begin makes p the first packet of an end's source.
func (s *Splice) begin(e *spliceEnd, p *packet.Packet) {
	if !s.line.started {
		if o, ok := s.cfg.Out.(interface {
			Position() (uint16, uint32, bool)
		}); ok {
			if seq, time, ok := o.Position(); ok {
				s.line.resume(seq, time, p.Arrived)
			}
		}
	}
	s.line.join(p, e.format.ClockRate)
	s.vp8.splice()
	e.broken = false
}

// show passes a packet of the track shown, and tells whether a keyframe is needed.
func (s *Splice) show(e *spliceEnd, p *packet.Packet) (ask bool) {
	if !e.fresh || e.track.format.Load() != e.format {
		s.check(e)
	}
	if !e.ok {
		e.broken = true
		return false
	}
	if !e.broken && s.line.broken(p) {
		e.broken, e.asked = true, p.Arrived-askPending
	}
	if e.broken {
		if s.cfg.Kind == media.Video && !p.Keyframe {
			return e.askAgain(p.Arrived)
		}
		s.begin(e, p)
	}
	s.forward(e, p)
	return false
}

func (s *Splice) forward(e *spliceEnd, p *packet.Packet) {
	seq, time, ok := s.line.place(p)
	if !ok {
		return
	}
	h := packet.Header{PT: e.pt, Marker: p.Marker, Seq: seq, Timestamp: time}
	switch {
	case e.vp8:
		s.cfg.Out.Send(h, s.vp8.rewrite(p.Payload))
	case s.sharer != nil:
		s.sharer.SendShared(h, p)
	default:
		s.cfg.Out.Send(h, p.Payload)
	}
	s.dirty = true
}

// Flush ends a batch.
func (e *spliceEnd) Flush() {
	s := e.s
	s.mu.Lock()
	defer s.mu.Unlock()
	e.fresh = false
	if s.dirty && e == s.shown && !s.closed {
		s.dirty = false
		s.cfg.Out.Flush()
	}
}

// KeyframeWanted passes the receiver's wish on to the track shown.
func (s *Splice) KeyframeWanted() {
	if t := s.Showing(); t != nil {
		t.RequestKeyframe()
	}
}

// BitrateLimit is what the receiver takes: a want on the tracks that are
// shown or will be.
func (s *Splice) BitrateLimit(bps int) {
	s.mu.Lock()
	s.limit = bps
	ends := []*spliceEnd{s.shown, s.pending}
	s.mu.Unlock()
	for _, e := range ends {
		if e != nil {
			e.want(bps)
		}
	}
}

// want tells the end's track what the receiver takes.
func (e *spliceEnd) want(bps int) {
	if bps > 0 {
		e.track.Want(e, media.Limits{Bitrate: bps})
	} else {
		e.track.Unwant(e)
	}
}

// Reported does nothing: the source is not slowed down for one receiver's loss.
func (s *Splice) Reported(Report) {}

// Close lets go of all tracks; the Out is not called any more.
func (s *Splice) Close() {
	s.mu.Lock()
	gone := []*spliceEnd{s.shown, s.pending}
	s.closed, s.shown, s.pending = true, nil, nil
	s.mu.Unlock()
	release(gone)
}
