package relay

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wiretest"
)

func TestSoundGoesThrough(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 65530, 12)
		got := r.sink.take()
		if len(got) != 12 {
			t.Fatalf("%d packets published", len(got))
		}
		for i, p := range got {
			if p.Seq != 65530+uint16(i) || p.Payload[0] != byte(i) || p.SSRC != 7 {
				t.Fatalf("packet %d: %+v", i, p)
			}
		}
		st := r.stream.Stats()
		if st.Recv.Packets != 12 || st.Recv.Codec != media.PCMU || st.Recv.Lost != 0 || !st.Latched {
			t.Fatalf("stats: %+v", st)
		}
		if at := r.stream.LastReceived(); time.Since(at) > time.Second {
			t.Fatalf("last received at %v", at)
		}
	})
}

func TestNothingBeforeApply(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.audio(r.far, 7, 1, 3)
		r.stream.Send(packet.Header{Seq: 1}, []byte{1})
		r.stream.Flush()
		if len(r.sink.take()) != 0 || r.drops("idle") != 3 || len(r.far.Take()) != 0 {
			t.Fatal("media flowed without a negotiation")
		}
		if !r.stream.LastReceived().IsZero() {
			t.Fatal("something was received")
		}
	})
}

func TestDirectionsAreObeyed(t *testing.T) {
	for _, d := range []media.Direction{media.Inactive, media.Send, media.Recv, media.SendRecv} {
		inBubble(t, media.Audio, func(r *rig) {
			r.apply(func(st *media.Stream) { st.Direction = d })
			r.audio(r.far, 7, 1, 3)
			r.stream.Send(packet.Header{Seq: 1}, []byte{1})
			r.stream.Flush()
			synctest.Wait()
			if got := len(r.sink.take()) > 0; got != d.Receives() {
				t.Errorf("%v: received %v", d, got)
			}
			if got := len(r.far.Take()) > 0; got != d.Sends() {
				t.Errorf("%v: sent %v", d, got)
			}
		})
	}
}

func TestNothingIsSentWithoutAddress(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 3)
		r.apply(func(st *media.Stream) { st.Remote = netip.MustParseAddrPort("0.0.0.0:5000") })
		r.stream.Send(packet.Header{Seq: 1}, []byte{1})
		r.stream.Flush()
		if len(r.far.Take()) != 0 {
			t.Fatal("sent to a far end that is on hold at 0.0.0.0")
		}
		r.apply()
		r.stream.Send(packet.Header{Seq: 1}, []byte{1})
		r.stream.Flush()
		if len(r.far.Take()) != 1 {
			t.Fatal("resuming does not send again")
		}
	})
}

func TestNumbersAreKeptAcrossNegotiations(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		for i := range 3 {
			r.stream.Send(packet.Header{Seq: 100 + uint16(i), Timestamp: 1000 + 160*uint32(i)}, []byte{1})
		}
		r.stream.Flush()
		r.apply(func(st *media.Stream) { st.Send.PTime = 40 })
		r.stream.Send(packet.Header{Seq: 103, Timestamp: 1480}, []byte{1})
		r.stream.Flush()
		sent := r.far.Take()
		if len(sent) != 4 {
			t.Fatalf("%d packets sent", len(sent))
		}
		var first, p packet.Packet
		packet.Parse(sent[0], &first)
		for i, d := range sent {
			packet.Parse(d, &p)
			if p.SSRC != first.SSRC || p.Seq != first.Seq+uint16(i) || p.Timestamp != first.Timestamp+160*uint32(i) {
				t.Fatalf("packet %d: %+v after %+v", i, p.Header, first.Header)
			}
		}
	})
}

func TestAnotherWriterGoesOnWhereOneStopped(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.stream.Send(packet.Header{Seq: 100, Timestamp: 1000}, []byte{1})
		r.stream.Flush()
		time.Sleep(100 * time.Millisecond)
		r.stream.Send(packet.Header{Seq: 40000, Timestamp: 9999999}, []byte{1})
		r.stream.Flush()
		sent := r.far.Take()
		var a, b packet.Packet
		packet.Parse(sent[0], &a)
		packet.Parse(sent[1], &b)
		if b.Seq != a.Seq+1 || b.Timestamp != a.Timestamp+800 {
			t.Fatalf("%+v after %+v", b.Header, a.Header)
		}
	})
}

func TestApplyIsIdempotentAndKeepsTheLatch(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		moved := r.socket(netip.AddrPortFrom(farAddr, 6000))
		r.audio(moved, 7, 1, 3)
		for range 2 {
			r.apply(func(st *media.Stream) { st.SendBitrate = 64000 })
			if r.stream.Remote() != moved.LocalAddr() {
				t.Fatalf("latch lost: %v", r.stream.Remote())
			}
		}
		next := netip.AddrPortFrom(farAddr, 7000)
		r.apply(func(st *media.Stream) { st.Remote = next })
		if r.stream.Remote() != next {
			t.Fatalf("signalling named %v, sending to %v", next, r.stream.Remote())
		}
	})
}

