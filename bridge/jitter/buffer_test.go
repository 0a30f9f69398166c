package jitter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

const ms = int64(time.Millisecond)

// bench is a Buffer with a script: it writes down what comes out.
type bench struct {
	t    testing.TB
	b    *Buffer
	pool *packet.Pool
	out  []string
	seqs []uint16
}

func newBench(t testing.TB, cfg Config) *bench {
	s := &bench{t: t, pool: packet.NewPool(64)}
	cfg.Pool = s.pool
	cfg.Emit = func(p *packet.Packet, lost int) {
		if want := content(p.Seq); string(p.Payload) != want {
			t.Errorf("packet %d carries %q", p.Seq, p.Payload)
		}
		s.seqs = append(s.seqs, p.Seq)
		switch {
		case lost == Restarted:
			s.out = append(s.out, fmt.Sprintf("R%d", p.Seq))
		case lost > 0:
			s.out = append(s.out, fmt.Sprintf("%d(-%d)", p.Seq, lost))
		default:
			s.out = append(s.out, fmt.Sprint(p.Seq))
		}
	}
	s.b = New(cfg)
	return s
}

func content(seq uint16) string { return fmt.Sprintf("payload of %d", seq) }

// push sends packets at a time. Their payload is spoilt afterwards, as that of
// a receive buffer is.
func (s *bench) push(at int64, seqs ...uint16) {
	for _, seq := range seqs {
		payload := []byte(content(seq))
		s.b.Push(&packet.Packet{Header: packet.Header{Seq: seq, SSRC: 1}, Payload: payload}, at)
		clear(payload)
	}
}

func (s *bench) want(out string) {
	s.t.Helper()
	if got := strings.Join(s.out, " "); got != out {
		s.t.Errorf("came out: %q\nwant:     %q", got, out)
	}
	s.out = nil
}

// end checks the books.
func (s *bench) end() {
	s.t.Helper()
	if s.pool.Outstanding() != s.b.Held() && s.b.stray.buf == nil {
		s.t.Errorf("%d buffers outstanding, %d packets held", s.pool.Outstanding(), s.b.Held())
	}
	s.b.Reset()
	if n := s.pool.Outstanding(); n != 0 {
		s.t.Errorf("%d buffers outstanding in the end", n)
	}
}

