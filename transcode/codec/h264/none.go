//go:build !cgo || nocodecs

package h264

// Available tells whether this build has H.264.
const Available = false

// Warm does nothing.
func Warm() {}

// EncodeStill fails.
func EncodeStill(StillConfig, []byte) ([][]byte, error) { return nil, ErrUnavailable }
