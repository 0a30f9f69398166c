package relay

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// sentTo tells whether a packet of ours reaches a socket.
func (r *rig) sentTo(s interface{ Take() [][]byte }) bool {
	s.Take()
	r.stream.Send(packet.Header{Seq: 1, Timestamp: 1}, []byte{1})
	r.stream.Flush()
	synctest.Wait()
	for _, d := range s.Take() {
		if packet.Classify(d) == packet.RTP {
			return true
		}
	}
	return false
}

func TestPlainLatchTakesTheFarEndsOtherPortAtOnce(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		moved := r.socket(netip.AddrPortFrom(farAddr, 6000))
		r.audio(moved, 7, 1, 1)
		if len(r.sink.take()) != 1 {
			t.Fatal("the first packet was lost")
		}
		if !r.sentTo(moved) {
			t.Fatal("not sent to where packets come from")
		}
	})
}

func TestPlainLatchProbesStrangers(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		nat := r.socket(netip.AddrPortFrom(other, 6000))
		r.audio(nat, 7, 1, 1)
		if r.stream.Remote() == nat.LocalAddr() {
			t.Fatal("one packet moved the stream")
		}
		r.audio(nat, 7, 2, 1)
		if !r.sentTo(nat) || len(r.sink.take()) != 1 {
			t.Fatal("the far end behind a translator was not found")
		}
	})
}

// Who is there before the far end does not keep the far end's place, or hear what is sent to it.
func TestPlainLatchPrefersWhereSignallingPoints(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		early := r.socket(netip.AddrPortFrom(other, 6000))
		r.audio(early, 9, 1, 10)
		if !r.sentTo(early) {
			t.Fatal("nobody else was there, and who was is not answered")
		}
		r.sink.take()
		for i := range 20 {
			r.audio(early, 9, 11+uint16(i), 1)
			for k := range 20 { // nor by crowding out whoever comes
				early.Send(r.ours(), datagram(packet.Header{PT: 0, Seq: uint16(20*i + k), SSRC: 10}, []byte{0xbd}))
			}
			r.audio(r.far, 7, 1+uint16(i), 1)
		}
		if !r.sentTo(r.far) || r.sentTo(early) {
			t.Fatalf("the stranger keeps the far end's place: %v", r.stream.Stats().Drops)
		}
		got := r.sink.take()
		for _, p := range got[len(got)-10:] {
			if p.SSRC != 7 {
				t.Fatal("the stranger is heard")
			}
		}
	})
}

func TestPlainLatchDoesNotLeaveALiveSource(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 5)
		spoof := r.socket(netip.AddrPortFrom(other, 6000))
		for i := range 50 {
			r.audio(r.far, 7, 6+uint16(i), 1)
			for k := range 4 {
				h := packet.Header{PT: 0, Seq: uint16(4*i + k), SSRC: 7}
				spoof.Send(r.ours(), datagram(h, []byte{0xbd}))
			}
			synctest.Wait()
		}
		for _, p := range r.sink.take() {
			if p.Payload[0] == 0xbd {
				t.Fatal("a spoofed packet got through")
			}
		}
		if !r.sentTo(r.far) || r.drops("source")+r.drops("probation") != 200 {
			t.Fatalf("drops: %v", r.stream.Stats().Drops)
		}
	})
}

func TestPlainLatchFollowsWhenTheSourceIsGone(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 5)
		time.Sleep(400 * time.Millisecond)
		moved := r.socket(netip.AddrPortFrom(other, 6000))
		r.audio(moved, 7, 6, 5)
		if !r.sentTo(moved) || r.stream.Stats().Recv.Packets != 5+3 {
			t.Fatalf("did not follow: %+v", r.stream.Stats())
		}
	})
}

func TestOtherPayloadTypesDoNotLatch(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		moved := r.socket(netip.AddrPortFrom(farAddr, 6000))
		for i := range 5 {
			moved.Send(r.ours(), datagram(packet.Header{PT: 96, Seq: uint16(i), SSRC: 7}, []byte{1}))
		}
		synctest.Wait()
		if r.stream.Remote() == moved.LocalAddr() || r.drops("payload_type") != 5 {
			t.Fatalf("drops: %v", r.stream.Stats().Drops)
		}
	})
}

