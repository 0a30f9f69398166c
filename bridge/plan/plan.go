package plan

import (
	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// Input is all that one view is decided from.
type Input struct {
	Viewer Viewer
	People []Person // in the order in which they came, the viewer among them or not
	Recent []string // who had the floor, the last first
	Worker Worker
}

// Viewer is who is shown something.
type Viewer struct {
	ID     string       // the participant, whose own picture is not shown
	Room   string       // shown while nobody is there
	Format media.Format // what it is sent
	Limits media.Limits // of all kinds together
	Wish   bridge.Layout
	Still  bool // it can be sent a still picture without a worker
}

// Person is a participant as a viewer could be shown it.
type Person struct {
	ID, Name string
	Main     Picture
	Slides   Picture
}

// Picture is what a camera or a screen sends. Format, Refusal, size and bit rate
// are those of the layer that suits the viewer best.
type Picture struct {
	Live    bool // packets arrive, or did until just now
	Format  media.Format
	Refusal string // why the viewer cannot be given its packets as they are; "" is that it can
	Width   int    // 0: not known yet
	Height  int
	Bitrate int // measured, bit/s; 0: not known
	// Loud says that others take more bits than the viewer does, so that the
	// maker is not told of this viewer's limit.
	Loud bool
}

// Worker is what the meeting's media worker can do for pictures.
type Worker struct {
	Capabilities transcode.Capabilities
	Trouble      string // why it does nothing at all; "" is that it works
	Strain       string // why it composes nothing at present; "" is that it may
}

// Converts tells whether the worker makes pictures of one codec out of
// another's.
func (w Worker) Converts(from, to media.Codec) bool {
	return w.Trouble == "" && w.Capabilities.Decodes(from) && w.Capabilities.Encodes(to)
}

// Ref names a picture.
type Ref struct {
	Person string
	Slides bool
}

// Output says how a picture is encoded; who has the same Output and Scene
// shares an encoder.
type Output struct {
	Codec   media.Codec
	Profile uint8 // H.264: profile_idc
	Level   uint8 // H.264: level_idc, enough for size and rate
	Mode    uint8 // H.264: packetization-mode
	Width   int
	Height  int
	FPS     int
	Class   int // bit/s; all who share it take as much
	MTU     int // largest packet, bytes; 0 is the usual
}

// Scene is what stands in a picture that the worker makes.
type Scene struct {
	Layout transcode.Layout
	Tiles  []Ref
	More   int    // people who are not shown
	Title  string // shown when nobody is there
	Banner string // shown above everything
}

// Decision is how a view is served.
type Decision struct {
	Path   bridge.Path
	Reason string
	Layout transcode.Layout // in force; "" is the still picture or nothing
	Show   Ref              // relay: whose packets; transcode: whose picture
	Output Output           // transcode and compose
	Scene  Scene            // likewise
	// Beyond says that Show is transcoded only for being beyond the viewer's
	// limits: if its maker kept to them it would be relayed.
	Beyond bool
	// Change says why the view is not what it was at the last decision; "" is that it is.
	Change Change
}

// Made tells whether the worker makes the picture.
func (d Decision) Made() bool { return d.Path == bridge.PathTranscode || d.Path == bridge.PathCompose }

func (in *Input) find(r Ref) *Picture {
	for i := range in.People {
		if p := &in.People[i]; p.ID == r.Person {
			if r.Slides {
				return &p.Slides
			}
			return &p.Main
		}
	}
	return nil
}

func (in *Input) name(id string) string {
	for i := range in.People {
		if in.People[i].ID == id {
			return in.People[i].Name
		}
	}
	return ""
}
