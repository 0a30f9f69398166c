package player

import (
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// Terminals of H.323 close their channels before they hang up. The report tells what
// was in them.
func TestStreamsClosedBeforeTheEnd(t *testing.T) {
	inRoom(t, playing(), func(r *room) {
		r.negotiate(testG722, testH264)
		r.seat(0)
		r.seat(1)
		time.Sleep(2 * time.Second)
		r.negotiate(testG722, testH264, func(_ int, st *media.Stream) { *st = media.Stream{Kind: st.Kind} })
		time.Sleep(time.Second)
		for i, rep := range r.leave() {
			a, v := rep.Audio, rep.Video
			if a.Recv.Codec != media.G722 || a.Send.Codec != media.G722 || v.Recv.Codec != media.H264 || v.Send.Codec != media.H264 || a.Recv.Packets < 90 {
				t.Errorf("terminal %d: %+v, %+v", i, a, v)
			}
		}
	})
}
