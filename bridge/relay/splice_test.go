package relay

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// tape is an Out that keeps what is sent.
type tape struct {
	takes   []media.Codec
	packets []packet.Packet
	flushes int
}

func (o *tape) Send(h packet.Header, payload []byte) {
	o.packets = append(o.packets, packet.Packet{Header: h, Payload: append([]byte(nil), payload...)})
}
func (o *tape) Flush() { o.flushes++ }
func (o *tape) PayloadType(f media.Format) (uint8, bool) {
	for _, c := range o.takes {
		if c == f.Codec {
			return 120, true
		}
	}
	return 0, false
}

func (o *tape) last() packet.Packet { return o.packets[len(o.packets)-1] }

// stage is a splice with two sources in virtual time.
type stage struct {
	now      int64
	out      *tape
	splice   *Splice
	a, b     *source
	switches []*Track
}

func newStage(f media.Format) *stage {
	s := &stage{now: 1e15, out: &tape{takes: []media.Codec{f.Codec}}}
	clock := func() int64 { return s.now }
	s.a, s.b = newSource("a", f, clock), newSource("bb", f, clock)
	s.splice = NewSplice(SpliceConfig{Out: s.out, Kind: f.Codec.Kind(), Now: clock,
		OnSwitch: func(t *Track) { s.switches = append(s.switches, t) }})
	return s
}

func (s *stage) pass(d time.Duration) { s.now += int64(d) }

func TestVideoSwitchesAtAKeyframe(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.delta()
	if len(s.out.packets) != 0 || len(s.a.asked) != 1 || s.splice.Showing() != nil {
		t.Fatal("shown before its keyframe")
	}
	s.a.key()
	s.pass(33 * time.Millisecond)
	s.a.delta()
	if len(s.out.packets) != 4 || s.splice.Showing() != s.a.track || s.out.flushes != 2 {
		t.Fatalf("%d packets", len(s.out.packets))
	}
	s.splice.Select(s.b.track)
	s.pass(33 * time.Millisecond)
	s.a.delta()
	s.b.delta()
	if s.splice.Showing() != s.a.track || len(s.out.packets) != 5 || len(s.b.asked) != 1 {
		t.Fatal("what is shown did not go on until the keyframe")
	}
	before := s.out.last()
	s.pass(50 * time.Millisecond)
	s.b.key()
	first := s.out.packets[5]
	if first.Seq != before.Seq+1 || first.Timestamp != before.Timestamp+4500 || first.PT != 120 {
		t.Fatalf("%+v after %+v", first.Header, before.Header)
	}
	s.a.delta()
	s.a.key()
	if len(s.out.packets) != 8 || len(s.switches) != 2 || s.switches[1] != s.b.track {
		t.Fatalf("%d packets, %d switches", len(s.out.packets), len(s.switches))
	}
	if s.a.track.Stats().Sinks != 0 {
		t.Fatal("still attached to what is not shown")
	}
}

func TestSoundSwitchesAtOnce(t *testing.T) {
	s := newStage(pcmuFormat)
	s.splice.Select(s.a.track)
	s.a.send([]byte{1})
	s.splice.Select(s.b.track)
	s.pass(20 * time.Millisecond)
	s.b.send([]byte{2})
	s.a.send([]byte{3})
	if len(s.out.packets) != 2 || s.out.packets[1].Payload[0] != 2 {
		t.Fatalf("%d packets", len(s.out.packets))
	}
	if d := s.out.packets[1].Timestamp - s.out.packets[0].Timestamp; d != 160 {
		t.Fatalf("timestamp moved by %d", d)
	}
}

func TestSelectNothing(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	s.splice.Select(nil)
	s.a.key()
	if s.splice.Showing() != nil || len(s.out.packets) != 3 {
		t.Fatal("goes on")
	}
	s.splice.Select(s.a.track)
	s.pass(time.Second)
	s.a.key()
	if d := s.out.packets[3].Timestamp - s.out.packets[2].Timestamp; d != 90000 || s.out.packets[3].Seq != s.out.packets[2].Seq+1 {
		t.Fatalf("timestamp moved by %d", d)
	}
}

func TestSelectingWhatIsShownCancels(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	s.splice.Select(s.b.track)
	s.splice.Select(s.a.track)
	s.b.key()
	if s.splice.Showing() != s.a.track || s.b.track.Stats().Sinks != 0 {
		t.Fatal("switched to what was given up")
	}
	s.splice.Select(s.b.track)
	s.splice.Select(s.b.track)
	if n := s.b.track.Stats().Sinks; n != 1 {
		t.Fatalf("%d sinks", n)
	}
}

