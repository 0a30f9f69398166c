package jitter

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// event is a packet on its way, or the owner's timer.
type event struct {
	at   int64
	seq  uint16
	sent int64
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}

// network is a simulated path into a Buffer whose owner keeps the Deadline.
type network struct {
	t       *testing.T
	b       *Buffer
	now     int64
	arrived map[uint16]int64
	worst   int64 // longest stay in the buffer
	out     []uint16
	lost    int
}

func newNetwork(t *testing.T, delay time.Duration) *network {
	n := &network{t: t, arrived: map[uint16]int64{}}
	n.b = New(Config{MaxDelay: delay, MaxPackets: 256, Emit: func(p *packet.Packet, lost int) {
		if lost > 0 {
			n.lost += lost
		}
		n.worst = max(n.worst, n.now-n.arrived[p.Seq])
		n.out = append(n.out, p.Seq)
	}})
	return n
}

// run sends count packets of a video stream: bursts of seven, thirty a second.
func (n *network) run(r *rand.Rand, count int, loss float64, jitter time.Duration) {
	var queue events
	for i := range count {
		at := int64(i/7)*33*ms + int64(i%7)*ms/10
		if r.Float64() >= loss {
			heap.Push(&queue, event{at: at + r.Int64N(int64(jitter)+1), seq: uint16(i), sent: at})
		}
	}
	for queue.Len() > 0 {
		e := heap.Pop(&queue).(event)
		for {
			at, waits := n.b.Deadline()
			if !waits || at > e.at {
				break
			}
			n.now = at
			n.b.Expire(at)
		}
		n.now = e.at
		n.arrived[e.seq] = e.at
		n.b.Push(&packet.Packet{Header: packet.Header{Seq: e.seq}}, e.at)
	}
	n.now += int64(time.Second)
	n.b.Expire(n.now)
}

// TestNetwork simulates the paths that a terminal's side is tested with: no
// packet stays longer than the bound, none comes out of order, and with less
// jitter than the bound only lost packets are missing.
func TestNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		loss   float64
		jitter time.Duration
	}{
		"clean":               {0, 0},
		"2 % loss":            {0.02, 0},
		"5 % loss":            {0.05, 0},
		"30 ms jitter":        {0, 30 * time.Millisecond},
		"5 % loss and jitter": {0.05, 30 * time.Millisecond},
		"above the bound":     {0.02, 90 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			const count = 20000
			n := newNetwork(t, 40*time.Millisecond)
			n.run(rand.New(rand.NewPCG(1, 2)), count, c.loss, c.jitter)
			ascending(t, n.out)
			st := n.b.Stats()
			if n.worst > 40*ms {
				t.Errorf("a packet stayed %v", time.Duration(n.worst))
			}
			if c.loss == 0 && c.jitter == 0 && (n.worst != 0 || st.Reordered != 0) {
				t.Errorf("a clean path waits: %+v, %v", st, time.Duration(n.worst))
			}
			// The stream begins with the packet that comes first, which may
			// not be the first that was sent.
			if c.jitter <= 30*time.Millisecond && st.Late > 7 {
				t.Errorf("%d packets were too late", st.Late)
			}
			if int(st.Received) != len(n.out)+int(st.Late) || n.lost != int(st.Lost) {
				t.Errorf("%d came out, %d said lost: %+v", len(n.out), n.lost, st)
			}
			// Packets lost at the very ends are in no gap.
			if missing := count - len(n.out); missing-n.lost > 10 || missing < n.lost {
				t.Errorf("%d missing, %d said lost", missing, n.lost)
			}
		})
	}
}

// TestOutage: a path that is down for a while is one gap.
func TestOutage(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 1, 2)
	s.push(int64(10*time.Second), 1000, 1001)
	s.b.Expire(int64(11 * time.Second))
	s.want("1 2 1000(-997) 1001")
	if st := s.b.Stats(); st.Lost != 997 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
	s.end()
}

// TestBurstRepeated: a whole burst that comes twice changes nothing.
func TestBurstRepeated(t *testing.T) {
	s := newBench(t, Config{})
	for range 2 {
		for seq := range uint16(100) {
			s.push(int64(seq)*ms, 65500+seq)
		}
	}
	if len(s.seqs) != 100 || s.b.Stats().Late != 100 || s.b.Stats().Restarts != 0 {
		t.Errorf("%d came out, %+v", len(s.seqs), s.b.Stats())
	}
	s.end()
}
