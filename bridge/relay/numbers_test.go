package relay

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// TestWritersTakeTurns lets writers with numbers of their own follow each
// other at random, with digits in between, and holds that the far end sees one
// sequence without a hole whose time never goes back.
func TestWritersTakeTurns(t *testing.T) {
	for seed := range uint64(20) {
		inBubble(t, media.Audio, func(r *rig) {
			r.apply()
			rnd := rand.New(rand.NewPCG(seed, 2))
			var h packet.Header
			for range 40 {
				h = packet.Header{Seq: uint16(rnd.Uint32()), Timestamp: rnd.Uint32()}
				for range 1 + rnd.IntN(30) {
					h.Seq++
					h.Timestamp += 160
					r.stream.Send(h, []byte{1})
					if rnd.IntN(3) > 0 {
						r.stream.Flush()
						time.Sleep(20 * time.Millisecond)
					}
					if rnd.IntN(40) == 0 {
						r.stream.SendDigit('1', 60)
					}
				}
				r.stream.Flush()
				time.Sleep(time.Duration(rnd.IntN(500)) * time.Millisecond)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			var p, last packet.Packet
			var sound uint32
			for i, d := range r.far.Take() {
				packet.Parse(d, &p)
				if i > 0 && (p.Seq != last.Seq+1 || p.SSRC != last.SSRC) {
					t.Fatalf("seed %d packet %d: %d after %d", seed, i, p.Seq, last.Seq)
				}
				// A writer's numbers may lie near those of the one before it by
				// chance; then its time may be a little behind, never far.
				if p.PT == 0 {
					if d := packet.TimeDiff(p.Timestamp, sound); i > 0 && sound != 0 && (d < -maxTimeJump*8000 || d > maxTimeJump*8000) {
						t.Fatalf("seed %d packet %d: time moved by %d", seed, i, d)
					}
					sound = p.Timestamp
				}
				last = p
			}
		})
	}
}

func TestALongPauseIsNotAnotherWriter(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		h := packet.Header{Seq: 1, Timestamp: 1000}
		r.stream.Send(h, []byte{1})
		r.stream.Flush()
		time.Sleep(time.Minute)
		h.Seq++
		h.Timestamp += 60*8000 + 7 // the writer's clock went on, and not quite as ours
		r.stream.Send(h, []byte{1})
		r.stream.Flush()
		sent := r.far.Take()
		var a, b packet.Packet
		packet.Parse(sent[0], &a)
		packet.Parse(sent[1], &b)
		if b.Seq != a.Seq+1 || b.Timestamp-a.Timestamp != 60*8000+7 {
			t.Fatalf("moved by %d", b.Timestamp-a.Timestamp)
		}
	})
}

func TestPosition(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		if _, _, ok := r.stream.Position(); ok {
			t.Fatal("a position before the first packet")
		}
		r.stream.Send(packet.Header{Seq: 77, Timestamp: 1000}, []byte{1})
		r.stream.Flush()
		time.Sleep(time.Second)
		if seq, ts, ok := r.stream.Position(); !ok || seq != 77 || ts != 9000 {
			t.Fatalf("position %d %d %v", seq, ts, ok)
		}
		// A splice that takes over goes on from there.
		s := newSource("a", pcmuFormat, r.stream.now)
		splice := NewSplice(SpliceConfig{Out: r.stream, Kind: media.Audio})
		defer splice.Close()
		splice.Select(s.track)
		s.send([]byte{2})
		sent := r.far.Take()
		var a, b packet.Packet
		packet.Parse(sent[0], &a)
		packet.Parse(sent[1], &b)
		if b.Seq != a.Seq+1 || b.Timestamp-a.Timestamp != 8001 {
			t.Fatalf("moved by %d and %d", b.Seq-a.Seq, b.Timestamp-a.Timestamp)
		}
	})
}

func TestAskingInTime(t *testing.T) {
	const s = int64(time.Second)
	begin := int64(1e15)
	var a asking
	var times []int64
	a.want(begin)
	for now := begin; now < begin+60*s; now += 50 * ms {
		a.want(now) // others want one, too
		if attempt, ok := a.due(now); ok {
			if attempt != len(times) {
				t.Fatalf("attempt %d is called %d", len(times), attempt)
			}
			times = append(times, (now-begin)/ms)
		}
	}
	want := []int64{0, 300, 600, 1100, 2100, 3100, 4100, 5100, 6100, 7100, 8100, 13100}
	for i, at := range want {
		if times[i] != at {
			t.Fatalf("attempt %d after %d ms, want %d", i, times[i], at)
		}
	}
	a.arrived()
	a.want(begin + 60*s)
	if attempt, ok := a.due(begin + 60*s); !ok || attempt != 0 {
		t.Fatalf("a new wanting begins with attempt %d, %v", attempt, ok)
	}
	a.arrived()
	a.want(begin + 60*s + 100*ms)
	if _, ok := a.due(begin + 60*s + 100*ms); ok {
		t.Fatal("asked twice within the floor")
	}
	if _, ok := a.due(begin + 60*s + askFloor); !ok {
		t.Fatal("not asked after the floor")
	}
	a.arrived()
	at := begin + 60*s + askFloor
	a.spoilt(at + 100*ms)
	if _, ok := a.due(at + 100*ms); ok {
		t.Fatal("asked at once for a keyframe in place of a spoilt one")
	}
	if _, ok := a.due(at + askSpoilt); !ok {
		t.Fatal("a spoilt keyframe waits for the floor")
	}
}

func TestFIRsOfManyRequesters(t *testing.T) {
	c := newControl("x", media.Video)
	now := int64(1e15)
	for round := range 3 {
		for ssrc := range uint32(len(c.firSeen)) {
			now += ms
			if !c.freshFIR(ssrc, uint8(round), now) || c.freshFIR(ssrc, uint8(round), now) {
				t.Fatalf("round %d requester %d", round, ssrc)
			}
		}
	}
	if !c.freshFIR(99, 0, now) {
		t.Fatal("a requester more is not heard")
	}
}

// TestPortsAreGivenBackWhenBindingFails fails one bind after the other.
func TestPortsAreGivenBackWhenBindingFails(t *testing.T) {
	errBusy := errors.New("busy")
	for fail := range 7 {
		binds, open := 0, 0
		p, err := newPorts(gateway, 1000, 1005, func(at netip.AddrPort) (wire.Socket, error) {
			if binds++; binds-1 == fail || fail == 6 {
				return nil, errBusy
			}
			open++
			return &counted{nowhere{at: at}, &open}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var pairs []pair
		for {
			q, err := p.take()
			if err != nil {
				if !errors.Is(err, ErrNoPorts) {
					t.Fatal(err)
				}
				break
			}
			pairs = append(pairs, q)
		}
		if total, used := p.stats(); total != 3 || used != len(pairs) || open != 2*len(pairs) {
			t.Fatalf("failing bind %d: %d of %d used, %d sockets, %d pairs", fail, used, total, open, len(pairs))
		}
		for _, q := range pairs {
			q.rtp.Close()
			q.rtcp.Close()
			p.free(q.index)
		}
		if _, used := p.stats(); used != 0 || open != 0 {
			t.Fatalf("failing bind %d: %d used, %d sockets after all were freed", fail, used, open)
		}
	}
}

type counted struct {
	nowhere
	open *int
}

func (c *counted) Close() error {
	*c.open--
	return c.nowhere.Close()
}
