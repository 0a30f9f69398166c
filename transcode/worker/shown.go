package worker

import (
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/wire"
)

// pictureNice is how far below the sound's priority picture codecs run.
const pictureNice = 10

// Packets implements video.Sink: it sends the packets of one frame.
func (s *server) Packets(list []transcode.Frame) {
	s.packetMu.Lock()
	defer s.packetMu.Unlock()
	s.packets = s.packets[:0]
	for _, f := range list {
		m := wire.Message{Kind: wire.Packet, ID: uint32(f.Stream), Seq: f.Seq, Timestamp: f.Timestamp, Payload: f.Payload}
		if f.Marker {
			m.Flags = wire.FlagMarker
		}
		s.packets = append(s.packets, m)
	}
	s.queue.Packets(s.packets)
	clear(s.packets)
}

// KeyframeWanted implements video.Sink.
func (s *server) KeyframeWanted(id transcode.StreamID) {
	s.queue.Control(wire.Message{Kind: wire.Refresh, ID: uint32(id)})
}

// Starved implements video.Sink. The gateway starts another worker.
func (s *server) Starved(err error) {
	s.starved.CompareAndSwap(nil, &err)
	s.end()
}

// Refused implements video.Sink.
func (s *server) Refused(id transcode.StreamID, reason string) {
	s.queue.Control(wire.Message{Kind: wire.Error, ID: uint32(id), Seq: uint16(wire.Graph), Payload: []byte(reason[:min(len(reason), 500)])})
}
