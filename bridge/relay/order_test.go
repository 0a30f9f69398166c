package relay

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

// watch is a sink that counts packets and measures how long they were held.
type watch struct {
	now     func() int64
	packets int
	longest time.Duration
	seq     uint16
	wrong   int // out of order
}

func (w *watch) WriteRTP(p *packet.Packet) {
	if w.packets > 0 && packet.SeqDiff(p.Seq, w.seq) <= 0 {
		w.wrong++
	}
	w.packets, w.seq = w.packets+1, p.Seq
	w.longest = max(w.longest, time.Duration(w.now()-p.Arrived))
}

func (w *watch) Flush() {}

// reset begins another measurement.
func (w *watch) reset() { *w = watch{now: w.now} }

// terminal is a camera whose packets a receiver may ask for again, over a path
// that loses a part of them.
type terminal struct {
	*camera
	w      *watch
	rnd    *rand.Rand
	loss   float64
	deaf   bool              // repeats nothing
	sent   map[uint16][]byte // for repetition
	lost   int               // packets that the path lost the first time
	asked  map[uint16]int    // times a packet was asked for
	wanted int               // keyframes that were asked for
	key    bool              // the next picture is one
	other  int               // requests for another source's packets
	vain   int               // repetitions of what was not lost
	gone   map[uint16]bool
}

// withTerminal runs a terminal whose pictures are of a codec that nobody
// looks into: VP8, seven packets each.
func withTerminal(t *testing.T, fb media.Feedback, f func(r *rig, c *terminal)) {
	t.Helper()
	inBubble(t, media.Video, func(r *rig) {
		c := &terminal{camera: r.camera(), w: &watch{now: r.stream.now}, rnd: rand.New(rand.NewPCG(9, 9)),
			sent: map[uint16][]byte{}, asked: map[uint16]int{}, gone: map[uint16]bool{}}
		c.pt, c.key = vp8Format.PT, true
		r.stream.Track().Detach(r.sink)
		r.stream.Track().Attach(c.w)
		r.apply(func(st *media.Stream) { st.Feedback = fb })
		f(r, c)
	})
}

// play sends pictures for a time.
func (c *terminal) play(d time.Duration) {
	for range int(d * 30 / time.Second) {
		c.ts += 3000
		for i := range 7 {
			c.seq++
			h := packet.Header{PT: c.pt, Marker: i == 6, Seq: c.seq, Timestamp: c.ts, SSRC: c.ssrc}
			payload := []byte{0x10, 1, 2, 3}
			if c.key && i == 0 {
				payload = []byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}
				c.key = false
			}
			b := datagram(h, payload)
			c.sent[c.seq] = b
			if c.rnd.Float64() >= c.loss || i == 6 && c.loss < 1 { // the last of all shows what is missing
				c.from.Send(c.r.ours(), b)
			} else {
				c.lost++
				c.gone[c.seq] = true
			}
			c.wait(time.Millisecond)
		}
		c.wait(time.Second/30 - 7*time.Millisecond)
	}
}

// wait lets time pass and answers what the gateway sends, millisecond by millisecond.
func (c *terminal) wait(d time.Duration) {
	for ; d > 0; d -= time.Millisecond {
		time.Sleep(min(d, time.Millisecond))
		synctest.Wait()
		for _, d := range c.r.farCtl.Take() {
			list, err := rtcp.Unmarshal(d)
			if err != nil {
				c.r.t.Fatalf("%v: %x", err, d)
			}
			c.answer(list)
		}
	}
}

func (c *terminal) answer(list []rtcp.Packet) {
	for _, p := range list {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			c.r.farCtl.Send(c.r.oursRTCP(), marshal(&rtcp.ReceiverReport{SSRC: c.ssrc, Reports: []rtcp.ReceptionReport{{
				SSRC: p.SSRC, LastSenderReport: uint32(p.NTPTime >> 16)}}}))
		case *rtcp.PictureLossIndication:
			c.wanted++
			c.key = true
		case *rtcp.TransportLayerNack:
			if p.MediaSSRC != c.ssrc {
				c.other++
				continue
			}
			if _, ok := list[0].(*rtcp.ReceiverReport); !ok || len(list) != 3 {
				c.r.t.Fatalf("not a compound packet: %v", list)
			}
			for _, n := range p.Nacks {
				n.Range(c.repeat)
			}
		}
	}
}

func (c *terminal) repeat(seq uint16) bool {
	if !c.gone[seq] {
		c.vain++
	}
	if c.asked[seq]++; !c.deaf && c.rnd.Float64() >= c.loss {
		c.from.Send(c.r.ours(), c.sent[seq])
	}
	return true
}

// send is what teaches the round trip: a sender report follows.
func (c *terminal) talk() {
	c.r.stream.Send(packet.Header{PT: vp8Format.PT, Seq: 1, Timestamp: 1}, []byte{1})
	c.r.stream.Flush()
}

