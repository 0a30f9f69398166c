package room

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// paced is what a pacer let out, and when.
type paced struct {
	*pacer
	start time.Time
	seqs  []uint16
	at    []time.Duration
	bytes []int
}

func newPaced(bitrate int) *paced {
	r := &paced{start: time.Now()}
	r.pacer = newPacer(bitrate, func() int64 { return time.Since(r.start).Nanoseconds() }, func(batch []packet.Packet) {
		for _, q := range batch {
			r.seqs, r.at, r.bytes = append(r.seqs, q.Seq), append(r.at, time.Since(r.start)), append(r.bytes, len(q.Payload))
		}
	})
	return r
}

func frameOf(first uint16, packets int) []packet.Packet {
	var batch []packet.Packet
	for i := range packets {
		batch = append(batch, packet.Packet{Header: packet.Header{Seq: first + uint16(i)}, Payload: make([]byte, 1200)})
	}
	return batch
}

// Small pictures pass at once, a keyframe takes its time, and what comes
// behind it keeps its place.
func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPaced(2_000_000) // 450 kB/s at most, of them 9 kB at once
		defer r.close()
		r.send(frameOf(0, 7))
		synctest.Wait()
		if len(r.seqs) != 7 {
			t.Fatalf("%d of 7 packets passed at once", len(r.seqs))
		}
		time.Sleep(time.Second)
		r.send(frameOf(7, 100)) // 120 kB
		r.send(frameOf(107, 3))
		time.Sleep(time.Second)
		synctest.Wait()
		if len(r.seqs) != 110 {
			t.Fatalf("%d of 110 packets came out", len(r.seqs))
		}
		for i, seq := range r.seqs {
			if int(seq) != i {
				t.Fatalf("packet %d stands at %d", seq, i)
			}
		}
		if took := r.at[109] - r.at[7]; took < 220*time.Millisecond || took > 290*time.Millisecond {
			t.Errorf("a keyframe of 120 kB took %v", took)
		}
		sum := 0
		for i, j := 7, 7; i < len(r.at); i++ { // no 20 ms have more than twice their part
			sum += r.bytes[i]
			for r.at[i]-r.at[j] > 20*time.Millisecond {
				sum -= r.bytes[j]
				j++
			}
			if sum > 3*9_000 {
				t.Fatalf("%d bytes in 20 ms at %v", sum, r.at[i])
			}
		}
	})
}

// More than a second's worth is not kept, and nothing comes after the end.
func TestPacerBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPaced(128_000) // 29 kB/s
		if !r.send(frameOf(0, 60)) {
			t.Error("one picture does not go out, however large")
		}
		if r.send(frameOf(60, 10)) {
			t.Error("behind 72 kB there is room for more")
		}
		time.Sleep(500 * time.Millisecond)
		r.limit(2_000_000)
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if len(r.seqs) != 60 {
			t.Errorf("with more bit rate %d of 60 packets came out", len(r.seqs))
		}
		r.send(frameOf(70, 100))
		before := len(r.seqs)
		r.close()
		time.Sleep(time.Second)
		if len(r.seqs) != before || !r.send(frameOf(170, 1)) || len(r.seqs) != before {
			t.Error("packets came after the end")
		}
	})
}
