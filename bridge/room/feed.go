package room

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/transcode"
)

// feed is a picture on its way to the media worker. It is the Out behind a
// viewer, as a slot or a terminal is, so that the worker gets one continuous
// stream whatever layer of the picture is the right one.
type feed struct {
	*viewer
	mixer *mixer
	id    transcode.StreamID
	of    plan.Ref
	codec media.Codec

	height int   // at which it is shown largest
	used   int64 // when an output showed it last
}

func newFeed(m *mixer, of plan.Ref, codec media.Codec) *feed {
	f := &feed{mixer: m, id: m.newID(), of: of, codec: codec}
	f.viewer = newViewer(f, nil)
	return f
}

// Send implements relay.Out. It never waits.
func (f *feed) Send(h packet.Header, payload []byte) {
	if ref := f.mixer.meeting.Load(); ref != nil {
		ref.WritePicture(transcode.Frame{Stream: f.id, Seq: h.Seq, Timestamp: h.Timestamp, Marker: h.Marker, Payload: payload})
	}
}

// Flush implements relay.Out.
func (f *feed) Flush() {}

// PayloadType implements relay.Out: a decoder takes its codec in any profile
// and size.
func (f *feed) PayloadType(g media.Format) (uint8, bool) { return 0, g.Codec == f.codec }

// input is the feed in the worker's graph.
func (f *feed) input() transcode.VideoInput { return transcode.VideoInput{ID: f.id, Codec: f.codec} }

// follow shows the worker the layer that fits the height at which it is seen.
// bend are limits that the maker may be told, because nobody else looks at it.
func (f *feed) follow(p *picture, bend media.Limits, now int64) {
	d := demand{options: p.options(now), height: f.height, now: f.shown(p)}
	i := alive(d.options, enough(d.options, 0, d.height, d.now), 0)
	p.demanded(d, i, now)
	f.show(p.layers[i].track, bend)
}

var _ relay.Out = (*feed)(nil)
