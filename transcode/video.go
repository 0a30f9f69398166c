package transcode

import "github.com/roombridge/roombridge/bridge/media"

// VideoInput is an encoded picture stream that the meeting sends to its
// worker as RTP payloads. Each is decoded once, whoever sees it; an input that no
// output shows is not decoded.
type VideoInput struct {
	ID    StreamID    `json:"id"`
	Codec media.Codec `json:"codec"`
	// ParameterSets are H.264's, as media.Format has them.
	ParameterSets string `json:"parameter_sets,omitempty"`
}

// VideoOutput is a picture stream that the worker makes, as RTP payloads. Outputs
// of one scene and size share its composition.
type VideoOutput struct {
	ID      StreamID    `json:"id"`
	Codec   media.Codec `json:"codec"`
	Profile uint8       `json:"profile,omitempty"` // H.264: profile_idc
	Level   uint8       `json:"level,omitempty"`   // H.264: level_idc
	Mode    uint8       `json:"mode,omitempty"`    // H.264: packetization-mode
	MTU     int         `json:"mtu,omitempty"`     // largest RTP payload, bytes; 0 is 1200
	Width   int         `json:"width"`
	Height  int         `json:"height"`
	FPS     int         `json:"fps"`     // most pictures a second
	Bitrate int         `json:"bitrate"` // bit/s
	Scene   Scene       `json:"scene"`
}

// Layout names how a scene is arranged.
type Layout string

// Layouts. Single is one picture as it is, without text: what a view would
// be if it could be relayed.
const (
	Single   Layout = "single"
	Speaker  Layout = "speaker"    // one large, with its name
	OnePlusN Layout = "one-plus-n" // one large, others beside it
	Grid     Layout = "grid"       // equal tiles, 2x2 to 4x4
	Slides   Layout = "content"    // slides large, people beside them
)

// Scene is what a picture shows. Tiles are in the order of their places, the large one first.
type Scene struct {
	Layout Layout `json:"layout"`
	Tiles  []Tile `json:"tiles"`
	More   int    `json:"more,omitempty"`  // people who are not shown
	Title  string `json:"title,omitempty"` // shown when nobody is there
}

// Tile is one place in a scene.
type Tile struct {
	Owner    string   `json:"owner"`           // participant: the same one's picture may glide when it gets another place
	Input    StreamID `json:"input,omitempty"` // 0: no picture, the name stands alone
	Name     string   `json:"name,omitempty"`
	Muted    bool     `json:"muted,omitempty"`
	Speaking bool     `json:"speaking,omitempty"`
	Slides   bool     `json:"slides,omitempty"` // shown whole, never cropped
}

// VideoInputStats is what a worker tells of a picture stream it is given.
type VideoInputStats struct {
	ID       StreamID `json:"id"`
	Packets  uint64   `json:"packets"`
	Lost     uint64   `json:"lost"`
	Frames   uint64   `json:"frames"`  // decoded
	Damaged  uint64   `json:"damaged"` // not shown: the last good picture stood
	Errors   uint64   `json:"errors"`
	Wanted   uint64   `json:"wanted"` // keyframes asked for
	Width    int      `json:"width"`
	Height   int      `json:"height"`
	DecodeUS float64  `json:"decode_us"` // mean cost of a frame over the last second
}

// VideoOutputStats is what a worker tells of a picture stream it makes.
type VideoOutputStats struct {
	ID        StreamID `json:"id"`
	Frames    uint64   `json:"frames"`
	Keyframes uint64   `json:"keyframes"`
	Bytes     uint64   `json:"bytes"`
	Late      uint64   `json:"late"` // frames that came out later than the next was due, or not at all
	Width     int      `json:"width"`
	Height    int      `json:"height"`
	FPS       float64  `json:"fps"`        // over the last second
	EncodeUS  float64  `json:"encode_us"`  // mean cost of a frame over the last second
	ComposeUS float64  `json:"compose_us"` // likewise of its composition, once for all that share it
	DelayP50  float64  `json:"delay_p50"`  // ms from a frame's last packet in to its first out, over the last second; single layout only
	DelayMax  float64  `json:"delay_max"`
}