func TestPendingKeepsAsking(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	for range 100 {
		s.pass(33 * time.Millisecond)
		s.a.track.asking.arrived() // as if the wish had got lost
		s.a.delta()
	}
	if n := len(s.a.asked); n < 3 || n > 5 {
		t.Fatalf("asked %d times in 3.3 s", n)
	}
}

func TestGapsArePreserved(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	last := s.out.last()
	s.a.h.Seq += 5
	s.a.delta()
	if d := s.out.last().Seq - last.Seq; d != 6 {
		t.Fatalf("a gap of 5 became %d", d-1)
	}
}

func TestLatePacketsFromBeforeTheSwitchAreDropped(t *testing.T) {
	s := newStage(pcmuFormat)
	s.splice.Select(s.a.track)
	s.a.send([]byte{1})
	s.splice.Select(s.b.track)
	s.b.send([]byte{2})
	n := len(s.out.packets)
	late := packet.Packet{Header: s.b.h, Payload: []byte{9}, Arrived: s.now}
	late.Seq -= 3
	s.b.track.Publish([]packet.Packet{late})
	if len(s.out.packets) != n {
		t.Fatal("a late packet took the number of the track before")
	}
}

func TestSourceThatStartsOverWaitsForAKeyframe(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	s.pass(time.Second)
	asked := len(s.a.asked)
	last := s.out.last()
	s.a.h = packet.Header{SSRC: 4711, Seq: 9, Timestamp: 1}
	s.a.delta()
	if len(s.out.packets) != 3 || len(s.a.asked) != asked+1 {
		t.Fatalf("%d packets, asked %d times", len(s.out.packets), len(s.a.asked))
	}
	s.a.key()
	if got := s.out.packets[3]; got.Seq != last.Seq+1 || got.Timestamp != last.Timestamp+90000 {
		t.Fatalf("%+v after %+v", got.Header, last.Header)
	}
}

