package video

import (
	"sync"

	"github.com/roombridge/roombridge/transcode"
)

// output is one stream of packets to the gateway. It begins with a keyframe,
// also when it gets another encoder.
type output struct {
	id transcode.StreamID

	mu      sync.Mutex
	encoder *encoder // whose frames it takes
	begun   bool     // it has had a keyframe of this encoder
	ever    bool
	seq     uint16
	last    uint32 // timestamp
	offset  uint32
	frames  []transcode.Frame

	count transcode.VideoOutputStats // frames, keyframes and bytes
}

// move has the output take an encoder's frames from its next keyframe on.
func (o *output) move(e *encoder) {
	o.mu.Lock()
	o.encoder, o.begun = e, false
	o.mu.Unlock()
}

// least is the least step of timestamps where an output goes over to another encoder.
const least = clock / 100

// send gives a frame's payloads their numbers and hands them out.
func (o *output) send(e *encoder, key bool, pts int64, payloads [][]byte, to Sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.encoder != e || !o.begun && !key || len(payloads) == 0 {
		return
	}
	ts := uint32(pts) + o.offset
	if !o.begun && o.ever && int32(ts-o.last) < least {
		o.offset += o.last + least - ts
		ts = o.last + least
	}
	o.begun, o.ever, o.last = true, true, ts
	o.frames = o.frames[:0]
	for i, p := range payloads {
		o.frames = append(o.frames, transcode.Frame{Stream: o.id, Seq: o.seq, Timestamp: ts, Marker: i == len(payloads)-1, Payload: p})
		o.seq++
		o.count.Bytes += uint64(len(p))
	}
	o.count.Frames++
	if key {
		o.count.Keyframes++
	}
	to.Packets(o.frames)
}

// stats gives the output's own counters, and whose frames it takes.
func (o *output) stats() (transcode.VideoOutputStats, *encoder) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.count, o.encoder
}
