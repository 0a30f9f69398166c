// Package layout says where the tiles of a scene stand in a picture. The
// gateway asks sources for the size at which they are shown, the worker draws; both
// ask here. It is pure.
package layout

import "github.com/roombridge/roombridge/transcode"

// Rect is a place in a picture, in luma samples; all numbers are even.
type Rect struct{ X, Y, W, H int }

// MaxTiles is how many tiles a layout shows at most.
func MaxTiles(l transcode.Layout) int { return 1 }

// Arrange gives the places of n tiles of a layout in a picture, the large one
// first. n is at most MaxTiles.
func Arrange(l transcode.Layout, n, width, height int) []Rect {
	return []Rect{{0, 0, width &^ 1, height &^ 1}}
}
