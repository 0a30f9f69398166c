package plan

import (
	"math/rand/v2"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// path is a terminal behind a narrow line, in virtual time: a picture that is
// encoded within what its Line and Rate allow and paced as a room does it,
// sound beside it, a queue that drops what does not fit, and the reports of both ends.
type path struct {
	line  Line
	class Rate
	rate  func(now int64) int // what the line carries, bit/s
	queue time.Duration       // what waits longer is dropped
	loss  float64             // whatever is sent
	shake time.Duration       // of the delay, each way
	every time.Duration       // between the terminal's reports, in the mean
	most  int                 // what the picture has a use for, bit/s
	dull  bool                // the terminal's reports tell no round trip
	dice  *rand.Rand

	now    int64
	free   int64 // when the line has sent all that waits
	waited time.Duration
	wasted int // packets that did not fit
	coding pathCoding
	pace   pathPacing
	burst  pathBurst
	sound  struct{ sent, lost int }
	next   struct{ frame, sound, ours, theirs int64 }

	flight   []pathMark // sender reports on their way to the terminal
	newest   pathMark   // that the terminal has
	told     int64      // the one that it told of last
	back     []pathReport
	sent     int // packets of the picture since the terminal's last report
	lost     int
	bits     int // of the picture, since the terminal's last report
	reported int64
}

// pathCoding is what encodes.
type pathCoding struct {
	Output
	bitrate int
	steps   int64
	key     bool
}

// pathPacing spreads large pictures.
type pathPacing struct {
	waiting int // bytes
	budget  float64
}

// pathBurst is what was sent without a pause, and when reports told of it.
type pathBurst struct {
	bits        int
	begun, last int64
	probed      int64
	probes      int
}

// pathMark is a sender report.
type pathMark struct {
	at, came int64 // sent; at the terminal
	burst    int
	span     time.Duration
}

// pathReport is a report on its way back.
type pathReport struct {
	at     int64
	report Report
}

const (
	pathDelay  = int64(20 * time.Millisecond)
	pathMTU    = 1200
	pathHeader = 40
	pathSound  = 200 // bytes of a packet of G.722 with all headers, 50 a second
	pathStep   = int64(time.Millisecond)
)

func newPath(seed uint64) *path {
	p := &path{
		dice: rand.New(rand.NewPCG(seed, 7)), every: time.Second, queue: 250 * time.Millisecond, most: 2_000_000, shake: 5 * time.Millisecond,
	}
	p.next.frame, p.next.sound = p.dice.Int64N(33e6), p.dice.Int64N(20e6)
	p.next.ours, p.next.theirs = p.dice.Int64N(1e9), p.dice.Int64N(1e9)
	return p
}

// run lets time pass and calls watch every 100 ms.
func (p *path) run(d time.Duration, watch func()) {
	for end := p.now + int64(d); p.now < end; p.now += pathStep {
		for len(p.back) > 0 && p.back[0].at <= p.now {
			p.line.Report(p.back[0].report, p.now)
			p.back = p.back[1:]
		}
		if p.now%100e6 == 0 {
			p.look()
			watch()
		}
		p.speak()
		p.show()
		p.mark()
		p.tell()
	}
}

// look is what a room does ten times a second.
func (p *path) look() {
	limit := p.line.Limit()
	class := p.class.Follow(limit, p.now)
	v := Viewer{Format: media.Format{Codec: media.H264, ClockRate: 90000, H264: media.H264Params{Profile: 66, Level: 31}}}
	v.Limits.Bitrate = limit
	if o := OutputFor(v, class, 720); o != p.coding.Output {
		p.coding = pathCoding{Output: o, bitrate: class, steps: p.now, key: p.coding.key || o.Width != p.coding.Width}
	}
	c, most := &p.coding, p.most
	for _, l := range []int{Above(c.Class), limit} {
		if l > 0 {
			most = min(most, l)
		}
	}
	switch {
	case c.bitrate > most:
		c.bitrate, c.steps = most, p.now
	case c.bitrate < most && p.now-c.steps >= 200e6:
		c.bitrate, c.steps = min(most, c.bitrate*11/10), p.now
	}
}

// show encodes and sends the picture.
func (p *path) show() {
	c, q := &p.coding, &p.pace
	fast := 1.8 * float64(c.bitrate) / 8
	q.budget = min(max(4<<10, fast*0.02), q.budget+fast*float64(pathStep)/1e9)
	if p.now >= p.next.frame {
		p.next.frame += int64(time.Second) / int64(c.FPS)
		size := float64(c.bitrate) / 8 / float64(c.FPS) * (0.6 + 0.8*p.dice.Float64())
		if c.key {
			size, c.key = 5*size, false
		}
		q.waiting += int(size)
	}
	if q.waiting == 0 || q.budget <= 0 || p.now%5e6 != 0 && q.waiting > int(q.budget) {
		return
	}
	b := &p.burst
	if p.now-b.last > 15e6 {
		b.bits, b.begun = 0, p.now
		if p.due() && b.probes%8 == 7 {
			p.probe()
		}
	}
	for b.last = p.now; q.waiting > 0 && q.budget > 0; {
		n := min(q.waiting, pathMTU)
		q.waiting -= n
		q.budget -= float64(n)
		b.bits, p.bits = b.bits+8*n, p.bits+8*n
		p.sent++
		if !p.carry(n + pathHeader) {
			p.lost++
		}
	}
	if p.due() && b.probes%8 != 7 && (b.bits >= 6000 || p.now-b.probed >= 500e6) {
		p.probe()
	}
}

// due tells whether a report for the sake of the line is due.
func (p *path) due() bool { return p.line.Limit() > 0 && p.now-p.burst.probed >= 250e6 }

// speak sends the sound.
func (p *path) speak() {
	if p.now < p.next.sound {
		return
	}
	p.next.sound += 20e6
	p.sound.sent++
	if !p.carry(pathSound) {
		p.sound.lost++
	}
}

// carry puts a packet on the line and tells whether it arrives.
func (p *path) carry(bytes int) bool {
	p.free = max(p.free, p.now)
	if p.waited = time.Duration(p.free - p.now); p.waited > p.queue {
		p.wasted++
		return false
	}
	p.free += int64(float64(bytes) * 8e9 / float64(p.rate(p.now)))
	return p.dice.Float64() >= p.loss
}

// shaken is a delay.
func (p *path) shaken() int64 { return pathDelay + int64(float64(p.shake)*p.dice.Float64()) }

// mark sends the sender reports that are not for the sake of the line.
func (p *path) mark() {
	if p.now < p.next.ours {
		return
	}
	p.next.ours = p.now + 400e6 + p.dice.Int64N(800e6)
	if p.line.Limit() == 0 {
		p.report()
	}
}

func (p *path) probe() {
	p.burst.probed = p.now
	p.burst.probes++
	p.report()
}

// report sends a sender report.
func (p *path) report() {
	m := pathMark{at: p.now, burst: p.burst.bits, span: time.Duration(p.now - p.burst.begun)}
	if p.carry(100) {
		m.came = p.free + p.shaken()
		p.flight = append(p.flight, m)
	}
}

// tell is the terminal's report.
func (p *path) tell() {
	for len(p.flight) > 0 && p.flight[0].came <= p.now {
		p.newest, p.flight = p.flight[0], p.flight[1:]
	}
	if p.now < p.next.theirs {
		return
	}
	p.next.theirs = p.now + int64(p.every)/2 + p.dice.Int64N(int64(p.every))
	if p.sent == 0 {
		return
	}
	back := p.shaken()
	r := Report{Lost: float64(p.lost) / float64(p.sent), Sent: int(float64(p.bits) * 1e9 / float64(p.now-p.reported))}
	p.sent, p.lost, p.bits, p.reported = 0, 0, 0, p.now
	if p.newest.at != p.told && !p.dull {
		p.told = p.newest.at
		r.Trip = time.Duration(p.newest.came - p.newest.at + back)
		r.Burst, r.Span = p.newest.burst, p.newest.span
	}
	if p.dice.Float64() >= p.loss {
		p.back = append(p.back, pathReport{p.now + back, r})
	}
}
