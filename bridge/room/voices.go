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
	mixed  bool          // an input of the worker; guarded by mixer.mu
	hot    atomic.Uint32 // id while it is heard in the mix, else 0: what the flow reads
	level  atomic.Int32  // loudest dBov stated since the last look, -128 is none

	to      atomic.Pointer[ear] // where packets go straight
	last    atomic.Int64        // when one came
	step    atomic.Uint32       // of their timestamps
	odd     atomic.Bool         // it does not fit the payload
	unheard atomic.Bool         // neither straight nor mixed
	seq     uint16              // of the last packet, as ts: the flow's own
	ts      uint32
}

// write passes a packet on; it never waits.
func (v *mic) write(p *packet.Packet) {
	if p.Audio >= 0 {
		l := -int32(p.Audio)
		for old := v.level.Load(); l > old && !v.level.CompareAndSwap(old, l); old = v.level.Load() {
		}
	}
	now := v.mixer.now()
	v.note(p, now)
	if e := v.to.Load(); e != nil {
		e.pass(v, p, now)
	}
	id := v.hot.Load()
	if id == 0 {
		return
	}
	if ref := v.mixer.meeting.Load(); ref != nil {
		ref.Write(transcode.Frame{Stream: transcode.StreamID(id), Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
	}
}

// turn says whether others hear it.
func (v *mic) turn(on bool) {
	m := v.mixer
	m.mu.Lock()
	defer m.mu.Unlock()
	if v.on == on {
		return
	}
	v.on, v.mixed = on, on && m.caps.Decodes(v.format.Codec)
	v.to.Store(nil)
	v.unheard.Store(false)
	v.hot.Store(0)
	if on {
		m.renew(v)
	}
	if v.mixed {
		v.hot.Store(uint32(v.id))
	}
}

func (v *mic) close() {
	v.mixer.mu.Lock()
	defer v.mixer.mu.Unlock()
	v.on, v.mixed = false, false
	v.to.Store(nil)
	v.unheard.Store(false)
	v.hot.Store(0)
	v.mixer.mics = slices.DeleteFunc(v.mixer.mics, func(x *mic) bool { return x == v })
}

// ear is the sound on its way to a participant: a mix, or one other's.
type ear struct {
	mixer  *mixer
	owner  string
	id     transcode.StreamID // 0: hears nothing; guarded by mixer.mu
	format media.Format
	able   bool // the worker makes the format; guarded by mixer.mu
	aside

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
		if pt, ok = out.PayloadType(f); !ok {
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
	if out == nil || e.source != nil && !e.source.format.Matches(f) {
		e.source = nil
	}
	e.out, e.pt, e.format, e.able = out, pt, f, m.caps.Encodes(f.Codec)
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
	if e.out == nil || e.warming() {
		return
	}
	e.played = now
	seq, ts, fresh := e.stamp.next(f.Stream, f.Seq, f.Timestamp, now)
	e.out.Send(packet.Header{PT: e.pt, Marker: f.Marker || fresh, Seq: seq, Timestamp: ts}, f.Payload)
	e.out.Flush()
}
