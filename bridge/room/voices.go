package room

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

// mic is one source of sound on its way to the worker.
type mic struct {
	mixer  *mixer
	owner  string
	id     transcode.StreamID
	format media.Format
	on     bool          // guarded by mixer.mu
	hot    atomic.Uint32 // id while on, else 0: what the flow reads
	level  atomic.Int32  // loudest dBov stated since the last look, -128 is none
}

// write passes a packet on; it never waits.
func (v *mic) write(p *packet.Packet) {
	if p.Audio >= 0 {
		l := -int32(p.Audio)
		for old := v.level.Load(); l > old && !v.level.CompareAndSwap(old, l); old = v.level.Load() {
		}
	}
	id := v.hot.Load()
	if id == 0 {
		return
	}
	if ref := v.mixer.meeting.Load(); ref != nil {
		ref.Write(transcode.Frame{Stream: transcode.StreamID(id), Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
	}
}

// turn says whether others hear it. An input that comes back is a new one to
// the worker, so that no sound of before lingers.
func (v *mic) turn(on bool) {
	m := v.mixer
	m.mu.Lock()
	defer m.mu.Unlock()
	// Without a worker the levels that browsers state still find the speaker.
	on = on && (m.caps.Decodes(v.format.Codec) || len(m.caps.AudioDecode) == 0)
	if v.on == on {
		return
	}
	v.on = on
	v.hot.Store(0)
	if on {
		m.next++
		v.id = m.next
		v.hot.Store(uint32(v.id))
	}
}

func (v *mic) close() {
	v.mixer.mu.Lock()
	defer v.mixer.mu.Unlock()
	v.on = false
	v.hot.Store(0)
	v.mixer.mics = slices.DeleteFunc(v.mixer.mics, func(x *mic) bool { return x == v })
}

// ear is one mix on its way to a participant.
type ear struct {
	mixer  *mixer
	owner  string
	id     transcode.StreamID // 0: hears nothing; guarded by mixer.mu
	format media.Format

	mu    sync.Mutex
	out   relay.Out
	last  relay.Out // where stamp's numbers went: they go on after a hold
	pt    uint8
	stamp stamper
}

// attune says where the sound goes and as what; a nil out is nowhere. It
// returns when nothing more goes where it went before.
func (e *ear) attune(out relay.Out, f media.Format) {
	var pt uint8
	m := e.mixer
	m.mu.Lock()
	defer m.mu.Unlock()
	if out != nil {
		var ok bool
		if pt, ok = out.PayloadType(f); !ok || !m.caps.Encodes(f.Codec) {
			out = nil
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.out == out && (out == nil || e.format == f && e.pt == pt) {
		return
	}
	if out == nil {
		e.id = 0
	} else if e.out == nil || e.format != f {
		m.next++
		e.id = m.next
	}
	if out != nil && e.last != out {
		e.stamp, e.last = stamper{}, out
	}
	e.out, e.pt, e.format = out, pt, f
	if out != nil {
		e.stamp.clock = f.ClockRate
	}
}

func (e *ear) close() {
	e.attune(nil, media.Format{})
	e.mixer.mu.Lock()
	defer e.mixer.mu.Unlock()
	e.mixer.ears = slices.DeleteFunc(e.mixer.ears, func(x *ear) bool { return x == e })
}

// play sends one frame of the worker.
func (e *ear) play(f transcode.Frame, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.out == nil {
		return
	}
	seq, ts, fresh := e.stamp.next(f.Stream, f.Seq, f.Timestamp, now)
	e.out.Send(packet.Header{PT: e.pt, Marker: f.Marker || fresh, Seq: seq, Timestamp: ts}, f.Payload)
	e.out.Flush()
}

// stamper numbers the frames of an outgoing sound so that the receiver sees
// one stream, whatever happens to the worker: sequence numbers rise by one,
// the timestamp goes on with the clock over a gap.
type stamper struct {
	clock   int
	started bool
	stream  transcode.StreamID
	inSeq   uint16
	inTS    uint32
	seq     uint16
	ts      uint32
	at      int64
}

func (s *stamper) next(stream transcode.StreamID, seq uint16, ts uint32, now int64) (uint16, uint32, bool) {
	step := ts - s.inTS
	fresh := !s.started || stream != s.stream || seq-s.inSeq == 0 || seq-s.inSeq > 100 || int64(step) > 2*int64(s.clock)
	switch {
	case !s.started:
		s.seq, s.ts = seq, ts
	case fresh:
		s.seq++
		s.ts += uint32(max(now-s.at, 20e6) / 1e6 * int64(s.clock) / 1000)
	default:
		s.seq += seq - s.inSeq
		s.ts += step
	}
	s.started, s.stream, s.inSeq, s.inTS, s.at = true, stream, seq, ts, now
	return s.seq, s.ts, fresh
}
