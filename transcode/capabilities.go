package transcode

import (
	"slices"

	"github.com/roombridge/roombridge/bridge/media"
)

// Capabilities is what a worker binary can do. It depends on how it was
// built: without cgo it decodes Opus but does not encode it, and has no
// pictures. The zero value is no worker at all.
type Capabilities struct {
	Version     int           `json:"version"` // of the wire protocol
	AudioDecode []media.Codec `json:"audio_decode"`
	AudioEncode []media.Codec `json:"audio_encode"`
	VideoDecode []media.Codec `json:"video_decode,omitempty"`
	VideoEncode []media.Codec `json:"video_encode,omitempty"`
}

// Decodes tells whether the worker takes this codec.
func (c Capabilities) Decodes(codec media.Codec) bool {
	return slices.Contains(c.AudioDecode, codec) || slices.Contains(c.VideoDecode, codec)
}

// Encodes tells whether the worker makes this codec.
func (c Capabilities) Encodes(codec media.Codec) bool {
	return slices.Contains(c.AudioEncode, codec) || slices.Contains(c.VideoEncode, codec)
}

// Mixes tells whether a participant with this audio codec can be served both
// ways. G7221 means both of its sample rates, with all bit rates.
func (c Capabilities) Mixes(codec media.Codec) bool {
	return slices.Contains(c.AudioDecode, codec) && slices.Contains(c.AudioEncode, codec)
}

// Stills tells whether Meeting.Still works.
func (c Capabilities) Stills() bool { return slices.Contains(c.VideoEncode, media.H264) }
