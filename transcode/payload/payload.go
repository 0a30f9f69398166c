// Package payload carries encoded pictures in RTP packets and takes them out
// again, for the codecs of room terminals and browsers. It is used inside the media
// worker, reads hostile bytes and holds bounded memory.
package payload

import (
	"errors"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// DefaultMTU is how large an RTP payload of ours is at most, bytes.
const DefaultMTU = 1200

// MaxFrame bounds an encoded frame that is put together, bytes.
const MaxFrame = 4 << 20

// ErrUnsupported is a codec that has no payload format here.
var ErrUnsupported = errors.New("payload: no payload format for this codec")

// Frame is an encoded frame that was put together. Data is what
// codec.VideoDecoder.Decode takes; it is valid until the next call.
type Frame struct {
	Data      []byte
	Timestamp uint32
	Damaged   bool // a part of it, or a frame before it, did not come
	Key       bool // a decoder can start with it
}

// Assembler puts the frames of one stream together. It is used by one goroutine.
type Assembler interface {
	// Push takes a payload in the order of sequence numbers; a hole in them is
	// how loss shows. It gives the frame that ends with this packet or, where the marker was
	// lost, that ended before it.
	Push(seq uint16, timestamp uint32, marker bool, payload []byte) (Frame, bool)
}

// Packetizer cuts encoded frames into RTP payloads. It is used by one goroutine.
type Packetizer interface {
	// Payloads gives one frame's, the last of which has the marker. They are valid until the next call.
	Payloads(e codec.Encoded) ([][]byte, error)
}

// Options are what a packetizer needs to know of what was negotiated.
type Options struct {
	MTU  int   // bytes; 0 is DefaultMTU
	Mode uint8 // H.264: packetization-mode
	// Old asks for RFC 2190 instead of RFC 4629 for H.263; media.H263 always means RFC 2190.
	Old bool
}

// NewAssembler gives the assembler of a codec.
func NewAssembler(c media.Codec) (Assembler, error) { return nil, ErrUnsupported }

// NewPacketizer gives the packetizer of a codec.
func NewPacketizer(c media.Codec, o Options) (Packetizer, error) { return nil, ErrUnsupported }
