package relay

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// liveFor is how long a track counts as live after its last packet.
const liveFor = int64(time.Second)

// TrackConfig describes a source.
type TrackConfig struct {
	ID       string
	Kind     media.Kind
	Role     media.Role
	Upstream Upstream // nil: the source cannot be reached
	Format   media.Format
	Now      func() int64 // the clock of Packet.Arrived; nil is Clock

	normalised bool // H.264 comes out of an order stage, which marked the keyframes
}

// Track is one source's packets, for any number of sinks. Publish belongs to
// the source's flow; all else is safe from any goroutine. A sink must not
// Detach anything during its calls, or two flows could wait for each other.
type Track struct {
	cfg    TrackConfig
	now    func() int64
	format atomic.Pointer[media.Format]
	sinks  atomic.Pointer[[]Sink]

	mu       sync.Mutex // guards what follows
	closed   bool
	frames   meter
	bytes    meter
	attached int64 // when the last sink came

	limits struct {
		sync.Mutex // held while the source is told, so that the last word is the latest
		wants      map[any]media.Limits
		least      media.Limits
	}

	asking struct {
		sync.Mutex
		asking
		requests uint64
	}

	publishing sync.Mutex // held for a batch; guards flow
	flow       struct {
		tally
		inspector inspector
		format    *media.Format // what inspector was made for
		timestamp uint32        // of the last packet
		keyed     bool          // the frame of that timestamp was counted as a keyframe
	}
	read reading
}

// tally is what the flow counts, in plain fields.
type tally struct {
	packets, bytes, frames, keyframes uint64
	last, keyframe                    int64 // arrival of the last packet and keyframe
	width, height                     int
}

// reading is the flow's tally as others may read it, stored once for a batch.
type reading struct {
	packets, bytes, frames, keyframes atomic.Uint64
	last, keyframe                    atomic.Int64
	size                              atomic.Uint64
}

func (r *reading) store(t *tally) {
	r.packets.Store(t.packets)
	r.bytes.Store(t.bytes)
	r.frames.Store(t.frames)
	r.keyframes.Store(t.keyframes)
	r.last.Store(t.last)
	r.keyframe.Store(t.keyframe)
	r.size.Store(uint64(t.width)<<32 | uint64(uint32(t.height)))
}

// NewTrack makes a track without sinks.
func NewTrack(cfg TrackConfig) *Track {
	t := &Track{cfg: cfg, now: clockOr(cfg.Now)}
	t.limits.wants = map[any]media.Limits{}
	t.format.Store(&cfg.Format)
	t.sinks.Store(new([]Sink))
	return t
}

// ID, Kind and Role are as configured.
func (t *Track) ID() string { return t.cfg.ID }

// Kind tells sound from picture.
func (t *Track) Kind() media.Kind { return t.cfg.Kind }

// Role tells the camera from slides.
func (t *Track) Role() media.Role { return t.cfg.Role }

// Format is what the source sends now.
func (t *Track) Format() media.Format { return *t.format.Load() }

// SetFormat changes it. It is for the source's owner, between batches.
func (t *Track) SetFormat(f media.Format) {
	if *t.format.Load() != f {
		t.format.Store(&f)
	}
}

// Publish gives a batch to all sinks. It marks keyframes in it.
func (t *Track) Publish(batch []packet.Packet) {
	t.begin()
	for i := range batch {
		t.write(&batch[i])
	}
	t.end()
}

// begin, write and end are Publish for a flow whose packets come one by one.
func (t *Track) begin() {
	t.publishing.Lock()
	t.look()
}

// look makes the inspector for what the source sends now.
func (t *Track) look() {
	if f := t.format.Load(); f != t.flow.format {
		t.flow.format, t.flow.inspector = f, newInspector(f.Codec)
	}
}

// retype is SetFormat within a batch.
func (t *Track) retype(f media.Format) {
	t.SetFormat(f)
	t.look()
}

func (t *Track) write(p *packet.Packet) {
	f := &t.flow
	if f.packets == 0 || p.Timestamp != f.timestamp {
		f.timestamp, f.keyed = p.Timestamp, false
		f.frames++
	}
	f.packets++
	f.bytes += uint64(len(p.Payload))
	f.last = p.Arrived
	if f.inspector != nil {
		t.inspect(p)
	}
	for _, s := range *t.sinks.Load() {
		s.WriteRTP(p)
	}
	p.Done()
}

func (t *Track) inspect(p *packet.Packet) {
	f := &t.flow
	key, w, h := f.inspector.inspect(p)
	if w > 0 && h > 0 {
		f.width, f.height = w, h
	}
	if t.cfg.normalised && f.format.Codec == media.H264 {
		key = p.Keyframe // the normaliser knows that an IDR picture follows
	}
	if p.Keyframe = key && !f.keyed; !p.Keyframe {
		return
	}
	f.keyed = true
	f.keyframes++
	f.keyframe = p.Arrived
	t.asking.Lock()
	t.asking.arrived()
	t.asking.Unlock()
}

func (t *Track) end() {
	for _, s := range *t.sinks.Load() {
		s.Flush()
	}
	t.read.store(&t.flow.tally)
	t.publishing.Unlock()
}

// Attach adds a sink, which gets packets from the next one on.
func (t *Track) Attach(s Sink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := *t.sinks.Load()
	if t.closed || slices.Contains(old, s) {
		return
	}
	list := append(slices.Clone(old), s)
	t.sinks.Store(&list)
	t.attached = t.now()
}

