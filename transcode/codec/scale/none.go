//go:build !cgo || nocodecs

package scale

import (
	"fmt"

	"github.com/roombridge/roombridge/transcode/codec"
)

// Scaler does not exist in this build.
type Scaler struct{}

// New fails.
func New() (*Scaler, error) { return nil, fmt.Errorf("scale: %w", codec.ErrUnavailable) }

// Scale only copies between places of one size.
func (s *Scaler) Scale(dst *codec.Picture, to Rect, src *codec.Picture, from Rect) error {
	return fmt.Errorf("scale: %w", codec.ErrUnavailable)
}

// Close does nothing.
func (s *Scaler) Close() {}
