package web

import "github.com/roombridge/roombridge/bridge"

// Streams are the streams of a call as its record keeps them.
type Streams struct {
	Audio   Stream `json:"audio"`
	Video   Stream `json:"video"`
	Content Stream `json:"content"`
}

// StreamsOf takes the streams out of a call's status.
func StreamsOf(s bridge.CallStatus) Streams {
	return Streams{Audio: streamOf(s.Audio), Video: streamOf(s.Video), Content: streamOf(s.Content)}
}