// Detach removes a sink; after it returned the sink is not called any more.
func (t *Track) Detach(s Sink) {
	t.drop(s)
	t.settle()
}

// drop removes a sink without waiting for a batch that is under way.
func (t *Track) drop(s Sink) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := *t.sinks.Load()
	if i := slices.Index(old, s); i >= 0 {
		list := slices.Delete(slices.Clone(old), i, i+1)
		t.sinks.Store(&list)
	}
}

// deserted tells that nobody takes the packets.
func (t *Track) deserted() bool { return len(*t.sinks.Load()) == 0 }

// settle waits until a batch that is under way has ended.
func (t *Track) settle() {
	t.publishing.Lock()
	//lint:ignore SA2001 the batch that held the lock is over, which is all we wait for
	t.publishing.Unlock()
}

// RequestKeyframe asks the source for a keyframe. Requests are coalesced,
// repeated until one comes, and limited in rate.
func (t *Track) RequestKeyframe() {
	now := t.now()
	t.mu.Lock()
	attached := t.attached
	t.mu.Unlock()
	// Every sink has had a keyframe just now: the request crossed it.
	if key := t.read.keyframe.Load(); key > attached && now-key < askCrossing {
		return
	}
	t.askKeyframe(now)
}

// askKeyframe is RequestKeyframe for one who knows that the last keyframe was
// of no use.
func (t *Track) askKeyframe(now int64) {
	if t.cfg.Upstream == nil || t.cfg.Kind != media.Video {
		return
	}
	t.asking.Lock()
	t.asking.want(now)
	t.asking.Unlock()
	t.ask(now)
}

// damaged is told by the stage before the track that packets were lost.
func (t *Track) damaged(now int64) {
	if now-t.read.keyframe.Load() > askSpoilt {
		t.askKeyframe(now)
		return
	}
	t.asking.Lock()
	t.asking.spoilt(now)
	t.asking.Unlock()
	t.ask(now)
}

// newSource says that another source begins at now. Whatever was asked before
// did not reach it, so the wanting begins anew, unless it began with a keyframe.
func (t *Track) newSource(now int64) {
	if t.read.keyframe.Load() >= now {
		return
	}
	t.asking.Lock()
	t.asking.restart(now)
	t.asking.Unlock()
	t.ask(now)
}

// ask sends the request that is due, outside of all locks.
func (t *Track) ask(now int64) {
	if t.cfg.Upstream == nil {
		return
	}
	t.asking.Lock()
	attempt, ok := t.asking.due(now)
	if ok {
		t.asking.requests++
	}
	t.asking.Unlock()
	if ok {
		t.cfg.Upstream.RequestKeyframe(attempt)
	}
}

// Want sets the limits of one receiver. The least of all goes to the source
// when it changes.
func (t *Track) Want(key any, l media.Limits) {
	t.limits.Lock()
	defer t.limits.Unlock()
	if t.limits.wants != nil {
		t.limits.wants[key] = l
		t.tellLimit()
	}
}

// Unwant forgets them.
func (t *Track) Unwant(key any) {
	t.limits.Lock()
	defer t.limits.Unlock()
	if t.limits.wants != nil {
		delete(t.limits.wants, key)
		t.tellLimit()
	}
}

func (t *Track) tellLimit() {
	var least media.Limits
	for _, l := range t.limits.wants {
		least = least.Intersect(l)
	}
	if least == t.limits.least {
		return
	}
	t.limits.least = least
	if t.cfg.Upstream != nil {
		t.cfg.Upstream.Limit(least)
	}
}

// Size is the picture's size, 0 when unknown.
func (t *Track) Size() (w, h int) {
	s := t.read.size.Load()
	return int(s >> 32), int(uint32(s))
}

// FPS is the frame rate over the last second.
func (t *Track) FPS() float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames.rate
}

// Live tells whether packets came within the last second.
func (t *Track) Live(now int64) bool {
	return t.read.packets.Load() > 0 && now-t.read.last.Load() < liveFor
}

// Stats reads the counters.
func (t *Track) Stats() TrackStats {
	w, h := t.Size()
	t.asking.Lock()
	requests := t.asking.requests
	t.asking.Unlock()
	t.limits.Lock()
	limit := t.limits.least
	t.limits.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	return TrackStats{
		Format: t.Format(), Width: w, Height: h,
		FPS: t.frames.rate, Bitrate: int(t.bytes.rate * 8),
		Packets: t.read.packets.Load(), Bytes: t.read.bytes.Load(),
		Frames: t.read.frames.Load(), Keyframes: t.read.keyframes.Load(),
		KeyframeRequests: requests, Sinks: len(*t.sinks.Load()), Limit: limit,
	}
}

// Tick is housekeeping, called about every 100 ms by the track's owner.
func (t *Track) Tick(now int64) {
	t.mu.Lock()
	t.frames.tick(now, t.read.frames.Load())
	t.bytes.tick(now, t.read.bytes.Load())
	t.mu.Unlock()
	t.ask(now)
}

// Close detaches all sinks and tells them nothing more.
func (t *Track) Close() {
	t.mu.Lock()
	t.closed = true
	t.sinks.Store(new([]Sink))
	t.mu.Unlock()
	t.asking.Lock()
	t.asking.arrived()
	t.asking.Unlock()
	t.limits.Lock()
	t.limits.wants = nil
	t.limits.Unlock()
	t.settle()
}
