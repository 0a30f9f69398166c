package relay

import (
	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/packet"
)

// h264Inspector takes the sequence parameter set as the beginning of a
// keyframe: it stands before every IDR picture of a browser, and the
// normaliser puts it before those of terminals. An IDR picture without one
// does not decode alone.
type h264Inspector struct{}

func (*h264Inspector) inspect(p *packet.Packet) (key bool, w, h int) {
	for walk := h264.Walk(p.Payload); walk.Next(); {
		if walk.Unit.Type() != h264.TypeSPS || !walk.Unit.Start {
			continue
		}
		key = true
		if nal := walk.Unit.NAL(); nal != nil {
			if sps, err := h264.ParseSPS(nal); err == nil {
				w, h = sps.Width, sps.Height
			}
		}
	}
	return key, w, h
}
