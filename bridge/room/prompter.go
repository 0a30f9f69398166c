package room

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

// prompter tells one terminal what is said to it. Packets are made as a whole sound, once
// for all terminals with the same codec, and sent in time by the hall's one goroutine.
type prompter struct {
	hall   *hall
	out    *relay.Stream
	ctx    context.Context // until it is closed
	cancel context.CancelFunc
	asking sync.WaitGroup

	mu     sync.Mutex
	format media.Format // zero: nothing can be said
	pt     uint8
	asked  uint64 // counts what was said; what comes later than the next is not
	saying *saying
	wanted []int16 // what was to be said last, until it is
	spoke  int64   // when a packet went last
	begun  int64   // the time of timestamp base
	base   uint32
	seq    uint16
	sent   bool
	end    uint32 // the time where the last packet ends
}

// saying is a sound on its way.
type saying struct {
	transcode.Spoken
	next  int
	begun int64
	ts    uint32
}

// Times of prompters, ns.
const (
	// promptRest is how long nothing is sent where nothing is said; then comes
	// a little silence, so that nobody on the way takes the call for dead.
	promptRest = int64(5e9)
	// promptLate is how far behind its time a sound may be before the rest of it is late, too.
	promptLate = int64(200e6)
)

func newPrompter(h *hall, out *relay.Stream) *prompter {
	p := &prompter{hall: h, out: out, base: rand.Uint32(), seq: uint16(rand.Uint32()), begun: h.now(), spoke: h.now()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// attune takes what the stream was negotiated to. What was to be said before, or was being said otherwise, is
// said now: the channels of an H.323 call are opened after it was answered.
func (p *prompter) attune(audio media.Stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var f media.Format
	pt, ok := p.out.PayloadType(audio.Send)
	if ok && flows(audio, media.Send) && p.hall.caps.Encodes(audio.Send.Codec) {
		f = audio.Send
	}
	changed := f != p.format
	p.format, p.pt = f, pt
	if !changed {
		return
	}
	p.saying = nil
	if p.asked++; f.Codec != "" && len(p.wanted) > 0 {
		p.ask(p.wanted)
	}
}

// able tells whether anything can be said.
func (p *prompter) able() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.format.Codec != ""
}

// say says a sound in place of the one being said, which silence ends: the
// receiver's decoder comes to rest in it.
func (p *prompter) say(pcm []int16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	speaks := p.saying != nil
	p.saying, p.wanted = nil, pcm
	if p.format.Codec == "" || len(pcm) == 0 && !speaks {
		return
	}
	p.ask(pcm)
}

// ask gets a sound as packets and has it said, unless something else was asked for meanwhile.
// The caller holds mu.
func (p *prompter) ask(pcm []int16) {
	if p.ctx.Err() != nil {
		return
	}
	asked, format := p.asked, p.format
	p.asking.Go(func() {
		spoken, err := p.hall.sound(p.ctx, pcm, format)
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case p.asked != asked || p.ctx.Err() != nil:
		case err != nil:
			p.hall.log.Warn("nothing is said to a terminal in reception", "error", err)
		default:
			p.begin(spoken)
		}
	})
}

// begin starts a sound. The caller holds mu.
func (p *prompter) begin(s transcode.Spoken) {
	now := p.hall.now()
	ts := p.base + uint32((now-p.begun)/1e6*int64(p.format.ClockRate)/1000)
	if p.sent && packet.TimeDiff(ts, p.end) < 0 {
		ts = p.end // what was cut off
	}
	p.saying = &saying{Spoken: s, begun: now, ts: ts}
	p.spoke = now
	p.hall.wake()
}

// step sends what is due and tells whether something is being said.
func (p *prompter) step(now int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.saying
	if s == nil {
		if p.format.Codec != "" && now-p.spoke >= promptRest {
			p.spoke = now
			p.ask(nil)
		}
		return false
	}
	every := int64(s.PTime) * 1e6
	if behind := now - s.begun - int64(s.next)*every; behind > promptLate {
		s.begun += behind
		s.ts += uint32(behind / 1e6 * int64(p.format.ClockRate) / 1000)
	}
	for s.next < len(s.Frames) && s.begun+int64(s.next)*every <= now {
		p.send(s)
	}
	p.out.Flush()
	p.spoke = now
	if s.next == len(s.Frames) {
		p.saying, p.wanted = nil, nil
	}
	return p.saying != nil
}

func (p *prompter) send(s *saying) {
	p.seq++
	p.sent = true
	step := uint32(s.PTime * p.format.ClockRate / 1000)
	ts := s.ts + uint32(s.next)*step
	p.out.Send(packet.Header{PT: p.pt, Marker: s.next == 0, Seq: p.seq, Timestamp: ts}, s.Frames[s.next])
	p.end = ts + step
	s.next++
}

// close says nothing more.
func (p *prompter) close() {
	p.cancel()
	p.mu.Lock()
	p.saying, p.wanted, p.format = nil, nil, media.Format{}
	p.asked++
	p.mu.Unlock()
	p.asking.Wait()
}
