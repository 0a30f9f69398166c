package payload

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/h26x"
)

// checkModeB compares the headers of mode B, whose fields do not stand in the bit
// stream, with what we read from the picture at the same bit.
func checkModeB(t *testing.T, c *clip, got []packet) {
	t.Helper()
	p := rfc2190{}
	checked, broken, bits, frame := 0, 0, 0, 0
	var cuts []h26x.Cut
	for _, packet := range got {
		b := packet.payload
		if bits == 0 {
			data := c.encoded[frame].Units[0]
			cuts, _ = h26x.Cuts263(nil, data)
			p.end = len(data) * 8
			frame++
		}
		part, _ := h26x.Read2190(b)
		if part.Skip == h26x.Unknown {
			broken++
			bits = len(c.encoded[frame-1].Units[0]) * 8 // nothing is known of the rest of this picture
		}
		for _, cut := range cuts {
			if cut.Bit != bits || b[0]&0xc0 != 0x80 {
				continue
			}
			picture, _ := h26x.ParsePicture263(c.encoded[frame-1].Units[0])
			var ours [rfc2190ModeB]byte
			p.header(&ours, picture, cut, part.Skip, part.Leave)
			if string(ours[:]) != string(b[:rfc2190ModeB]) {
				t.Errorf("frame %d bit %d: % x, FFmpeg says % x", frame-1, bits, ours, b[:rfc2190ModeB])
			}
			checked++
		}
		if bits += len(part.Body)*8 - part.Skip - part.Leave; packet.marker {
			bits = 0
		}
	}
	t.Logf("%d headers of mode B are the same, %d are overwritten", checked, broken)
	if frame != clipFrames || checked < 5 {
		t.Errorf("%d headers of mode B in %d frames", checked, frame)
	}
}
