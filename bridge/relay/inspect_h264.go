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
	if !mayHoldSPS(p.Payload) {
		return false, 0, 0
	}
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

// mayHoldSPS is false for what most packets are (RFC 6184 5.2): another NAL
// unit than a parameter set, or a fragment that does not begin one.
func mayHoldSPS(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	switch t := h264.Type(payload); {
	case t < h264.TypeSTAPA:
		return t == h264.TypeSPS
	case t == h264.TypeFUA:
		return payload[1]&0x9f == 0x80|h264.TypeSPS
	}
	return true
}
