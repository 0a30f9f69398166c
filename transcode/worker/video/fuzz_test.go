package video

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
)

// FuzzPackets feeds a stream of packets of any content, order and size to inputs of each codec: the
// engine holds bounded memory, ends, and leaves nothing behind. A packet is made of
// four bytes (step of the number, step of the time, marker, size) and its payload.
func FuzzPackets(f *testing.F) {
	f.Add(uint8(0), []byte{1, 1, 1, 4, 0x10, 0x10, 0, 0, 1, 0, 0, 2, 1, 1})
	f.Add(uint8(1), []byte{1, 1, 1, 5, 0x67, 0x42, 0, 0x1f, 1, 200, 2, 1, 2, 0x65, 1})
	names := []media.Codec{media.VP8, media.H264, media.H263, media.H263P, media.H261, media.VP9, media.AV1, media.H265}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := &studio{takes: make(map[string]time.Duration)}
			g := newGallery(t)
			e := New(Options{Build: s.build(), CPUs: 1}, g)
			e.SetGraph(transcode.Graph{
				VideoInputs:  []transcode.VideoInput{{ID: 1, Codec: names[int(which)%len(names)]}},
				VideoOutputs: []transcode.VideoOutput{single(10, 1), grid(11, 1)},
			})
			frame := transcode.Frame{Stream: 1}
			for len(b) >= 4 {
				frame.Seq += uint16(int8(b[0])) * (1 + uint16(which)/64*13)
				frame.Timestamp += uint32(int8(b[1])) * 300
				frame.Marker = b[2]&1 != 0
				n := min(int(b[3]), len(b)-4)
				frame.Payload = b[4 : 4+n]
				e.Write(frame)
				if b[2]&2 != 0 {
					time.Sleep(time.Duration(b[2]) * time.Millisecond)
				}
				b = b[4+n:]
			}
			time.Sleep(2 * time.Second)
			var st transcode.WorkerStats
			e.Stats(&st)
			in := st.VideoInputs[0]
			if in.Frames+in.Damaged > in.Packets*2 {
				t.Errorf("%d frames of %d packets", in.Frames+in.Damaged, in.Packets)
			}
			if n := len(g.asked(1)); n > 100 {
				t.Errorf("%d keyframes wanted", n)
			}
			e.Close()
			if s.decoders != 0 || s.encoders != 0 || s.composers != 0 || s.held != 0 {
				t.Errorf("left open: %d decoders, %d encoders, %d composers, %d pictures", s.decoders, s.encoders, s.composers, s.held)
			}
		})
	})
}
