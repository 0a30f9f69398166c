package room

import (
	"fmt"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/transcode"
)

// While two are alone, and one takes what the other sends, packets of sound go
// straight from microphone to ear: without decoding, without a jitter buffer's
// delay, and without a worker. Each direction stands for itself. Where sound
// goes straight no longer, it does so until the worker has the mix.

// Times of the way straight.
const (
	straightStall  = int64(time.Second)            // without packets
	straightWait   = 10 * int64(time.Second)       // after a stall: a sender that leaves silence out stays mixed
	straightSettle = int64(time.Second)            // that mixed sound could have gone straight before it does
	mixRecent      = 500 * int64(time.Millisecond) // an ear that heard the mix in this time is listening to it
	mixWarm        = 10                            // frames of a mix before it is heard: its jitter buffer has filled by then
)

// Packets in ms: shorter ones are for nobody else, and a step of the timestamps
// that is longer is a pause.
const (
	straightShortest = 10
	packetLongest    = 120
)

// straightID marks the stamper's streams that are not the worker's.
const straightID transcode.StreamID = 1 << 31

// aside is an ear's way past the worker.
type aside struct {
	source *mic // whose packets go straight; guarded by the ear's mutex
	stream transcode.StreamID
	passed int64 // when the last packet did
	leave  bool  // as soon as the mix is warm
	warm   int   // frames that have come
	played int64 // when the mix was last heard

	mixed  bool   // in the worker's graph; this and the rest guarded by the mixer's mutex
	why    string // sound does not go straight
	fit    *mic   // that might
	fitAt  int64
	barred int64 // no way straight before
}

// arrange decides for each ear whether sound goes straight to it, and which
// microphones the worker needs.
func (m *mixer) arrange(now int64) {
	for _, e := range m.ears {
		v, why := m.straight(e, now)
		if e.why = why; v != nil {
			m.pass(e, v, now)
		} else {
			m.mix(e)
		}
	}
	for _, v := range m.mics {
		m.feed(v)
	}
}

// straight gives the microphone from which sound may go straight to an ear, or
// why there is none.
func (m *mixer) straight(e *ear, now int64) (*mic, string) {
	if len(m.ears) != 2 {
		return nil, ""
	}
	v := m.other(e)
	switch {
	case v == nil:
		return nil, "the other one's microphone is off"
	case !v.format.Matches(e.format):
		return nil, fmt.Sprintf("one sends %s, the other takes %s", soundName(v.format), soundName(e.format))
	case v.odd.Load() || v.packetTime() < straightShortest:
		return nil, "packets come that only the worker makes sense of"
	case e.format.PTime > 0 && v.packetTime() > e.format.PTime:
		return nil, fmt.Sprintf("packets of %d ms come, and the receiver takes %d", v.packetTime(), e.format.PTime)
	case now < e.barred || e.barred > 0 && now-v.last.Load() > mixRecent:
		return nil, "packets come with pauses"
	case e.stalled(now):
		e.barred = now + straightWait
		return nil, "packets come with pauses"
	}
	return v, ""
}

// other is the microphone that the other one of two speaks into.
func (m *mixer) other(e *ear) *mic {
	var best *mic
	for _, v := range m.mics {
		if v.on && v.owner != e.owner && (best == nil || v.last.Load() > best.last.Load()) {
			best = v
		}
	}
	return best
}

