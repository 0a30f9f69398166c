package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/feedback"
)

// TestReadsOwnFeedback reads the feedback that we write ourselves.
func TestReadsOwnFeedback(t *testing.T) {
	const ms = int64(1e6)
	var a feedback.Arrivals
	want := map[uint16]int64{} // microseconds
	at := 640 * ms
	for i := range 300 {
		seq := uint16(65400 + i)
		at += int64(i%5) * ms / 4
		if i%50 == 49 {
			at += 100 * ms // more than a small delta
		}
		if i%7 == 3 || i > 150 && i < 200 {
			want[seq] = -1
			continue
		}
		a.Record(seq, at)
		want[seq] = at / 1000
	}
	walkTWCC(a.Append(nil, 1, 2, at), func(seq uint16, at int64, received bool) {
		w, ok := want[seq]
		if !ok || received != (w >= 0) || received && at != w {
			t.Errorf("%d: %d %v, want %d", seq, at, received, w)
		}
		delete(want, seq)
	})
	for seq, at := range want {
		if at >= 0 {
			t.Errorf("nothing of %d", seq)
		}
	}
}