func TestInOrder(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 65534, 65535, 0, 1)
	s.want("65534 65535 0 1")
	if _, waiting := s.b.Deadline(); waiting {
		t.Error("something waits")
	}
	if st := s.b.Stats(); st != (Stats{Received: 4, Emitted: 4}) {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestReorder(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10, 12, 13, 11, 15)
	s.want("10 11 12 13")
	s.push(10*ms, 14)
	s.want("14 15")
	if st := s.b.Stats(); st != (Stats{Received: 6, Emitted: 6, Reordered: 3}) {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestReorderOverTheEnd(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 65533, 1, 0, 65535, 65534, 2)
	s.want("65533 65534 65535 0 1 2")
	s.end()
}

func TestGivesUpAfterTime(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10)
	s.push(5*ms, 13, 14)
	s.push(20*ms, 17)
	if at, ok := s.b.Deadline(); !ok || at != 45*ms {
		t.Errorf("deadline %d %v", at, ok)
	}
	s.b.Expire(45*ms - 1)
	s.want("10")
	s.b.Expire(45 * ms)
	s.want("13(-2) 14")
	if at, ok := s.b.Deadline(); !ok || at != 60*ms {
		t.Errorf("deadline %d %v", at, ok)
	}
	s.push(60*ms, 18) // by itself, before the new one
	s.want("17(-2) 18")
	if st := s.b.Stats(); st != (Stats{Received: 5, Emitted: 5, Reordered: 3, Lost: 4}) {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestGivesUpForRoom(t *testing.T) {
	s := newBench(t, Config{MaxPackets: 8})
	s.push(0, 0, 2, 3)
	s.push(0, 9) // 1 is out of reach: 9 would need its place
	s.want("0 2(-1) 3")
	s.push(0, 30) // 4 to 22 are, and 9 with them
	s.want("9(-5)")
	s.b.Flush()
	s.want("30(-20)")
	if st := s.b.Stats(); st.Lost != 26 || st.Emitted != 5 {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestRingOfOne(t *testing.T) {
	s := newBench(t, Config{MaxPackets: 1})
	s.push(0, 1, 3, 2, 4, 4)
	s.want("1 3(-1) 4")
	if st := s.b.Stats(); st.Late != 2 {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestLateAndDuplicate(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 100, 99, 100, 102, 102, 101, 102)
	s.want("100 101 102")
	if st := s.b.Stats(); st != (Stats{Received: 7, Emitted: 3, Reordered: 1, Late: 3, Duplicates: 1}) {
		t.Errorf("%+v", st)
	}
	s.push(0, 104)
	s.b.Expire(time.Hour.Nanoseconds())
	s.push(time.Hour.Nanoseconds(), 103)
	s.want("104(-1)")
	s.end()
}

func TestOversize(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 1)
	s.b.Push(&packet.Packet{Header: packet.Header{Seq: 3, SSRC: 1}, Payload: make([]byte, 65)}, 0)
	s.b.Push(&packet.Packet{Header: packet.Header{Seq: 20000, SSRC: 1}, Payload: make([]byte, 65)}, 0)
	if st := s.b.Stats(); st.Oversize != 2 || s.b.Held() != 0 {
		t.Errorf("%+v", st)
	}
	s.want("1")
	s.end()
}

// TestRestart: a source that goes on with other numbers is believed when two
// of its packets come in sequence, and neither is lost.
func TestRestart(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10, 12)
	s.push(ms, 40000)
	s.want("10")
	s.push(2*ms, 40001, 40002)
	s.want("12(-1) R40000 40001 40002")
	s.push(2*ms, 30000, 30001) // backwards
	s.want("R30000 30001")
	if st := s.b.Stats(); st.Restarts != 2 || st.Late != 0 {
		t.Errorf("%+v", st)
	}
	s.end()
}

// TestRestartAlone: one packet, and then nothing for the length of the bound.
func TestRestartAlone(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10)
	s.push(ms, 40000)
	if at, ok := s.b.Deadline(); !ok || at != 41*ms {
		t.Errorf("deadline %d %v", at, ok)
	}
	s.b.Expire(41 * ms)
	s.want("10 R40000")
	s.end()
}

// TestStray: a packet with a number from elsewhere does not disturb.
func TestStray(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10, 40000, 11, 50000, 13, 20000, 12, 33000, 44000, 14)
	s.want("10 11 12 13 14")
	if st := s.b.Stats(); st.Late != 5 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
	s.end()
}

func TestStrayAndHole(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10)
	s.push(ms, 40000)
	s.push(2*ms, 12)
	s.push(3*ms, 50000)
	if at, _ := s.b.Deadline(); at != 42*ms {
		t.Errorf("deadline %d", at)
	}
	s.b.Flush()
	s.want("10 12(-1)")
	if _, waiting := s.b.Deadline(); waiting {
		t.Error("something waits after a flush")
	}
	s.end()
}

func TestAnotherSource(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10, 12)
	s.b.Push(&packet.Packet{Header: packet.Header{Seq: 11, SSRC: 2}, Payload: []byte(content(11))}, 0)
	s.want("10 12(-1) R11")
	s.end()
}

func TestReset(t *testing.T) {
	s := newBench(t, Config{})
	s.push(0, 10, 12, 40000)
	s.b.Reset()
	if s.pool.Outstanding() != 0 || s.b.Held() != 0 {
		t.Error("something is kept")
	}
	s.push(0, 7, 8)
	s.want("10 7 8")
	s.end()
}

func TestDefaults(t *testing.T) {
	b := New(Config{MaxPackets: 5000})
	if int(b.mask)+1 != 2048 || b.delay != 40*ms || b.pool.Size() != packet.MaxSize {
		t.Errorf("%d slots, %d ns, %d bytes", int(b.mask)+1, b.delay, b.pool.Size())
	}
	if b = New(Config{MaxPackets: 100}); int(b.mask)+1 != 128 {
		t.Errorf("%d slots", int(b.mask)+1)
	}
}

