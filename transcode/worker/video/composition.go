package video

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
)

// repeatComposed is how long a composition that does not change is left out.
const repeatComposed = time.Second / 3

// composition draws one scene in one size, for all encoders that show it: when one of its
// inputs has another picture, but not more often than its rate allows.
type composition struct {
	engine *Engine
	canvas canvas
	key    string        // of the scene; SetGraph's alone
	wake   chan struct{} // holds one: an input has another picture
	quit   chan struct{}
	late   atomic.Int64 // of its encoders and its own, in this period

	mu       sync.Mutex
	scene    transcode.Scene
	inputs   map[transcode.StreamID]*input
	encoders []*encoder
	renewed  bool // an encoder is new: it gets a picture though nothing changed
	fps      int
	slow     slow
	cost     meter
	mean     float64 // µs, as it was read last

	task     task
	composer Composer
	drawing  transcode.Scene
	from     map[transcode.StreamID]*input
	picture  *codec.Picture
	changed  bool
	hurried  bool
	took     time.Duration
	failed   error
	now      time.Duration
	given    time.Duration // when a picture was given out
	id       uint64
	made     int
	period   time.Duration // when it began
	settled  time.Duration // lateness before is that of the beginning
}

// canvas is what compositions must have in common beside the scene.
type canvas struct {
	width, height int
	aspect        float64
}

func newComposition(e *Engine, v canvas) *composition {
	c := &composition{engine: e, canvas: v, wake: make(chan struct{}, 1), quit: make(chan struct{})}
	c.task = newTask(c.compose)
	return c
}

// set gives what is drawn from the next tick on.
func (c *composition) set(s transcode.Scene, inputs map[transcode.StreamID]*input, encoders []*encoder, fps int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.renewed = c.renewed || !slices.Equal(c.encoders, encoders)
	c.scene, c.inputs, c.encoders, c.fps = s, inputs, encoders, fps
}

func (c *composition) run() {
	defer c.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	due := c.engine.now()
	c.period = due
	for {
		if !c.await(timer, due) {
			return
		}
		c.tick(c.engine.now())
		due = c.next(due)
	}
}

// await waits until a picture is due and something changed, or might have:
// tiles can move without new pictures.
func (c *composition) await(timer *time.Timer, due time.Duration) bool {
	timer.Reset(due - c.engine.now())
	select {
	case <-timer.C:
	case <-c.quit:
		return false
	}
	timer.Reset(due + c.step()/2 - c.engine.now())
	select {
	case <-c.wake:
	case <-timer.C:
	case <-c.quit:
		return false
	}
	return true
}

// next gives the time when the next picture is due. Those that are past are left out, as late.
func (c *composition) next(due time.Duration) time.Duration {
	now, step := c.engine.now(), c.step()
	c.mu.Lock()
	if now-c.period >= slowPeriod {
		late := int(c.late.Swap(0))
		if now > c.settled {
			c.slow.period(c.made, late, c.fps)
		}
		c.made, c.period = 0, now
	}
	encoders := c.encoders
	c.mu.Unlock()
	due += step
	if behind := now - due; behind > step {
		c.late.Add(int64(behind / step))
		for _, e := range encoders {
			e.miss(uint64(behind / step))
		}
		due = now
	}
	return due
}

// signal tells of another picture of an input.
func (c *composition) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// step is the time from tick to tick.
func (c *composition) step() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Second / time.Duration(c.slow.per(c.fps))
}

// tick draws the scene and gives it out if it has changed.
func (c *composition) tick(at time.Duration) {
	c.mu.Lock()
	c.drawing, c.from = c.scene, c.inputs
	encoders, renewed := c.encoders, c.renewed
	c.hurried = c.slow.rate != 0
	c.renewed = false
	c.mu.Unlock()
	if c.failed != nil || len(encoders) == 0 {
		return
	}
	if renewed {
		c.settled = at + settle
	}
	c.now = at
	c.engine.threads.do(&c.task)
	if c.failed != nil {
		c.fail(encoders)
		return
	}
	p := c.picture
	c.picture = nil
	c.mu.Lock()
	c.cost.add(c.took)
	c.mu.Unlock()
	c.made++
	switch {
	case p == nil:
		c.late.Add(1)
		return
	case c.changed:
		c.id = c.engine.shots.Add(1)
		fallthrough
	case renewed || at-c.given >= repeatComposed:
		c.given = at
		for _, e := range encoders {
			if e.offer(c, shot{picture: p, id: c.id, pts: ticks90(at), at: at}) {
				c.late.Add(1)
			}
		}
	}
	p.Release()
}

// compose is the task.
func (c *composition) compose() {
	begin := time.Now()
	if c.composer == nil {
		if c.composer, c.failed = c.engine.build.Composer(c.canvas.width, c.canvas.height, c.canvas.aspect); c.failed != nil {
			return
		}
	}
	c.composer.Hurry(c.hurried)
	c.picture, c.changed = c.composer.Compose(&c.drawing, c.source, c.now)
	c.took = time.Since(begin)
}

// source gives an input's newest picture to the composer.
func (c *composition) source(id transcode.StreamID) *codec.Picture {
	if in := c.from[id]; in != nil {
		return in.newest.get().picture
	}
	return nil
}

func (c *composition) fail(encoders []*encoder) {
	for _, e := range encoders {
		e.fail(c.failed)
	}
}

func (c *composition) close() {
	if c.composer != nil {
		c.task.run = c.composer.Close
		c.engine.threads.do(&c.task)
	}
}

// stats gives the mean cost of a picture in µs, and the rate to which overload
// slows the composition, 0 for none. It reads the cost once a second for all encoders.
func (c *composition) stats() (cost float64, slowed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cost.n > 0 {
		c.mean = c.cost.read()
	}
	return c.mean, int(c.slow.rate)
}
