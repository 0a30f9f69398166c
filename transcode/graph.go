// Package transcode is what the gateway knows of media workers: the wanted
// graph, the wire protocol and the supervisor that starts one process for a
// meeting, gives it the graph, and starts it again when it dies. It never
// touches decoded media.
package transcode

import "github.com/roombridge/roombridge/bridge/media"

// StreamID names an input or an output within one meeting. Ids are never used twice.
type StreamID uint32

// Input is encoded audio that the meeting sends to its worker.
type Input struct {
	ID        StreamID    `json:"id"`
	Codec     media.Codec `json:"codec"`
	ClockRate int         `json:"clock_rate"`
	Channels  int         `json:"channels,omitempty"`
	Bitrate   int         `json:"bitrate,omitempty"` // bit/s, where it is part of the coding (G.722.1); 0 is the codec's usual
}

// Output is encoded audio that the worker makes: the mix of the inputs heard.
type Output struct {
	ID        StreamID    `json:"id"`
	Codec     media.Codec `json:"codec"`
	ClockRate int         `json:"clock_rate"`
	Channels  int         `json:"channels,omitempty"`
	Bitrate   int         `json:"bitrate,omitempty"` // bit/s, 0 is the codec's usual
	PTime     int         `json:"ptime,omitempty"`   // ms, 0 is 20
	FEC       bool        `json:"fec,omitempty"`     // Opus in-band FEC
	Hears     []StreamID  `json:"hears"`             // inputs in the mix
}

// Graph is all that a worker shall do. It is declarative: each graph replaces
// the one before, what stays in it goes on without a gap.
type Graph struct {
	Inputs       []Input       `json:"inputs"`
	Outputs      []Output      `json:"outputs"`
	VideoInputs  []VideoInput  `json:"video_inputs,omitempty"`
	VideoOutputs []VideoOutput `json:"video_outputs,omitempty"`
}

// empty tells that there is nothing to do.
func (g *Graph) empty() bool {
	return len(g.Inputs)+len(g.Outputs)+len(g.VideoInputs)+len(g.VideoOutputs) == 0
}

// Frame is one encoded frame or packet payload. In an input frame Seq and
// Timestamp are those of the RTP packet; in an output frame Timestamp counts
// the output's clock and Seq rises by one.
type Frame struct {
	Stream    StreamID
	Seq       uint16
	Timestamp uint32
	Marker    bool
	Payload   []byte
}

// Level is an input's loudness over the last tenth of a second.
type Level struct {
	Stream StreamID `json:"stream"`
	DBov   int8     `json:"dbov"` // 0 is the loudest, -127 silence
	Voice  bool     `json:"voice"`
}

// Events is told what a worker returns, on one goroutine per worker that must
// not be blocked. Payloads are valid only during the call.
type Events interface {
	// Frame is called for every frame of sound.
	Frame(f Frame)
	// Packet is called for every RTP payload of a picture output. Marker is set
	// on a frame's last; Seq rises by one; Timestamp counts 90 kHz.
	Packet(f Frame)
	// KeyframeWanted says that a picture input cannot be shown before a keyframe.
	KeyframeWanted(id StreamID)
	Levels(l []Level)
	// Restarted says that the worker died and a new one has the graph.
	Restarted(reason string)
}

// Still asks a worker for a picture with text: as one H.264 access unit, or as the
// RTP payloads of a frame of another codec that stands alone.
type Still struct {
	Codec   media.Codec `json:"codec,omitempty"` // "" is H.264
	Width   int         `json:"width"`
	Height  int         `json:"height"`
	Profile uint8       `json:"profile"`          // H.264: profile_idc: 66, 77 or 100
	Level   uint8       `json:"level"`            // H.264: level_idc
	MaxNAL  int         `json:"max_nal"`          // bytes of a NAL unit or RTP payload, 0 is no bound
	MaxSize int         `json:"max_size"`         // bytes of all, 0 is no bound
	Title   string      `json:"title"`            // large line: the room's name
	Lines   []string    `json:"lines"`            // smaller lines: the number, what is awaited
	Notice  *Notice     `json:"notice,omitempty"` // instead of them
}

// Notice is what a screen asks or tells.
type Notice struct {
	Title   string   `json:"title,omitempty"`
	Lines   []string `json:"lines,omitempty"`
	Entry   string   `json:"entry,omitempty"`  // what was typed so far, bullets where it is secret
	Places  int      `json:"places,omitempty"` // how many letters are expected, 0 is not known
	Asks    bool     `json:"asks,omitempty"`   // a field is drawn though nothing was typed
	Error   string   `json:"error,omitempty"`
	Footer  string   `json:"footer,omitempty"`
	Waiting bool     `json:"waiting,omitempty"`
}
