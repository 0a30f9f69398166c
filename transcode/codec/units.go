package codec

import (
	"bytes"
	"iter"
)

var startCode = []byte{0, 0, 1}

// Units gives the NAL units of a byte stream (ITU-T H.264 and H.265 Annex B)
// without start codes and the zero bytes that may follow a unit.
func Units(stream []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i := bytes.Index(stream, startCode)
		for i >= 0 {
			stream = stream[i+len(startCode):]
			u := stream
			if i = bytes.Index(stream, startCode); i >= 0 {
				u = stream[:i]
			}
			if u = bytes.TrimRight(u, "\x00"); len(u) > 0 && !yield(u) {
				return
			}
		}
	}
}