func TestTimeoutIsToldWhileSilenceLasts(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		var told atomic.Int32
		r.stream.OnTimeout(func() { told.Add(1) })
		r.apply()
		r.audio(r.far, 7, 1, 5)
		wait(9 * time.Second)
		if told.Load() != 0 {
			t.Fatal("told too early")
		}
		wait(15 * time.Second)
		if n := told.Load(); n != 2 {
			t.Fatalf("told %d times in 24 s, want every 10 s", n)
		}
		r.audio(r.far, 7, 6, 5)
		wait(9 * time.Second)
		if n := told.Load(); n != 2 {
			t.Fatalf("told %d times while packets came", n)
		}
		wait(6 * time.Second)
		if n := told.Load(); n != 3 {
			t.Fatalf("told %d times after another silence", n)
		}
	})
}

func TestNoTimeoutOnHold(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		var told atomic.Int32
		r.stream.OnTimeout(func() { told.Add(1) })
		r.apply(func(st *media.Stream) { st.Held, st.Direction = true, media.Send })
		time.Sleep(time.Minute)
		r.apply()
		wait(9 * time.Second)
		if told.Load() != 0 {
			t.Fatal("a held stream timed out")
		}
		wait(2 * time.Second)
		if told.Load() != 1 {
			t.Fatal("silence after a hold is not told")
		}
	})
}

func TestTimeoutMayCloseTheStream(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		closed := make(chan struct{})
		r.stream.OnTimeout(func() { r.stream.Close(); close(closed) })
		r.apply()
		<-closed
	})
}

func TestCloseIsIdempotent(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		for range 3 {
			if err := r.stream.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.stream.Apply(plainTerms(media.Audio)); err != ErrClosed {
			t.Fatalf("Apply after Close: %v", err)
		}
		r.stream.Send(packet.Header{Seq: 1}, []byte{1})
		r.stream.Flush()
		r.stream.SendDigit('1', 100)
		r.stream.RequestKeyframe(0)
		if n := r.net.Open(); n != 2 {
			t.Fatalf("%d sockets open beside the far end's", n-2)
		}
	})
}

func TestPlaneCloseEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, media.Audio)
		r.open(media.Video)
		r.close()
		r.close()
		if _, err := r.plane.Open(StreamOptions{Kind: media.Audio}); err != ErrClosed {
			t.Fatalf("Open after Close: %v", err)
		}
	})
}

func TestManyCallsLeaveNothing(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		goroutines := runtime.NumGoroutine()
		for i := range 500 {
			kind := media.Audio
			if i%2 == 0 {
				kind = media.Video
			}
			s := r.open(kind)
			if err := s.Apply(plainTerms(kind)); err != nil {
				t.Fatal(err)
			}
			s.Send(packet.Header{Seq: 1}, []byte{1})
			s.SendDigit('1', 1000)
			s.Track().RequestKeyframe()
			if i%3 == 0 {
				s.Flush()
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Fatalf("%d goroutines, before %d", n, goroutines)
		}
		if st := r.plane.Stats(); st.Opened != 501 || st.Streams != 1 || st.PortsUsed != 1 || st.Sent != 500 {
			t.Fatalf("%+v", st)
		}
	})
}

// TestHousekeepingReachesAll has more streams than are looked after at a time,
// which come and go meanwhile.
func TestHousekeepingReachesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := wiretest.New(1)
		p, err := NewPlane(PlaneConfig{Address: gateway, PortMin: 20000, PortMax: 21999, MediaTimeout: time.Second, Listen: net.Listen})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		var told atomic.Int64
		var all []*Stream
		open := func(n int) {
			for range n {
				s, err := p.Open(StreamOptions{Kind: media.Audio})
				if err != nil {
					t.Fatal(err)
				}
				s.OnTimeout(func() { told.Add(1) })
				if err := s.Apply(plainTerms(media.Audio)); err != nil {
					t.Fatal(err)
				}
				all = append(all, s)
			}
		}
		const n = 5*tickGroup + 3
		open(n)
		time.Sleep(time.Second + 2*tickEvery)
		synctest.Wait()
		if got := told.Swap(0); got != n {
			t.Fatalf("%d of %d streams were told", got, n)
		}
		for _, s := range all[tickGroup:] {
			s.Close()
		}
		open(tickGroup * (tickGroups + 5))
		time.Sleep(time.Second + 2*tickEvery)
		synctest.Wait()
		if got := told.Load(); got != tickGroup*(tickGroups+6) {
			t.Fatalf("%d streams were told, not %d", got, tickGroup*(tickGroups+6))
		}
	})
}