func TestIncompatibleTrackIsRefused(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	s.b.track.SetFormat(vp8Format)
	s.splice.Select(s.b.track)
	if why := s.splice.Refusal(); !strings.Contains(why, "VP8") {
		t.Fatalf("refusal %q", why)
	}
	s.b.send([]byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
	if s.splice.Showing() != s.a.track {
		t.Fatal("shown though the receiver cannot take it")
	}
	s.out.takes = append(s.out.takes, media.VP8) // negotiated again
	if why := s.splice.Refusal(); why != "" {
		t.Fatalf("refusal %q", why)
	}
	s.b.send([]byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
	if s.splice.Showing() != s.b.track {
		t.Fatal("not shown")
	}
	s.out.takes = s.out.takes[:1]
	n := len(s.out.packets)
	s.b.send([]byte{0x10, 1, 2, 3})
	if len(s.out.packets) != n || s.splice.Refusal() == "" {
		t.Fatal("goes on though the receiver takes it no more")
	}
}

func TestWishesGoToTheTrackShown(t *testing.T) {
	s := newStage(h264Format)
	s.splice.KeyframeWanted()
	s.splice.BitrateLimit(500000)
	s.splice.Select(s.a.track)
	s.a.key()
	s.pass(time.Second)
	s.splice.KeyframeWanted()
	if len(s.a.asked) != 2 {
		t.Fatalf("asked %d times", len(s.a.asked))
	}
	s.splice.BitrateLimit(300000)
	s.splice.Select(s.b.track)
	s.pass(time.Second)
	s.b.key()
	s.splice.BitrateLimit(0)
	s.splice.Reported(Report{Lost: 0.1})
	rates := func(l []media.Limits) (r []int) {
		for _, x := range l {
			r = append(r, x.Bitrate)
		}
		return r
	}
	if a := rates(s.a.limits); len(a) != 3 || a[0] != 500000 || a[1] != 300000 || a[2] != 0 {
		t.Fatalf("first track's limits %v", a)
	}
	if b := rates(s.b.limits); len(b) != 2 || b[0] != 300000 || b[1] != 0 {
		t.Fatalf("second track's limits %v", b)
	}
}

func TestClosedSpliceIsSilent(t *testing.T) {
	s := newStage(h264Format)
	s.splice.Select(s.a.track)
	s.a.key()
	s.splice.Close()
	s.splice.Close()
	s.splice.Select(s.b.track)
	s.a.key()
	s.b.key()
	if len(s.out.packets) != 3 || s.splice.Showing() != nil || s.b.track.Stats().Sinks != 0 {
		t.Fatal("a closed splice goes on")
	}
}

// TestContinuity switches at random between sources with random loss and
// holds what every receiver relies on: within a source, distances of numbers
// are those of the source; across a switch the sequence has no hole and time
// moves forward by what passed.
func TestContinuity(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		s := newStage(h264Format)
		sources := []*source{s.a, s.b}
		type sentBy struct {
			src *source
			in  packet.Header
			at  int64
		}
		var log []sentBy
		for range 2000 {
			s.pass(time.Duration(rnd.IntN(40)) * time.Millisecond)
			if rnd.IntN(50) == 0 {
				s.splice.Select(sources[rnd.IntN(2)].track)
			}
			src := sources[rnd.IntN(2)]
			if rnd.IntN(20) == 0 {
				src.h.Seq += uint16(rnd.IntN(5)) // lost
			}
			n, from := len(s.out.packets), len(src.sent)
			if rnd.IntN(30) == 0 {
				src.key()
			} else {
				src.delta()
			}
			if got := s.out.packets[n:]; len(got) > 0 {
				for _, h := range src.sent[from:] {
					log = append(log, sentBy{src, h, s.now})
				}
			}
		}
		if len(log) != len(s.out.packets) {
			t.Fatalf("seed %d: %d of %d packets", seed, len(s.out.packets), len(log))
		}
		for i := 1; i < len(log); i++ {
			was, is := s.out.packets[i-1], s.out.packets[i]
			seq, ts := is.Seq-was.Seq, is.Timestamp-was.Timestamp
			if log[i].src == log[i-1].src {
				if seq != log[i].in.Seq-log[i-1].in.Seq || ts != log[i].in.Timestamp-log[i-1].in.Timestamp {
					t.Fatalf("seed %d packet %d: moved by %d and %d within a source", seed, i, seq, ts)
				}
				continue
			}
			want := max((log[i].at-log[i-1].at)/1e3*90000/1e6, 1)
			if seq != 1 || int64(ts) != want {
				t.Fatalf("seed %d packet %d: moved by %d and %d at a switch, want 1 and %d", seed, i, seq, ts, want)
			}
		}
	}
}

// keeper is an Out that keeps what it is sent, shared with others.
type keeper struct {
	tape
	pool *packet.Pool
	kept []*packet.Buffer
}

func (k *keeper) SendShared(_ packet.Header, p *packet.Packet) {
	k.kept = append(k.kept, p.Keep(k.pool))
}

// A packet that goes out as it came is copied once for all who keep it. VP8
// has numbers of each receiver's own.
func TestReceiversShareAPacket(t *testing.T) {
	for _, c := range []struct {
		f      media.Format
		shared bool
	}{{h264Format, true}, {media.Format{Codec: media.VP8, PT: 96, ClockRate: 90000}, false}} {
		pool := packet.NewPool(0)
		track := NewTrack(TrackConfig{ID: "a", Kind: media.Video, Format: c.f})
		var outs []*keeper
		for range 3 {
			k := &keeper{tape: tape{takes: []media.Codec{c.f.Codec}}, pool: pool}
			s := NewSplice(SpliceConfig{Out: k, Kind: media.Video})
			s.Select(track)
			outs = append(outs, k)
			defer s.Close()
		}
		payloads := [][]byte{testSPS, testPPS, testIDR}
		if !c.shared {
			payloads = [][]byte{{0x90, 0x80, 1, 0, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0}, {0x80, 0x80, 1, 0}}
		}
		var batch []packet.Packet
		for i, b := range payloads {
			batch = append(batch, packet.Packet{Header: packet.Header{Seq: uint16(i)}, Payload: b})
		}
		track.Publish(batch)
		if !c.shared {
			if n := len(outs[0].packets); n != 2 || len(outs[0].kept) != 0 {
				t.Errorf("VP8: %d packets sent, %d shared", n, len(outs[0].kept))
			}
			continue
		}
		if n := pool.Outstanding(); n != 3 {
			t.Errorf("%d copies of 3 packets", n)
		}
		for _, k := range outs {
			if len(k.kept) != 3 || len(k.packets) != 0 || string(k.kept[0].Bytes) != string(testSPS) {
				t.Fatalf("%d packets shared", len(k.kept))
			}
			for _, b := range k.kept {
				b.Release()
			}
		}
		if n := pool.Outstanding(); n != 0 {
			t.Errorf("%d copies are left", n)
		}
	}
}