// pass lets packets go straight, from now on or when that has been possible
// for a while.
func (m *mixer) pass(e *ear, v *mic, now int64) {
	if e.fit != v {
		e.fit, e.fitAt = v, now
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	listening := e.mixed && e.source == nil && e.played > 0 && now-e.played < mixRecent
	if e.out == nil || listening && now-e.fitAt < straightSettle {
		return
	}
	if e.source != v {
		e.source, e.stream, e.passed = v, straightID|v.id, now
	}
	e.mixed, e.leave = false, false
	v.to.Store(e)
}

// mix lets the worker make the sound of an ear. Where packets went straight
// they go on until it does, unless they must not.
func (m *mixer) mix(e *ear) {
	e.fit = nil
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.mixed {
		e.mixed = true
		if e.id != 0 {
			m.next++
			e.id = m.next
		}
		e.leave, e.warm = e.source != nil, 0
	}
	if v := e.source; v != nil && (!v.on || !v.format.Matches(e.format)) {
		e.source = nil
	}
}

// feed gives a microphone's sound to the worker, when some ear needs it there.
func (m *mixer) feed(v *mic) {
	others := slices.IndexFunc(m.ears, func(e *ear) bool { return e.owner != v.owner })
	alone := len(m.ears) == 2 && others >= 0
	straight := alone && (!m.ears[others].mixed || m.ears[others].id == 0)
	mixed := v.on && !straight && m.caps.Decodes(v.format.Codec)
	if mixed != v.mixed {
		if v.mixed = mixed; mixed {
			m.renew(v)
		}
	}
	if mixed {
		v.hot.Store(uint32(v.id))
	} else {
		v.hot.Store(0)
	}
	if e := v.to.Load(); e != nil && !e.takes(v) {
		v.to.CompareAndSwap(e, nil)
	}
	v.unheard.Store(v.on && !mixed && alone && v.to.Load() == nil && m.other(m.ears[others]) != v)
}

// renew gives an input that comes back another id: it is a new one to the
// worker, so that no sound of before lingers.
func (m *mixer) renew(v *mic) {
	m.next++
	v.id = m.next
}

// packetTime is how long the packets are that come, in ms; 20 before any came.
func (v *mic) packetTime() int {
	if n := int(v.step.Load()); n > 0 && v.format.ClockRate > 0 {
		return n * 1000 / v.format.ClockRate
	}
	return 20
}

// note keeps when packets come and how long they are. There are terminals that
// send G.722 in packets of 1 ms, and ones whose timestamps count its samples:
// other terminals cannot be expected to play that.
func (v *mic) note(p *packet.Packet, now int64) {
	step := p.Timestamp - v.ts
	if p.Seq == v.seq+1 && int64(step)*1000 <= packetLongest*int64(v.format.ClockRate) {
		v.step.Store(step)
		switch v.format.Codec {
		case media.PCMU, media.PCMA, media.G722: // an octet for each tick
			v.odd.Store(int(step) != len(p.Payload))
		}
	}
	v.seq, v.ts = p.Seq, p.Timestamp
	v.last.Store(now)
	if v.unheard.CompareAndSwap(true, false) {
		v.mixer.wake() // another codec than before
	}
}

// takes tells whether a microphone's packets go straight to the ear.
func (e *ear) takes(v *mic) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.source == v
}

func (e *ear) stalled(now int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.source != nil && now-e.passed > straightStall
}

// pass sends one packet of a microphone as it is.
func (e *ear) pass(v *mic, p *packet.Packet, now int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.source != v || e.out == nil {
		return
	}
	e.passed = now
	seq, ts, fresh, ok := e.stamp.relay(e.stream, p.Seq, p.Timestamp, now)
	if !ok {
		return
	}
	e.out.Send(packet.Header{PT: e.pt, Marker: p.Marker || fresh, Seq: seq, Timestamp: ts}, p.Payload)
	e.out.Flush()
}

// warming tells whether a frame of the mix is not to be heard: packets go straight, and
// the mix is not asked for or has only begun. It is called with the ear's mutex held.
func (e *ear) warming() bool {
	if e.source == nil {
		return false
	}
	if !e.leave {
		return true
	}
	if e.warm++; e.warm <= mixWarm {
		return true
	}
	e.source = nil
	return false
}

const mixedSound = "sound is mixed in the meeting's media worker"

// soundWay says how sound gets to a participant's ear, or from a participant to others'.
func (m *mixer) soundWay(owner string, to bool) bridge.PathStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := bridge.PathStatus{Path: bridge.PathTranscode, Reason: mixedSound}
	if len(m.ears) != 2 {
		return st
	}
	for _, e := range m.ears {
		if (e.owner == owner) != to {
			continue
		}
		if why := e.straightWay(); why != "" {
			return bridge.PathStatus{Path: bridge.PathRelay, Reason: why}
		}
		if e.why != "" {
			st.Reason += ": " + e.why
		}
	}
	return st
}

// straightWay says why sound goes straight, or nothing.
func (e *ear) straightWay() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.source == nil:
		return ""
	case e.leave:
		return "packets are passed on until the media worker has the mix"
	}
	return "two are alone and both speak " + soundName(e.format) + ": packets are passed on"
}

// soundName names a coding for people.
func soundName(f media.Format) string {
	if f.Codec != media.G7221 {
		return string(f.Codec)
	}
	name := "G.722.1"
	if f.ClockRate == 32000 {
		name += " Annex C"
	}
	if f.Bitrate > 0 {
		name += fmt.Sprintf(" at %d kbit/s", f.Bitrate/1000)
	}
	return name
}