// TestHoldFollowsJitter plays a terminal over paths with jitter, with and
// without loss: only what the path lost is given up, and nothing waits
// where nothing is overtaken.
func TestHoldFollowsJitter(t *testing.T) {
	for _, loss := range []float64{0, 0.03} {
		for _, jitter := range []time.Duration{0, 30, 60, 90} {
			jitter *= time.Millisecond
			t.Run(fmt.Sprintf("%v and %.0f %% loss", jitter, 100*loss), func(t *testing.T) {
				withTerminal(t, media.PLI, func(r *rig, c *terminal) {
					c.play(100 * time.Millisecond)
					r.net.SetLink(wiretest.Link{Delay: 20 * time.Millisecond, Jitter: jitter})
					c.play(1200 * time.Millisecond)
					c.loss = loss
					c.w.reset()
					c.play(15 * time.Second)
					c.wait(time.Second)
					st := r.stream.rtp.order.buffer.Stats()
					if int(st.Lost) != c.lost || st.Late != 0 || c.w.wrong > 0 {
						t.Errorf("%d given up of %d lost, %d late, %d wrong", st.Lost, c.lost, st.Late, c.w.wrong)
					}
					if got := int(st.Emitted) + c.lost; got != len(c.sent) {
						t.Errorf("%d packets of %d", got, len(c.sent))
					}
					// A packet is held as long as another takes to come, or as
					// long as a lost one is waited for.
					most := min(jitter, mostHold)
					if loss > 0 {
						most = min(max(jitter*3/2, leastHold), mostHold)
					}
					if c.w.longest > most || loss > 0 && c.w.longest < leastHold {
						t.Errorf("held for %v, at most %v", c.w.longest, most)
					}
					if len(c.asked) > 0 {
						t.Errorf("NACK for %d packets", len(c.asked))
					}
				})
			})
		}
	}
}

// TestHoldGoesBack: a path that calmed down is waited for less after a while,
// one that gets worse at once.
func TestHoldGoesBack(t *testing.T) {
	withTerminal(t, media.PLI, func(r *rig, c *terminal) {
		hold := func() (d time.Duration) {
			c.w.reset()
			c.loss = 0.2
			c.play(300 * time.Millisecond)
			c.loss = 0
			c.wait(200 * time.Millisecond)
			return c.w.longest
		}
		c.play(2 * time.Second)
		if d := hold(); d != leastHold {
			t.Errorf("at first %v", d)
		}
		r.net.SetLink(wiretest.Link{Jitter: 70 * time.Millisecond})
		c.play(time.Second)
		before := r.stream.rtp.order.buffer.Stats()
		c.play(5 * time.Second)
		if st := r.stream.rtp.order.buffer.Stats(); st.Lost != before.Lost {
			t.Errorf("%d given up, %d before", st.Lost, before.Lost)
		}
		r.net.SetLink(wiretest.Link{})
		c.wait(100 * time.Millisecond)
		c.play(3 * time.Second)
		if d := hold(); d < 70*time.Millisecond || d > mostHold {
			t.Errorf("after jitter %v", d)
		}
		c.play(22 * time.Second)
		if d := hold(); d != leastHold {
			t.Errorf("in the end %v", d)
		}
	})
}

// TestLostPacketsAreRepeated plays a terminal that repeats what it is asked
// for: nearly nothing is given up, and hardly a keyframe is wanted.
func TestLostPacketsAreRepeated(t *testing.T) {
	for name, c := range map[string]struct {
		loss     float64
		delay    time.Duration // one way
		jitter   time.Duration
		known    bool // the round trip
		left     float64
		needless int
	}{
		"near":                    {0.05, 2 * time.Millisecond, 0, true, 0.04, 0},
		"near, unknown":           {0.05, 2 * time.Millisecond, 0, false, 0.08, 0},
		"far":                     {0.05, 25 * time.Millisecond, 0, true, 0.04, 0},
		"further":                 {0.05, 50 * time.Millisecond, 0, true, 0.08, 0},
		"jitter":                  {0.05, 25 * time.Millisecond, 30 * time.Millisecond, true, 0.08, 10},
		"jitter, without loss":    {0, 25 * time.Millisecond, 60 * time.Millisecond, true, 0, 10},
		"neither loss nor jitter": {0, 25 * time.Millisecond, 0, true, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			withTerminal(t, media.NACK|media.PLI, func(r *rig, x *terminal) {
				r.net.SetLink(wiretest.Link{Delay: c.delay, Jitter: c.jitter})
				if c.known {
					x.talk()
				}
				x.play(2 * time.Second)
				x.loss = c.loss
				x.w.reset()
				x.wanted, x.vain = 0, 0
				clear(x.asked)
				x.play(20 * time.Second)
				x.loss = 0
				x.play(time.Second) // so that what is asked for in the end still comes
				x.wait(time.Second)
				st := r.stream.rtp.order.buffer.Stats()
				line := fmt.Sprintf("%d lost, %d asked for, %d needlessly, %d given up, %d keyframes wanted, held for %v, round trip %v",
					x.lost, len(x.asked), x.vain, st.Lost, x.wanted, x.w.longest, r.stream.Stats().RTT)
				t.Log(line)
				if float64(st.Lost) > c.left*float64(x.lost) || x.vain > c.needless || x.wanted > int(st.Lost) ||
					x.w.longest > time.Duration(mostRepair) || x.w.wrong > 0 {
					t.Error(line)
				}
				if c.loss == 0 && c.jitter == 0 && (x.w.longest > 0 || len(x.asked) > 0) {
					t.Error(line)
				}
				if repaired := r.stream.Stats().Recv.Repaired; int(repaired) < x.lost-int(st.Lost) {
					t.Errorf("%d counted as repaired: %s", repaired, line)
				}
			})
		})
	}
}

