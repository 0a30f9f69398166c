//go:build !cgo || nocodecs

package h264

// Available tells whether this build has H.264.
const Available = false

// Warm does nothing.
func Warm() {}

// EncodeStill fails.
func EncodeStill(StillConfig, []byte) ([][]byte, error) { return nil, ErrUnavailable }

// Decoder does not exist in this build.
type Decoder struct{}

// Result is what came out of one access unit.
type Result struct{ Frames, Damaged, Keyframes int }

// NewDecoder fails.
func NewDecoder() (*Decoder, error) { return nil, ErrUnavailable }

// Decode fails.
func (d *Decoder) Decode([]byte) (Result, error) { return Result{}, ErrUnavailable }

// Size is 0.
func (d *Decoder) Size() (width, height int) { return 0, 0 }

// Picture fails.
func (d *Decoder) Picture() (i420 []byte, width, height int, err error) {
	return nil, 0, 0, ErrUnavailable
}

// Close does nothing.
func (d *Decoder) Close() {}
