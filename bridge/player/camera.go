package player

import (
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/player/clip"
	"github.com/roombridge/roombridge/bridge/player/damage"
	"github.com/roombridge/roombridge/bridge/relay"
)

const (
	// burst is how many packets of a picture go out at once; the rest follow
	// in steps of an eighth of the picture's time.
	burst = 16
	// keyframeGap is the least time between two jumps to a keyframe.
	keyframeGap = int64(300 * time.Millisecond)
	// frameGap is the least time between two pictures, which must not have the
	// same timestamp.
	frameGap = int64(5 * time.Millisecond)
	// patience is how much more than the receiver's limit may be sent for a
	// while: so many seconds' worth.
	patience = 1.5
)

// camera sends a clip, paced by its frame rate. It hears the receiver's
// wishes: it jumps to the next keyframe when one is wanted, and leaves out the
// ends of picture groups when the receiver takes less than the clip has.
type camera struct {
	out     relay.Out
	clip    *clip.Clip
	packets *clip.Packets  // nil: nothing is sent
	vandal  *damage.Vandal // nil: the clip is sent as it is
	pt      uint8
	agreed  int // bit/s negotiated, 0 is none

	wanted atomic.Bool  // a keyframe
	asks   atomic.Int64 // keyframes asked for
	limit  atomic.Int64 // bit/s wished meanwhile, 0 is none
	wake   func()       // step shall be called soon

	started  bool
	anchor   int64 // when the frame counted 0 was due
	frames   int64 // due since then
	unit     int   // the next
	rest     [][]byte
	restAt   int64
	jumped   int64
	last     int64 // when the last frame was due
	h        packet.Header
	origin   int64 // time of timestamp 0
	thinning bool  // nothing until the next keyframe
	budget   float64
	budgetAt int64

	sent, skipped uint64 // frames
}

// KeyframeWanted implements relay.Feedback.
func (c *camera) KeyframeWanted() {
	c.asks.Add(1)
	c.wanted.Store(true)
	c.wake()
}

// BitrateLimit implements relay.Feedback.
func (c *camera) BitrateLimit(bps int) { c.limit.Store(int64(bps)) }

// Reported implements relay.Feedback.
func (c *camera) Reported(relay.Report) {}

// set says what is sent from now on; nil is nothing. It begins with a keyframe.
func (c *camera) set(p *clip.Packets, pt uint8, bitrate int) {
	if p != c.packets {
		c.rest, c.unit, c.thinning = nil, c.clip.NextKeyframe(c.unit), false
	}
	c.packets, c.pt, c.agreed = p, pt, bitrate
}

// interval is the time between frames.
func (c *camera) interval(frames int64) int64 {
	return int64(float64(frames) * float64(time.Second) / c.clip.FPS)
}

// step sends what is due and tells when there will be more.
func (c *camera) step(now int64) (next int64) {
	if !c.started {
		c.started, c.anchor, c.origin, c.budgetAt = true, now, now, now
		c.jumped, c.last = now-keyframeGap, now-frameGap
	}
	c.jump(now)
	if now-c.due() > late {
		c.anchor, c.frames = now, 0
	}
	for {
		c.continues(now)
		if c.due() > now {
			break
		}
		c.finish()
		c.begin(c.due(), now)
	}
	c.out.Flush()
	next = c.due()
	if len(c.rest) > 0 {
		next = min(next, c.restAt)
	}
	if c.wanted.Load() && c.packets != nil {
		next = min(next, max(c.mayJump(), now+int64(time.Millisecond)))
	}
	return next
}

func (c *camera) due() int64 { return c.anchor + c.interval(c.frames) }

// mayJump is when the next jump is allowed.
func (c *camera) mayJump() int64 { return max(c.jumped+keyframeGap, c.last+frameGap) }

// jump goes to the next keyframe when one is wanted, at once.
func (c *camera) jump(now int64) {
	if c.packets == nil || now < c.mayJump() || !c.wanted.Swap(false) {
		return
	}
	c.finish()
	c.unit, c.jumped, c.thinning = c.clip.NextKeyframe(c.unit), now, false
	c.anchor, c.frames = now, 0
}

// begin starts the frame that was due at a moment.
func (c *camera) begin(due, now int64) {
	at := c.unit
	c.unit = (c.unit + 1) % len(c.clip.Units)
	c.frames++
	c.last = due
	if c.packets == nil {
		return
	}
	if c.overBudget(at, now) {
		c.skipped++
		return
	}
	c.sent++
	c.h.PT, c.h.Timestamp = c.pt, uint32((due-c.origin)/1000*90/1000)
	c.rest, c.restAt = c.packets.Units[at], due
	if c.vandal != nil {
		c.rest = c.vandal.Frame(c.rest, c.clip.Units[at].Keyframe)
	}
	c.continues(now)
}

// continues sends the next pieces of the frame under way.
func (c *camera) continues(now int64) {
	for len(c.rest) > 0 && c.restAt <= now {
		c.send(min(burst, len(c.rest)))
		c.restAt += c.interval(1) / 8
	}
}

// finish sends all of the frame under way.
func (c *camera) finish() { c.send(len(c.rest)) }

func (c *camera) send(n int) {
	for i := range n {
		c.h.Marker = i == len(c.rest)-1
		if c.rest[i] != nil { // else it is lost
			c.out.Send(c.h, c.rest[i])
		}
		c.h.Seq++
	}
	c.rest = c.rest[n:]
}

// overBudget decides whether a frame is left out to obey the receiver's
// limit. All frames up to the next keyframe fall with it.
func (c *camera) overBudget(at int, now int64) bool {
	limit := float64(media.Limits{Bitrate: c.agreed}.Intersect(media.Limits{Bitrate: int(c.limit.Load())}).Bitrate)
	if limit <= 0 {
		c.budgetAt, c.budget, c.thinning = now, 0, false
		return false
	}
	// budget counts how many bits were sent beyond the limit.
	c.budget = max(c.budget-limit*float64(now-c.budgetAt)/float64(time.Second), 0)
	c.budgetAt = now
	u := &c.clip.Units[at]
	if u.Keyframe {
		c.thinning = false
	}
	bits := float64(u.Size * 8)
	if c.thinning || !u.Keyframe && c.budget+bits > patience*limit {
		c.thinning = true
		return true
	}
	c.budget += bits
	return false
}