// TestDisorder sends a long stream with loss, delay and duplicates: what comes
// out is in order, once, and the counts add up.
func TestDisorder(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := newBench(t, Config{MaxPackets: 64})
		arrivals := disorder(r, 65000, 5000)
		for _, a := range arrivals {
			s.push(a.at, a.seq)
		}
		s.b.Expire(time.Hour.Nanoseconds())
		ascending(t, s.seqs)
		st := s.b.Stats()
		if st.Received != st.Emitted+st.Late+st.Duplicates || st.Restarts != 0 {
			t.Errorf("seed %d: %+v", seed, st)
		}
		span := uint64(s.seqs[len(s.seqs)-1]-s.seqs[0]) + 1
		if span != st.Emitted+st.Lost {
			t.Errorf("seed %d: span %d, %+v", seed, span, st)
		}
		s.end()
	}
}

type arrival struct {
	at  int64
	seq uint16
}

func disorder(r *rand.Rand, first uint16, n int) []arrival {
	var all []arrival
	for i := range n {
		at := int64(i)*3*ms + r.Int64N(30)*ms
		if r.IntN(50) == 0 {
			continue
		}
		all = append(all, arrival{at, first + uint16(i)})
		if r.IntN(50) == 0 {
			all = append(all, arrival{at + r.Int64N(100)*ms, first + uint16(i)})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	return all
}

func ascending(t *testing.T, seqs []uint16) {
	t.Helper()
	for i := 1; i < len(seqs); i++ {
		if packet.SeqDiff(seqs[i], seqs[i-1]) <= 0 {
			t.Fatalf("%d came out behind %d", seqs[i], seqs[i-1])
		}
	}
}

// FuzzBuffer reads a script from bytes: steps of number and time. Whatever
// comes, what comes out between restarts ascends, and no buffer is lost.
func FuzzBuffer(f *testing.F) {
	f.Add([]byte{1, 0, 2, 0, 4, 5, 3, 0}, uint8(8))
	f.Add([]byte{0x80, 0, 1, 0, 0x81, 90, 1, 0, 1, 0}, uint8(1))
	f.Fuzz(func(t *testing.T, script []byte, size uint8) {
		pool := packet.NewPool(16)
		var last uint16
		var emitted, lostSum uint64
		b := New(Config{MaxPackets: int(size), Pool: pool, Emit: func(p *packet.Packet, lost int) {
			switch d := packet.SeqDiff(p.Seq, last); {
			case emitted == 0 || lost == Restarted:
			case d != lost+1:
				t.Fatalf("%d behind %d, said to have lost %d", p.Seq, last, lost)
			default:
				lostSum += uint64(lost)
			}
			last = p.Seq
			emitted++
		}})
		var seq uint16
		var now int64
		for i := 0; i+1 < len(script); i += 2 {
			step := int(int8(script[i]))
			if step == -128 || step == 127 {
				step *= 150 // out of all bounds
			}
			seq += uint16(step)
			now += int64(script[i+1]) * ms
			b.Push(&packet.Packet{Header: packet.Header{Seq: seq}, Payload: script[:min(i, 20)]}, now)
			if b.Held() >= max(int(size), 256) {
				t.Fatalf("%d packets held", b.Held())
			}
		}
		b.Flush()
		st := b.Stats()
		if st.Received != st.Emitted+st.Late+st.Duplicates+st.Oversize || st.Emitted != emitted || lostSum > st.Lost {
			t.Fatalf("%+v, %d emitted, %d lost", st, emitted, lostSum)
		}
		if pool.Outstanding() != 0 {
			t.Fatalf("%d buffers outstanding", pool.Outstanding())
		}
	})
}

func BenchmarkInOrder(b *testing.B) {
	buf := New(Config{Emit: func(*packet.Packet, int) {}})
	p := packet.Packet{Payload: make([]byte, 1200)}
	b.ReportAllocs()
	for b.Loop() {
		p.Seq++
		buf.Push(&p, 0)
	}
}

func BenchmarkSwapped(b *testing.B) {
	buf := New(Config{Emit: func(*packet.Packet, int) {}})
	p := packet.Packet{Payload: make([]byte, 1200)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.Seq = uint16(i ^ 1)
		buf.Push(&p, 0)
	}
}
