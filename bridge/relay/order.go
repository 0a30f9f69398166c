package relay

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/jitter"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// How long a hole is waited for. Nothing of this delays a packet that has
// none before it.
const (
	// Reordering: half as long again as packets were seen to overtake each
	// other, within these bounds; the most while a source is new.
	leastHold = 40 * time.Millisecond
	mostHold  = 120 * time.Millisecond
	newFor    = int64(time.Second)
	// Repetition: as long as two requests take, or one, if that is no longer
	// than this. A picture that stands longer had better begin anew.
	mostRepair = int64(200 * time.Millisecond)
	// Losses in a row that were not repaired though asked for, after which a
	// far end is not believed to repeat anything until it does.
	vainMost = 5
	// Packets that wait behind a hole: the longest wait at 1000 a second.
	holdPackets = 256
)

// order is the last stage before the track: it puts a picture's packets into
// order, waiting for a hole only briefly, has lost ones repeated if the far end
// does that, and makes of H.264 of any kind what browsers take. Sound passes: who
// mixes it has a jitter buffer of its own. While packets are pushed the track's
// batch is open.
type order struct {
	track     *Track
	buffer    *jitter.Buffer   // nil for sound
	normalize *h264.Normalizer // nil but for H.264
	sets      string           // parameter sets of the signalling that normalize knows
	damaged   bool             // packets were given up since it was asked

	losses   feedback.Losses
	ssrc     uint32
	began    int64 // when the source did, 0 is not yet
	rtt      int64
	asks     bool // lost packets are asked for
	vain     int  // losses since the last repair
	repaired uint64
	pairs    []rtcp.NackPair
}

func newOrder(t *Track, pool *packet.Pool) *order {
	o := &order{track: t}
	if t.Kind() == media.Video {
		o.buffer = jitter.New(jitter.Config{Pool: pool, Emit: o.emit, MaxDelay: leastHold, MaxPackets: holdPackets})
	}
	return o
}

// format says what comes from now on.
func (o *order) format(f *media.Format) {
	if o.buffer == nil {
		return
	}
	if (f.Codec == media.H264) != (o.normalize != nil) {
		o.normalize, o.sets = nil, ""
		if f.Codec == media.H264 {
			o.normalize = h264.NewNormalizer(h264.DefaultMTU, o.track.write)
		}
	}
	// Sets that came in band since are newer than those that signalling repeats.
	if o.normalize != nil && f.ParameterSets != o.sets {
		o.sets = f.ParameterSets
		_ = o.normalize.Sets().AddSprop(o.sets) // what can be read of them is kept
	}
}

// adapt sets how long holes are waited for, once a batch. rtt is the round
// trip in nanoseconds, 0 when it is not known; repeats says that the far end
// understands NACK.
func (o *order) adapt(now, rtt int64, repeats bool) {
	if o.buffer == nil {
		return
	}
	if n := o.losses.Repaired(); n > o.repaired {
		o.repaired, o.vain = n, 0
	}
	o.rtt = rtt
	once, twice := o.losses.Repair(now, rtt, 1), o.losses.Repair(now, rtt, 2)
	o.asks = repeats && once <= mostRepair
	hold := mostHold
	if o.began != 0 && now-o.began >= newFor {
		hold = min(max(time.Duration(o.losses.Overtaken(now)*3/2), leastHold), mostHold)
	}
	switch {
	case !o.asks || o.vain >= vainMost:
	case twice <= mostRepair:
		hold = max(hold, time.Duration(twice))
	default:
		hold = max(hold, time.Duration(once))
	}
	o.buffer.SetDelay(hold)
}

// push takes the next packet.
func (o *order) push(p *packet.Packet, now int64) {
	if o.buffer == nil {
		o.track.write(p)
		return
	}
	if o.began == 0 || p.SSRC != o.ssrc {
		o.ssrc, o.began = p.SSRC, now
		o.losses.Reset()
	}
	o.losses.Add(p.Seq, now)
	o.buffer.Push(p, now)
}

func (o *order) emit(p *packet.Packet, lost int) {
	if lost != 0 {
		o.damaged = true
		o.losses.GiveUp(p.Seq)
		if o.asks && lost > 0 {
			o.vain++
		}
	}
	if o.normalize != nil {
		o.normalize.Push(p)
		return
	}
	o.track.write(p)
}

// deadline is when expire or missing has something to do.
func (o *order) deadline() (int64, bool) {
	if o.buffer == nil {
		return 0, false
	}
	at, waits := o.buffer.Deadline()
	if next, ok := o.losses.Next(); ok && o.asks && waits {
		at = min(at, next)
	}
	return at, waits
}

// expire gives up holes that have been waited for long enough.
func (o *order) expire(now int64) {
	if o.buffer != nil {
		o.buffer.Expire(now)
	}
}

// missing gives the packets to ask the source for now. They are valid until
// the next call.
func (o *order) missing(now int64) (source uint32, pairs []rtcp.NackPair) {
	if !o.asks {
		return 0, nil
	}
	o.pairs = o.losses.Due(now, o.rtt, o.pairs[:0])
	return o.ssrc, o.pairs
}

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
