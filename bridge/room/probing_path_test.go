package room

import (
	"math/rand/v2"
	"time"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/plan"
)

// narrows is a browser behind a line, in virtual time: a picture that is made
// for it within what its link and plan.Rate allow and paced as outputs are, sound
// beside it, padding, a queue that drops what does not fit, and the browser's feedback.
type narrows struct {
	link  *link
	class plan.Rate
	rate  func(now int64) int // what the line carries, bit/s
	queue time.Duration       // what waits longer is dropped
	loss  float64             // whatever is sent
	shake time.Duration       // of the delay
	mute  bool                // the browser tells nothing
	still bool                // it is not probed
	want  int                 // height at which the page shows the picture
	dice  *rand.Rand

	now, begun int64
	free       int64 // when the line has sent all that waits
	waited     time.Duration
	latest     int64 // arrival
	flight     []arriving
	arrivals   feedback.Arrivals
	back       []telling

	output  plan.Output
	bitrate int
	steps   int64
	key     bool
	waiting int // bytes
	budget  float64
	next    struct{ frame, sound, tick, tell, look, part int64 }
	pads    cluster
	parts   int

	sound          struct{ sent, lost int }
	padding, video int // bytes
	trials         int
}

type arriving struct {
	at  int64
	seq uint16
}

type telling struct {
	at int64
	b  []byte
}

const narrowsDelay = int64(20e6) // each way

func newNarrows(seed uint64, rate int) *narrows {
	n := &narrows{
		rate: func(int64) int { return rate }, queue: 200 * time.Millisecond, shake: 2 * time.Millisecond, want: 720,
		dice: rand.New(rand.NewPCG(seed, 11)), now: 1e18, key: true,
	}
	n.begun = n.now
	n.link = newLink(func() int64 { return n.now })
	n.link.begin()
	for _, at := range []*int64{&n.next.frame, &n.next.sound, &n.next.tick, &n.next.tell, &n.next.look} {
		*at = n.now + n.dice.Int64N(20e6)
	}
	return n
}

// since is how much time has passed.
func (n *narrows) since() time.Duration { return time.Duration(n.now - n.begun) }

// run lets time pass and calls watch every 10 ms.
func (n *narrows) run(d time.Duration, watch func()) {
	for end := n.now + int64(d); n.now < end; n.now += 1e6 {
		for len(n.back) > 0 && n.back[0].at <= n.now {
			n.link.arrived(n.back[0].b)
			n.back = n.back[1:]
		}
		n.look()
		n.speak()
		n.show()
		n.probe()
		n.tell()
		if n.now%10e6 == 0 {
			watch()
		}
	}
}

// look is what a room does ten times a second.
func (n *narrows) look() {
	if n.now < n.next.look {
		return
	}
	n.next.look += 100e6
	h := rungOf(n.want)
	d := demand{options: []option{{width: 1280, height: 720, live: true}}, made: true, w: h * 16 / 9, h: h}
	n.link.wants(wanted([]demand{d}))
	l := single([]demand{d}, []int{0}, 0, n.link.bitrate())
	v := plan.Viewer{Format: media.Format{Codec: media.VP8, ClockRate: 90000}, Limits: l}
	if o := plan.OutputFor(v, n.class.Follow(l.Bitrate, n.now), h); o != n.output {
		n.key = n.key || o.Width != n.output.Width
		n.output, n.bitrate, n.steps = o, o.Class, n.now
	}
	most := useful(n.output)
	for _, x := range []int{plan.Above(n.output.Class), l.Bitrate} {
		if x > 0 {
			most = min(most, x)
		}
	}
	switch {
	case n.bitrate > most:
		n.bitrate, n.steps = most, n.now
	case n.bitrate < most && n.now-n.steps >= outputStep:
		n.bitrate, n.steps = min(most, n.bitrate*11/10), n.now
	}
}

// show encodes and sends the picture.
func (n *narrows) show() {
	fast := paceAbove * float64(n.bitrate) / 8
	n.budget = min(max(paceLeast, fast*paceBurst), n.budget+fast*1e6/1e9)
	if n.now >= n.next.frame && n.output.FPS > 0 {
		n.next.frame += int64(time.Second) / int64(n.output.FPS)
		size := float64(n.bitrate) / 8 / float64(n.output.FPS) * (0.6 + 0.8*n.dice.Float64())
		if n.key {
			size, n.key = 5*size, false
		}
		n.waiting += int(size)
	}
	if n.budget <= 0 || n.now%5e6 != 0 && n.waiting > int(n.budget) {
		return
	}
	for n.waiting > 0 && n.budget > 0 {
		size := min(n.waiting, 1200)
		n.waiting -= size
		n.budget -= float64(size)
		n.video += size
		n.numbered(size, size+64)
	}
}

// numbered sends a packet of which the browser tells.
func (n *narrows) numbered(size, whole int) {
	seq := n.link.leave(size, n.now)
	if n.carry(whole) {
		at := n.free + narrowsDelay + int64(float64(n.shake)*n.dice.Float64())
		n.latest = max(n.latest, at)
		n.flight = append(n.flight, arriving{n.latest, seq})
	}
}

// speak sends the sound.
func (n *narrows) speak() {
	if n.now < n.next.sound {
		return
	}
	n.next.sound += 20e6
	n.sound.sent++
	if !n.carry(80 + 56) { // Opus at 32 kbit/s
		n.sound.lost++
	}
}

// carry puts a packet on the line and tells whether it arrives.
func (n *narrows) carry(bytes int) bool {
	n.free = max(n.free, n.now)
	if n.waited = time.Duration(n.free - n.now); n.waited > n.queue {
		return false
	}
	n.free += int64(float64(bytes) * 8e9 / float64(n.rate(n.now)))
	return n.dice.Float64() >= n.loss
}

// probe is the session's clock, and its padder.
func (n *narrows) probe() {
	if n.now >= n.next.tick {
		n.next.tick += 25e6
		if c, due := n.link.probe(n.now); due && !n.still {
			n.pads, n.parts, n.next.part = c, trialParts, n.now
			n.trials++
		}
	}
	if n.parts == 0 || n.now < n.next.part {
		return
	}
	n.next.part += trialStep
	n.parts--
	first := uint16(n.link.next.Load()) + 1
	for range n.pads.packets {
		n.padding += n.pads.size + 64
		n.numbered(n.pads.size+padCost, n.pads.size+64)
	}
	n.link.padded(first)
}

// tell is the browser's feedback.
func (n *narrows) tell() {
	for len(n.flight) > 0 && n.flight[0].at <= n.now {
		n.arrivals.Record(n.flight[0].seq, n.flight[0].at)
		n.flight = n.flight[1:]
	}
	if n.now < n.next.tell {
		return
	}
	n.next.tell += 100e6
	if b := n.arrivals.Append(nil, 1, 2, n.now); len(b) > 0 && !n.mute && n.dice.Float64() >= n.loss {
		n.back = append(n.back, telling{n.now + narrowsDelay, b})
	}
}
