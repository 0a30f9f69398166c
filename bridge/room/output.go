package room

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/layout"
)

// output is a picture that the media worker makes: a track like any other, to
// which the splices of terminals and slots attach. Fields are guarded by the
// room's mutex unless said otherwise.
type output struct {
	mixer *mixer
	wake  func()
	id    transcode.StreamID
	spec  plan.Output
	scene plan.Scene
	track *relay.Track
	made  int64 // when it was made
	idle  int64 // since when nobody wants it; 0: somebody does

	least   atomic.Int64 // of what its receivers take, bit/s; 0 is no limit
	bitrate int          // in force
	steps   int64        // when the bit rate rose last
	pacer   *pacer
	places  places

	// Of the goroutine on which the worker's events come.
	header  packet.Header
	batch   []packet.Packet
	payload []byte
}

const (
	// outputRest is how long an output goes on that nobody wants.
	outputRest = 2e9 // ns
	// A frame that has more packets than this goes out in parts.
	outputBatch = 64

	// The bit rate of an output rises by a part at a time, nanoseconds apart.
	outputStep  = 200e6
	outputRaise = 1.1
)

func newOutput(m *mixer, wake func(), spec plan.Output, now int64) *output {
	o := &output{mixer: m, wake: wake, id: m.newID(), spec: spec, made: now, bitrate: spec.Class, steps: now}
	o.header.SSRC = rand.Uint32()
	o.track = relay.NewTrack(relay.TrackConfig{
		ID: "made/" + string(spec.Codec), Kind: media.Video, Upstream: outputUpstream{o}, Format: formatOf(spec), Now: m.now,
	})
	o.pacer = newPacer(o.bitrate, m.now, o.track.Publish)
	return o
}

// close ends the output.
func (o *output) close() {
	o.pacer.close()
	o.track.Close()
}

// formatOf is what an output's packets are.
func formatOf(o plan.Output) media.Format {
	f := media.Format{Codec: o.Codec, ClockRate: transcode.VideoClock}
	if o.Codec == media.H264 {
		f.H264 = media.H264Params{Profile: o.Profile, Constraints: 0xc0, Level: o.Level, Mode: o.Mode}
		switch o.Profile {
		case 77:
			f.H264.Constraints = 0
		case 100:
			f.H264.Constraints = 0x0c // no interlaced pictures, none that are sent out of order
		}
	}
	return f
}

// outputUpstream is how the track reaches the worker.
type outputUpstream struct{ o *output }

// RequestKeyframe implements relay.Upstream.
func (u outputUpstream) RequestKeyframe(int) {
	if ref := u.o.mixer.meeting.Load(); ref != nil {
		ref.Refresh(u.o.id)
	}
}

// Limit implements relay.Upstream.
func (u outputUpstream) Limit(l media.Limits) {
	if u.o.least.Swap(int64(l.Bitrate)) != int64(l.Bitrate) {
		u.o.wake()
	}
}

// play takes one packet of the worker's; a frame is published as a whole.
func (o *output) play(f transcode.Frame, now int64) {
	if n := len(o.batch); n > 0 && (o.batch[0].Timestamp != f.Timestamp || n == outputBatch) {
		o.publish()
	}
	from := len(o.payload)
	o.payload = append(o.payload, f.Payload...)
	h := o.header
	h.Seq, h.Timestamp, h.Marker = f.Seq, f.Timestamp, f.Marker
	o.batch = append(o.batch, packet.Packet{Header: h, Payload: o.payload[from:], Arrived: now, Audio: packet.NoLevel})
	if f.Marker {
		o.publish()
	}
}

func (o *output) publish() {
	if !o.pacer.send(o.batch) {
		outputUpstream{o}.RequestKeyframe(0)
	}
	o.batch, o.payload = o.batch[:0], o.payload[:0]
}

// serve makes the output what its receivers wish.
func (o *output) serve(spec plan.Output, scene plan.Scene, now int64) {
	o.idle = 0
	if o.spec != spec {
		o.spec = spec
		o.bitrate, o.steps = spec.Class, now // a new encoder begins with what is certain
		o.pacer.limit(o.bitrate)
		o.track.SetFormat(formatOf(spec))
	}
	o.scene = scene
}

// steer sets the bit rate: down to what the receivers take at once, and up in
// steps as far as the class and the size have use for it.
func (o *output) steer(now int64) {
	most := useful(o.spec)
	if above := plan.Above(o.spec.Class); above > 0 {
		most = min(most, above)
	}
	if least := int(o.least.Load()); least > 0 {
		most = min(most, max(least, plan.Classes[0]))
	}
	switch {
	case o.bitrate > most:
		o.bitrate = most
	case o.bitrate < most && now-o.steps >= outputStep:
		o.bitrate = min(most, int(float64(o.bitrate)*outputRaise))
	default:
		return
	}
	o.steps = now
	o.pacer.limit(o.bitrate)
}

// useful is the bit rate above which a picture hardly gets better. Older codecs need more.
func useful(o plan.Output) int {
	b := bitrateFor(o.Width, o.Height)
	switch o.Codec {
	case media.H261, media.H263, media.H263P:
		b *= 2
	}
	return b
}

// video is the output in the worker's graph.
func (o *output) video(s transcode.Scene) transcode.VideoOutput {
	p := o.spec
	return transcode.VideoOutput{
		ID: o.id, Codec: p.Codec, Profile: p.Profile, Level: p.Level, Mode: p.Mode, MTU: p.MTU,
		Width: p.Width, Height: p.Height, FPS: p.FPS, Bitrate: o.bitrate, Scene: s,
	}
}

// places remembers the heights at which the tiles of a scene are shown.
type places struct {
	layout  transcode.Layout
	n, w, h int
	heights []int
}

// of gives them for a scene of an output's size.
func (p *places) of(o plan.Output, s plan.Scene) []int {
	n := len(s.Tiles)
	if p.heights != nil && p.layout == s.Layout && p.n == n && p.w == o.Width && p.h == o.Height {
		return p.heights
	}
	*p = places{layout: s.Layout, n: n, w: o.Width, h: o.Height, heights: []int{}}
	if s.Layout == transcode.Single {
		p.heights = append(p.heights, o.Height)
		return p.heights
	}
	for _, r := range layout.Arrange(s.Layout, n, o.Width, o.Height) {
		p.heights = append(p.heights, r.H)
	}
	return p.heights
}

// seen tells whether somebody looks at the output or waits for it.
func (o *output) seen() bool { return o.track.Stats().Sinks > 0 }
