package relay

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

// decoder is a sink that judges a picture as a decoder would: a gap spoils it
// until a keyframe has come whole.
type decoder struct {
	started bool
	seq     uint16
	broken  int64 // since when, 0 is not
	mending bool  // within a keyframe without a gap so far
	outages []time.Duration
}

func (d *decoder) WriteRTP(p *packet.Packet) {
	if p.Gap || d.started && p.Seq != d.seq+1 {
		d.mending = false
		if d.broken == 0 {
			d.broken = p.Arrived
		}
	}
	d.started, d.seq = true, p.Seq
	if p.Keyframe { // a gap before it takes nothing from it
		d.mending = true
	}
	if p.Marker && d.mending {
		d.mending = false
		if d.broken != 0 {
			d.outages = append(d.outages, time.Duration(p.Arrived-d.broken))
			d.broken = 0
		}
	}
}

func (d *decoder) Flush() {}

// TestPictureRecovers plays a minute of a terminal's picture over a lossy
// network whose terminal answers every request with its next picture.
func TestPictureRecovers(t *testing.T) {
	for _, loss := range []float64{0.005, 0.02, 0.05} {
		inBubble(t, media.Video, func(r *rig) {
			d := &decoder{}
			r.stream.Track().Detach(r.sink)
			r.apply(func(st *media.Stream) { st.Feedback = media.PLI | media.FIR })
			c := r.camera()
			c.key()
			r.stream.Track().Attach(d)
			r.net.SetLink(wiretest.Link{Delay: 5 * time.Millisecond, Jitter: 30 * time.Millisecond, Loss: loss})
			large := append(append([]byte(nil), testIDR...), make([]byte, 900)...)
			for range 60 * 30 {
				if askedForKeyframe(r.farCtl) {
					c.picture(testSPS, testPPS, large, large, large)
				} else {
					c.picture(testP, testP)
				}
			}
			r.net.SetLink(wiretest.Link{})
			time.Sleep(time.Second)
			synctest.Wait()
			slices.Sort(d.outages)
			n := len(d.outages)
			if n == 0 {
				t.Fatal("no damage")
			}
			line := fmt.Sprintf("loss %.1f %%: %d outages, median %v, p95 %v, longest %v, %d requests",
				100*loss, n, d.outages[n/2], d.outages[n*95/100], d.outages[n-1], r.stream.Track().Stats().KeyframeRequests)
			t.Log(line)
			if d.outages[n/2] > 500*time.Millisecond || loss <= 0.02 && d.outages[n*95/100] > time.Second {
				t.Error(line)
			}
		})
	}
}

func askedForKeyframe(s *wiretest.Socket) bool {
	asked := false
	for _, d := range s.Take() {
		for len(d) >= 4 {
			size := 4 + 4*int(uint16(d[2])<<8|uint16(d[3]))
			asked = asked || d[1] == 206
			d = d[min(size, len(d)):]
		}
	}
	return asked
}
