// Package stills holds the still pictures that are in the binary: a bridge at
// night, without text, as H.264 access units of Constrained Baseline in slices
// that fit a packet. Tests use them as camera pictures too.
package stills

import (
	"embed"
	"fmt"
	"sync"

	"github.com/roombridge/roombridge/bridge/h264"
)

// The pictures are made by draw.go; run it here after a change.
//
//go:generate go run draw.go
//go:embed *.h264
var files embed.FS

// Size is a size in which the picture exists.
type Size struct {
	Width, Height int
	Level         uint8 // level_idc of the stream
}

// Sizes are all of them, the largest first.
var Sizes = []Size{{1280, 720, 31}, {640, 360, 30}, {352, 288, 11}, {176, 144, 10}}

// NALs gives a size's SPS, PPS and IDR slices without start codes, nil if
// there is no such size. They are the same for all who ask: not to be changed.
func (s Size) NALs() [][]byte {
	mu.Lock()
	defer mu.Unlock()
	if nals, ok := read[s]; ok {
		return nals
	}
	b, err := files.ReadFile(fmt.Sprintf("%dx%d.h264", s.Width, s.Height))
	if err != nil {
		return nil
	}
	read[s] = h264.SplitAnnexB(b)
	return read[s]
}

var (
	mu   sync.Mutex
	read = map[Size][][]byte{} // at most one for each file
)
