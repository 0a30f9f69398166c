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

// minMTU leaves room for the headers of a payload and some of its content.
const minMTU = 64

// MaxFrame bounds an encoded frame that is put together, bytes.
const MaxFrame = 4 << 20

// Errors of packetizers.
var (
	// ErrUnsupported is a codec that has no payload format here.
	ErrUnsupported = errors.New("payload: no payload format for this codec")
	// ErrTooLarge is a part of a frame that may not be cut and does not fit a packet.
	ErrTooLarge = errors.New("payload: a part that may not be cut does not fit a packet")
	// ErrMalformed is a frame that is not of its codec.
	ErrMalformed = errors.New("payload: malformed frame")
)

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
	// Next gives a second frame that ended with the packet of the last Push:
	// the marker of one was lost, and the next is whole in one packet. Without
	// it that frame comes with the next Push.
	Next() (Frame, bool)
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
func NewAssembler(c media.Codec) (Assembler, error) {
	switch c {
	case media.H264:
		return NewH264Assembler(""), nil
	case media.VP8:
		return newAssembler(new(vp8Format)), nil
	case media.H263, media.H263P:
		return newAssembler(&h263Format{old: c == media.H263}), nil
	case media.H261:
		return newAssembler(new(h261Format)), nil
	case media.VP9:
		return newAssembler(new(vp9Format)), nil
	case media.H265:
		return newAssembler(&h265Format{unit: -1}), nil
	case media.AV1:
		return newAssembler(new(av1Format)), nil
	}
	return nil, ErrUnsupported
}

// NewPacketizer gives the packetizer of a codec.
func NewPacketizer(c media.Codec, o Options) (Packetizer, error) {
	if o.MTU == 0 {
		o.MTU = DefaultMTU
	}
	o.MTU = max(o.MTU, minMTU)
	switch c {
	case media.H264:
		return &h264Packetizer{mtu: o.MTU, mode: o.Mode}, nil
	case media.VP8:
		return &vp8Packetizer{mtu: o.MTU}, nil
	case media.H263:
		return &rfc2190{mtu: o.MTU}, nil
	case media.H263P:
		if o.Old {
			return &rfc2190{mtu: o.MTU}, nil
		}
		return &rfc4629{mtu: o.MTU}, nil
	case media.H261:
		return &h261Packetizer{mtu: o.MTU}, nil
	case media.VP9:
		return &vp9Packetizer{mtu: o.MTU}, nil
	}
	return nil, ErrUnsupported
}
