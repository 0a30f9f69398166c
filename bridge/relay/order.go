package relay

import (
	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/jitter"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// order is the last stage before the track: it puts a picture's packets into
// order, waiting for a hole only briefly, and makes of H.264 of any kind what
// browsers take. Sound passes: who mixes it has a jitter buffer of its own.
// While packets are pushed the track's batch is open.
type order struct {
	track     *Track
	buffer    *jitter.Buffer   // nil for sound
	normalize *h264.Normalizer // nil but for H.264
	damaged   bool             // packets were given up since it was asked
}

func newOrder(t *Track, pool *packet.Pool) *order {
	o := &order{track: t}
	if t.Kind() == media.Video {
		o.buffer = jitter.New(jitter.Config{Pool: pool, Emit: o.emit})
	}
	return o
}

// format says what comes from now on.
func (o *order) format(c media.Codec) {
	if o.buffer == nil || (c == media.H264) == (o.normalize != nil) {
		return
	}
	o.normalize = nil
	if c == media.H264 {
		o.normalize = h264.NewNormalizer(h264.DefaultMTU, o.track.write)
	}
}

// push takes the next packet.
func (o *order) push(p *packet.Packet, now int64) {
	if o.buffer == nil {
		o.track.write(p)
		return
	}
	o.buffer.Push(p, now)
}

func (o *order) emit(p *packet.Packet, lost int) {
	if lost != 0 {
		o.damaged = true
	}
	if o.normalize != nil {
		o.normalize.Push(p)
		return
	}
	o.track.write(p)
}

// deadline is when expire has something to do.
func (o *order) deadline() (int64, bool) {
	if o.buffer == nil {
		return 0, false
	}
	return o.buffer.Deadline()
}

// expire gives up holes that have been waited for long enough.
func (o *order) expire(now int64) { o.buffer.Expire(now) }

// tookDamage tells whether packets were lost since the last call.
func (o *order) tookDamage() bool {
	d := o.damaged
	o.damaged = false
	return d
}

// close gives back what waits.
func (o *order) close() {
	if o.buffer != nil {
		o.buffer.Reset()
	}
}
