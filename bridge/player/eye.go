package player

import (
	"io"
	"time"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/packet"
)

// eye watches a picture: it rebuilds the pictures, records them and judges
// what a person would have seen. It is a relay.Sink of a stream's track, which
// gives packets in order; all methods belong to the goroutine of the flow.
type eye struct {
	now    func() int64
	ask    func()                                // for a keyframe
	record io.Writer                             // nil: not recorded
	decode func(stream []byte, timestamp uint32) // nil: not decoded
	failed func(error)                           // recording failed

	asm     *h264.Assembler
	old     *oldEye // in place of asm for other codecs
	at      int64   // time of the batch under way, 0 is none
	started bool
	prev    packet.Header // of the last packet
	holed   bool          // a packet of the unit under way is missing
	damage  bool          // nothing good until the next keyframe
	seen    EyeReport
	first   int64
	last    int64
	gaps    freezeMeter
}

// EyeReport is what an eye saw.
type EyeReport struct {
	FirstPicture    int64 // first complete keyframe, nanoseconds of the eye's clock, 0 is never
	Width, Height   int
	FPS             float64 // mean from the first frame to the last
	Frames          uint64  // whole pictures
	Keyframes       uint64  // that decode alone
	Damaged         uint64  // pictures in which or before which packets are missing
	Undecodable     uint64  // whole pictures that refer to a damaged one, or before the first keyframe
	Freezes         uint64
	LongestFreezeMS float64
}

func newEye(now func() int64) *eye {
	e := &eye{now: now, damage: true, ask: func() {}, failed: func(error) {}}
	e.asm = h264.NewAssembler(0, e.frame)
	return e
}

// WriteRTP implements relay.Sink.
func (e *eye) WriteRTP(p *packet.Packet) {
	if e.at == 0 {
		e.at = e.now()
	}
	if e.old != nil {
		e.old.push(p, e.coded)
		return
	}
	gap := p.Gap || e.started && p.Seq != e.prev.Seq+1
	if fresh := !e.started || e.prev.Marker || p.Timestamp != e.prev.Timestamp; fresh {
		// Without its marker the unit before may lack its end.
		e.holed = e.holed || gap && !e.prev.Marker
		e.asm.Flush()
		// A keyframe that has its beginning needs nothing of what is missing before it.
		e.holed = gap && !p.Keyframe
	} else if gap {
		e.holed = true
	}
	e.asm.Push(p)
	e.started, e.prev = true, p.Header
}

// Flush implements relay.Sink.
func (e *eye) Flush() { e.at = 0 }

// frame gets each access unit.
func (e *eye) frame(u *h264.AccessUnit) {
	if e.holed {
		e.damaged()
		return
	}
	e.whole(u.Keyframe && e.complete(u.Data), u.Data, u.Timestamp)
}

// damaged notes a picture in which something is missing.
func (e *eye) damaged() {
	e.seen.Damaged++
	e.damage = true
	e.ask() // as a terminal does whose picture is damaged
}

// whole notes a picture that came complete.
func (e *eye) whole(key bool, data []byte, timestamp uint32) {
	e.seen.Frames++
	if e.first == 0 {
		e.first = e.at
	}
	e.last = e.at
	switch {
	case key:
		e.seen.Keyframes++
		e.damage = false
		if e.seen.FirstPicture == 0 {
			e.seen.FirstPicture = e.at
		}
	case e.damage:
		e.seen.Undecodable++
		e.ask()
	}
	if !e.damage {
		e.gaps.frame(e.at)
	}
	e.keep(data, timestamp)
}

// complete tells whether a keyframe brings its parameter sets, and takes the
// picture's size from them.
func (e *eye) complete(stream []byte) bool {
	var types uint32
	for _, nal := range h264.SplitAnnexB(stream) {
		t := h264.Type(nal)
		types |= 1 << t
		if t != h264.TypeSPS {
			continue
		}
		if sps, err := h264.ParseSPS(nal); err == nil {
			e.seen.Width, e.seen.Height = sps.Width, sps.Height
		}
	}
	const all = 1<<h264.TypeSPS | 1<<h264.TypePPS | 1<<h264.TypeIDR
	return types&all == all
}

// keep records from the first keyframe on.
func (e *eye) keep(data []byte, timestamp uint32) {
	if e.seen.FirstPicture == 0 {
		return
	}
	if e.record != nil {
		if s, ok := e.record.(stamped); ok {
			s.stamp(timestamp)
		}
		if _, err := e.record.Write(data); err != nil {
			e.record = nil
			e.failed(err)
		}
	}
	if e.decode != nil {
		e.decode(data, timestamp)
	}
}

// finish ends the watching and gives the report. The eye is detached before.
func (e *eye) finish(now int64) EyeReport {
	r := e.seen
	if d := e.last - e.first; d > 0 && r.Frames > 1 {
		r.FPS = float64(r.Frames-1) * float64(time.Second) / float64(d)
	}
	e.gaps.end(now)
	r.Freezes, r.LongestFreezeMS = e.gaps.freezes, ms(e.gaps.longest)
	return r
}

func ms(ns int64) float64 { return float64(ns/1000) / 1000 }

// freezeMeter finds the moments in which the picture stood still. A freeze is
// a gap between two good frames that is longer than three times the mean gap
// and longer than it by 150 ms, as W3C webrtc-stats defines freezeCount.
type freezeMeter struct {
	last    int64
	frames  int64
	mean    float64 // of the gaps so far, ns
	freezes uint64
	longest int64
}

func (f *freezeMeter) frame(now int64) {
	f.end(now)
	if f.frames > 0 {
		// A moving mean over about thirty frames.
		f.mean += (float64(now-f.last) - f.mean) / float64(min(f.frames, 30))
	}
	f.frames++
	f.last = now
}

// end closes the gap that is open.
func (f *freezeMeter) end(now int64) {
	const add = float64(150 * time.Millisecond)
	gap := float64(now - f.last)
	if f.frames < 2 || gap <= max(3*f.mean, f.mean+add) {
		return
	}
	f.freezes++
	f.longest = max(f.longest, now-f.last)
}
