package video

import (
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/payload"
)

// decoding is an input while somebody looks at it. Its fields are its own goroutine's.
type decoding struct {
	in    *input
	inbox *inbox
	quit  chan struct{}

	packets   []packet
	bytes     []byte
	order     order
	lost      uint64 // of order, counted already
	assembler payload.Assembler
	decoder   codec.VideoDecoder // nil before the first frame
	failed    bool               // there is no such decoder
	asking    asking
	timeline  timeline
	skipping  bool // until a keyframe
	whole     int  // frames without a hole since the last one
	last      time.Duration
	window    time.Duration // of frames counted
	frames    int

	task    task // decodes frame
	frame   payload.Frame
	picture *codec.Picture
	damaged bool
	err     error
	took    time.Duration
}

const (
	decodeLag    = 700 * time.Millisecond // behind which frames are not decoded but a keyframe asked for
	mostFrames   = 150                    // a second; what is more is no camera
	healsUpdated = 132                    // frames: H.263 4.4 and H.261 3.4 have all updated by then
	heals        = 300                    // frames after which a stale corner is better than no picture
)

func newDecoding(in *input) *decoding {
	d := &decoding{in: in, inbox: newInbox(), quit: make(chan struct{})}
	d.order.take = d.assemble
	d.order.gap = func() { d.whole = 0 }
	d.task = newTask(d.decode)
	return d
}

func (d *decoding) run() {
	defer d.close()
	assembler, err := payload.NewAssembler(d.in.spec.Codec)
	if err != nil {
		d.in.engine.refuse(d.in.spec.ID, err)
		return
	}
	d.assembler = assembler
	d.want(d.in.engine.now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := d.order.expire(d.in.engine.now())
		if wait > 0 {
			timer.Reset(wait)
		}
		select {
		case <-d.inbox.wake:
			d.deliver()
		case <-timer.C:
		case <-d.quit:
			return
		}
		d.countLost()
	}
}

func (d *decoding) close() {
	if d.decoder != nil {
		d.in.engine.decoders.Add(-1)
		d.task.run = d.decoder.Close
		d.in.engine.threads.do(&d.task)
	}
}

// deliver takes what came.
func (d *decoding) deliver() {
	d.packets, d.bytes = d.inbox.swap(d.packets, d.bytes)
	for i := range d.packets {
		select {
		case <-d.quit:
			return
		default:
		}
		d.order.push(&d.packets[i])
	}
}

func (d *decoding) countLost() {
	d.in.mu.Lock()
	d.in.count.Lost += d.order.lost - d.lost
	d.in.mu.Unlock()
	d.lost = d.order.lost
}

// assemble takes a packet whose turn it is.
func (d *decoding) assemble(p *packet) {
	d.last = max(d.last, p.at)
	f, ok := d.assembler.Push(p.seq, p.ts, p.marker, p.payload)
	for ok {
		d.whole++
		d.show(f)
		f, ok = d.assembler.Next()
	}
}

// show decodes a frame and shows it unless it is damaged.
func (d *decoding) show(f payload.Frame) {
	now := d.in.engine.now()
	if d.failed || d.tooMany(now) {
		return
	}
	at := d.last
	d.skipping = !f.Key && (d.skipping || now-at > decodeLag || f.Damaged && d.heals() == 0)
	if d.skipping {
		d.bad(now, false)
		return
	}
	d.frame = f
	d.in.engine.threads.do(&d.task)
	now = d.in.engine.now()
	p := d.picture
	d.picture = nil
	good := d.err == nil && !d.damaged && (!f.Damaged || d.whole > d.heals())
	switch {
	case !good:
		if p != nil {
			p.Release()
		}
		d.bad(now, d.err != nil)
	case p != nil:
		d.good(p)
		d.in.publish(d, shot{picture: p, id: d.in.engine.shots.Add(1), pts: d.timeline.at(f.Timestamp, ticks90(at)), at: at, single: true})
	}
}

// decode is the task: it runs on a thread of low priority.
func (d *decoding) decode() {
	begin := time.Now()
	if d.decoder == nil {
		if d.decoder, d.err = d.in.engine.build.Decoder(d.in.spec.Codec, d.in.spec.ParameterSets); d.err != nil {
			d.failed = true
			d.in.engine.refuse(d.in.spec.ID, d.err)
			return
		}
		d.in.engine.decoders.Add(1)
	}
	d.picture, d.damaged, d.err = d.decoder.Decode(d.frame.Data)
	d.took = time.Since(begin)
}

// heals gives how many whole frames since the last loss make a picture good
// without a keyframe, which some terminals never send; 0: none do.
func (d *decoding) heals() int {
	switch d.in.spec.Codec {
	case media.H261, media.H263, media.H263P:
		return healsUpdated
	case media.H264, media.H265:
		return heals
	}
	return 0
}

// tooMany bounds the frames of a sender that wants to keep us busy.
func (d *decoding) tooMany(now time.Duration) bool {
	if now-d.window >= time.Second {
		d.window, d.frames = now, 0
	}
	d.frames++
	if d.frames <= mostFrames {
		return false
	}
	d.whole = 0
	d.skipping = true
	return true
}

func (d *decoding) good(p *codec.Picture) {
	d.asking.good()
	d.in.mu.Lock()
	defer d.in.mu.Unlock()
	d.in.count.Frames++
	d.in.count.Width, d.in.count.Height = p.Width, p.Height
	d.in.cost.add(d.took)
}

// bad counts a frame that is not shown: the last good picture stands.
func (d *decoding) bad(now time.Duration, failed bool) {
	d.in.mu.Lock()
	d.in.count.Damaged++
	if failed {
		d.in.count.Errors++
	}
	d.in.mu.Unlock()
	d.want(now)
}

// want asks for a keyframe, if it is time to.
func (d *decoding) want(now time.Duration) {
	if !d.asking.need(now) {
		return
	}
	d.in.mu.Lock()
	d.in.count.Wanted++
	d.in.mu.Unlock()
	d.in.engine.sink.KeyframeWanted(d.in.spec.ID)
}
