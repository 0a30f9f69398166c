package transcode

import (
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/bridge/media"
)

// Bounds of a graph's pictures.
const (
	MaxVideoInputs  = 64
	MaxVideoOutputs = 64
	MaxTiles        = 16  // of a scene
	MaxName         = 256 // bytes of each text in a scene
	MaxPacket       = 2048
	VideoClock      = 90000 // Hz, of all picture streams
)

// CheckPictures tells whether the picture side of a graph keeps to its bounds.
// Streams that cannot be served for other reasons are refused one by one.
func (g *Graph) CheckPictures() error {
	if len(g.VideoInputs) > MaxVideoInputs || len(g.VideoOutputs) > MaxVideoOutputs {
		return fmt.Errorf("transcode: %d picture inputs and %d outputs are too many", len(g.VideoInputs), len(g.VideoOutputs))
	}
	for _, in := range g.VideoInputs {
		if len(in.ParameterSets) > 4*MaxName {
			return errors.New("transcode: parameter sets are too long")
		}
	}
	for i := range g.VideoOutputs {
		if err := g.VideoOutputs[i].Scene.check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scene) check() error {
	if len(s.Tiles) > MaxTiles {
		return fmt.Errorf("transcode: a scene of %d tiles", len(s.Tiles))
	}
	if len(s.Title) > MaxName || len(s.Banner) > MaxName {
		return errors.New("transcode: a scene's text is too long")
	}
	for _, t := range s.Tiles {
		if len(t.Owner) > MaxName || len(t.Name) > MaxName {
			return errors.New("transcode: a name in a scene is too long")
		}
	}
	return nil
}

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
	// Banner is a short text that stands above everything for a moment. A single picture has none.
	Banner string `json:"banner,omitempty"`
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
	Slowed    int      `json:"slowed,omitempty"` // pictures a second that overload allows its composition, 0: as many as asked for
}
