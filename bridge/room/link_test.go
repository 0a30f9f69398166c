package room

import (
	"testing"

	"github.com/pion/interceptor/pkg/twcc"
)

// feedbackOf builds what a browser says of packets: nil is lost, else when it
// arrived in microseconds.
func feedbackOf(t *testing.T, first uint16, at []int64) []byte {
	t.Helper()
	r := twcc.NewRecorder(1)
	for i, x := range at {
		if x >= 0 {
			r.Record(2, first+uint16(i), x)
		}
	}
	list := r.BuildFeedbackPacket()
	if len(list) != 1 {
		t.Fatalf("%d feedback packets", len(list))
	}
	b, err := list[0].Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLinkFeedback(t *testing.T) {
	now := int64(1) << 60 // relay.Clock counts from far
	l := newLink(func() int64 { return now })
	var first uint16
	for range 20 {
		var at []int64
		for i := range 20 {
			seq := l.leave(1000, now)
			if i == 0 {
				first = seq
			}
			now += 5e6
			arrived := now/1000 + 7_000_000
			if i == 3 {
				arrived = -1
			}
			at = append(at, arrived)
		}
		l.arrived(feedbackOf(t, first, at))
	}
	_, _, acked := l.quality()
	if want := 19 * 1000 * 8 * 10; acked < want*9/10 || acked > want*11/10 {
		t.Errorf("acknowledged %d bit/s, want about %d", acked, want)
	}
}