// TestFarEndThatRepeatsNothing is not waited for any longer after a few
// losses, until it does repeat something.
func TestFarEndThatRepeatsNothing(t *testing.T) {
	withTerminal(t, media.NACK|media.PLI, func(r *rig, c *terminal) {
		r.net.SetLink(wiretest.Link{Delay: 30 * time.Millisecond})
		c.talk()
		c.play(2 * time.Second)
		c.deaf, c.loss = true, 0.03
		c.w.reset()
		c.play(3 * time.Second)
		if c.w.longest <= 100*time.Millisecond || c.w.longest > time.Duration(mostRepair) {
			t.Errorf("at first held for %v", c.w.longest)
		}
		c.w.reset()
		c.wanted = 0
		c.play(5 * time.Second)
		if c.w.longest != leastHold || c.wanted == 0 {
			t.Errorf("held for %v, %d keyframes wanted", c.w.longest, c.wanted)
		}
		c.deaf = false
		c.play(2 * time.Second)
		before := r.stream.rtp.order.buffer.Stats().Lost
		c.play(5 * time.Second)
		if n := r.stream.rtp.order.buffer.Stats().Lost - before; n > 2 {
			t.Errorf("%d given up though repeated", n)
		}
	})
}

// TestNoNACK: nothing is asked for where it was not negotiated, or where a
// repetition would come too late.
func TestNoNACK(t *testing.T) {
	for name, c := range map[string]struct {
		fb    media.Feedback
		delay time.Duration
	}{
		"not negotiated": {media.PLI, 20 * time.Millisecond},
		"too far":        {media.NACK | media.PLI, 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			withTerminal(t, c.fb, func(r *rig, x *terminal) {
				r.net.SetLink(wiretest.Link{Delay: c.delay})
				x.talk()
				x.play(3 * time.Second)
				x.loss = 0.05
				x.w.reset()
				x.play(5 * time.Second)
				if len(x.asked) > 0 || x.w.longest != leastHold || x.wanted == 0 {
					t.Errorf("asked for %d, held for %v, %d keyframes wanted", len(x.asked), x.w.longest, x.wanted)
				}
			})
		})
	}
}

// TestNACKIsSealed: a keyed stream asks in SRTCP, and takes the same packet
// that was lost.
func TestNACKIsSealed(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		k := newKeys(t, media.AESCM80)
		r.apply(k.terms, func(st *media.Stream) { st.Feedback = media.NACK })
		var lost []byte
		for seq := range uint16(5) {
			b := k.seal(t, packet.Header{PT: 100, Seq: 40 + seq, SSRC: 7, Timestamp: uint32(seq) * 3000, Marker: true}, []byte{0x10, 1, 2})
			if seq == 2 {
				lost = b
				continue
			}
			r.far.Send(r.ours(), b)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		var asked []uint16
		for _, d := range r.farCtl.Take() {
			plain, err := k.in.OpenNewRTCP(nil, d)
			if err != nil {
				t.Fatal(err)
			}
			list, err := rtcp.Unmarshal(plain)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				if n, ok := p.(*rtcp.TransportLayerNack); ok {
					asked = append(asked, n.Nacks[0].PacketList()...)
				}
			}
		}
		if len(asked) != 1 || asked[0] != 42 {
			t.Fatalf("asked for %v", asked)
		}
		r.far.Send(r.ours(), lost)
		synctest.Wait()
		if got := r.sink.take(); len(got) != 5 || got[2].Seq != 42 {
			t.Fatalf("%d packets", len(got))
		}
	})
}

// TestAnotherSourceIsNotAskedForTheOld: what a source that is gone lost is no
// concern of the next.
func TestAnotherSourceIsNotAskedForTheOld(t *testing.T) {
	withTerminal(t, media.NACK|media.PLI, func(r *rig, c *terminal) {
		c.play(time.Second)
		c.seq++ // lost
		c.play(40 * time.Millisecond)
		c.ssrc, c.seq = 0xbeef, 20000
		c.from = r.socket(netip.AddrPortFrom(farAddr, 5004))
		c.wait(time.Second)
		clear(c.asked)
		c.other = 0
		c.play(time.Second)
		c.seq++
		c.play(time.Second)
		if len(c.asked) != 1 || c.asked[20000+210+1] == 0 || c.other > 0 {
			t.Errorf("asked for %v, %d times for another's", c.asked, c.other)
		}
	})
}