func TestChangeOfSSRC(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 10)
		time.Sleep(300 * time.Millisecond)
		r.audio(r.far, 8, 5000, 10)
		got := r.sink.take()
		if len(got) != 10+8 || got[17].SSRC != 8 {
			t.Fatalf("%d packets", len(got))
		}
		if st := r.stream.Stats(); st.Recv.Lost != 0 {
			t.Fatalf("a new source was counted as %d lost", st.Recv.Lost)
		}
	})
}

func TestSSRCFloodDoesNotDisturb(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 2)
		spoof := r.socket(netip.AddrPortFrom(other, 6000))
		for i := range 100 {
			for k := range 30 {
				h := packet.Header{PT: 0, Seq: uint16(k), SSRC: uint32(1000 + i*30 + k)}
				spoof.Send(r.ours(), datagram(h, []byte{0xbd}))
				r.far.Send(r.ours(), datagram(h, []byte{0xbd})) // from the right address, too
			}
			r.audio(r.far, 7, 3+uint16(i), 1)
		}
		got := r.sink.take()
		if len(got) != 102 {
			t.Fatalf("%d of 102 packets", len(got))
		}
		for _, p := range got {
			if p.SSRC != 7 {
				t.Fatalf("SSRC %d got through", p.SSRC)
			}
		}
	})
}

func TestGarbageIsCounted(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		big := make([]byte, packet.MaxSize+1)
		big[0] = 0x80
		for _, d := range [][]byte{
			{}, {0x80}, {0xff, 0xff, 0xff}, // class
			{0x80, 0, 0, 1}, {0xbf, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, // header
			{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42},      // STUN
			{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0}, // DTLS that nobody negotiated
			{0x80, 200, 0, 100, 1, 2, 3, 4},           // RTCP longer than it is
			big,
		} {
			r.far.Send(r.ours(), d)
		}
		r.farCtl.Send(r.oursRTCP(), datagram(packet.Header{PT: 0, Seq: 1, SSRC: 7}, []byte{1}))
		synctest.Wait()
		d := r.stream.Stats().Drops
		want := map[string]uint64{"class": 4, "header": 3, "stun": 1, "idle": 1, "size": 1}
		for k, n := range want {
			if d[k] != n {
				t.Errorf("%s: %d, want %d", k, d[k], n)
			}
		}
		if len(d) != len(want) || len(r.sink.take()) != 0 {
			t.Fatalf("drops: %v", d)
		}
	})
}

func TestRTCPLatchesApart(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		ctl := r.socket(netip.AddrPortFrom(farAddr, 6001))
		ctl.Send(r.oursRTCP(), receiverReport(9, 0))
		spoof := r.socket(netip.AddrPortFrom(other, 6001))
		spoof.Send(r.oursRTCP(), receiverReport(9, 0))
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if len(reports(t, ctl)) == 0 {
			t.Fatal("reports do not follow the far end's RTCP")
		}
		if len(spoof.Take()) != 0 || r.drops("source") != 1 {
			t.Fatal("a stranger's RTCP was believed")
		}
		if r.stream.Remote() != r.far.LocalAddr() {
			t.Fatal("RTCP moved RTP")
		}
	})
}

func TestMuxedRTCP(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply(func(st *media.Stream) { st.Mux, st.RemoteRTCP = true, st.Remote })
		r.audio(r.far, 7, 1, 3)
		r.far.Send(r.ours(), receiverReport(9, 0))
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if len(reports(t, r.far)) == 0 || len(r.farCtl.Take()) != 0 {
			t.Fatal("reports did not go with RTP")
		}
	})
}

func TestUnexpectedRTCPOnTheRTPPortIsReadAndNotFollowed(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 3)
		r.far.Send(r.ours(), receiverReport(7, 0))
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if len(reports(t, r.farCtl)) == 0 || len(r.far.Take()) != 0 {
			t.Fatal("reports left the port that was negotiated")
		}
		if d := r.stream.Stats().Drops; len(d) != 0 {
			t.Fatalf("drops %v", d)
		}
	})
}
