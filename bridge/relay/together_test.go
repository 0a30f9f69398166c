package relay

import (
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// second opens another stream of the rig with a far end of its own.
func (r *rig) second(kind media.Kind, port uint16, change ...func(*media.Stream)) *rig {
	r.t.Helper()
	q := *r
	q.stream, q.sink = r.open(kind), &collector{}
	q.far = r.socket(netip.AddrPortFrom(farAddr, port))
	q.farCtl = r.socket(netip.AddrPortFrom(farAddr, port+1))
	q.apply(append([]func(*media.Stream){func(st *media.Stream) {
		st.Remote, st.RemoteRTCP = q.far.LocalAddr(), q.farCtl.LocalAddr()
	}}, change...)...)
	return &q
}

// TestTwoTerminalsSeeEachOther is the whole path both ways, with feedback from
// one far end to the other's encoder.
func TestTwoTerminalsSeeEachOther(t *testing.T) {
	inBubble(t, media.Video, func(a *rig) {
		a.apply(func(st *media.Stream) { st.Feedback = media.PLI })
		b := a.second(media.Video, 7000, func(st *media.Stream) { st.Feedback = media.PLI | media.TMMBR; st.Send.PT = 126 })
		splice := NewSplice(SpliceConfig{Out: b.stream, Kind: media.Video})
		defer splice.Close()
		b.stream.SetFeedback(splice)
		splice.Select(a.stream.Track())
		c := a.camera()
		c.key()
		for range 30 {
			c.delta()
		}
		var first, p packet.Packet
		got := b.far.Take()
		if len(got) < 32 {
			t.Fatalf("%d packets at the other terminal", len(got))
		}
		packet.Parse(got[0], &first)
		for i, d := range got {
			packet.Parse(d, &p)
			if p.PT != 126 || p.SSRC != first.SSRC || p.Seq != first.Seq+uint16(i) {
				t.Fatalf("packet %d: %+v", i, p.Header)
			}
		}
		a.farCtl.Take()
		b.control(marshalPLI())
		if n := count[*rtcp.PictureLossIndication](reports(t, a.farCtl)); n != 1 {
			t.Fatalf("%d PLIs at the camera", n)
		}
		c.key()
		b.control(marshalPLI(), marshalPLI(), marshalPLI())
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		if n := count[*rtcp.PictureLossIndication](reports(t, a.farCtl)); n > 1 {
			t.Fatalf("%d PLIs for requests in a row", n)
		}
		var told []int
		a.stream.SetSignalling(nil, func(bps int) { told = append(told, bps) })
		b.control(append(receiverReport(9, 0), marshalTuples(formatTMMBR, 9, bitrateTuple{b.stream.tx.ssrc, 512000, 40})...))
		if len(told) != 1 || told[0] != 512000 {
			t.Fatalf("the camera was told %v", told)
		}
	})
}

// TestRetransmissionIsNotSealedTwice: the receiver of a repeated SRTP packet
// must find the same bytes, for under the same index nothing else may be sealed.
func TestRetransmissionIsNotSealedTwice(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		k := newKeys(t, media.AEADGCM128)
		r.apply(k.terms, func(st *media.Stream) { st.Feedback = media.NACK })
		r.stream.Send(packet.Header{PT: 97, Seq: 1}, testP)
		r.stream.Flush()
		sent := r.far.Take()
		nack, err := k.out.SealRTCP(nil, marshal(&rtcp.TransportLayerNack{SenderSSRC: 9,
			Nacks: []rtcp.NackPair{{PacketID: uint16(sent[0][2])<<8 | uint16(sent[0][3])}}}))
		if err != nil {
			t.Fatal(err)
		}
		r.control(nack)
		again := r.far.Take()
		if len(again) != 1 || string(again[0]) != string(sent[0]) {
			t.Fatalf("%d packets sent again", len(again))
		}
		if _, err := k.in.OpenNew(nil, again[0]); err != nil {
			t.Fatal(err)
		}
		next := newKeys(t, media.AEADGCM128)
		r.apply(next.terms, func(st *media.Stream) { st.Feedback = media.NACK })
		nack, _ = next.out.SealRTCP(nil, marshal(&rtcp.TransportLayerNack{SenderSSRC: 9,
			Nacks: []rtcp.NackPair{{PacketID: uint16(sent[0][2])<<8 | uint16(sent[0][3])}}}))
		r.control(nack)
		if len(r.far.Take()) != 0 {
			t.Fatal("a packet of the old key was sent under the new one")
		}
	})
}

func TestWithoutNACKNothingIsKept(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply()
		for i := range 100 {
			r.stream.Send(packet.Header{PT: 97, Seq: uint16(i)}, testP)
		}
		r.stream.Flush()
		tx := r.stream.tx
		if tx.history != nil {
			t.Fatal("packets are kept")
		}
		r.apply(func(st *media.Stream) { st.Feedback = media.NACK })
		r.stream.Send(packet.Header{PT: 97, Seq: 100}, testP)
		r.stream.Flush()
		if tx.history == nil || tx.history.get(tx.seq, 1) == nil || tx.history.get(tx.seq-1, 1) != nil {
			t.Fatal("the packet is not kept for a far end that sends NACKs")
		}
		r.apply()
		if tx.history != nil {
			t.Fatal("packets are kept after it was taken back")
		}
	})
}

func TestTooLargeIsNotSent(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.apply()
		r.stream.Send(packet.Header{PT: 97, Seq: 1}, make([]byte, packet.MaxSize-packet.HeaderSize+1))
		r.stream.Send(packet.Header{PT: 97, Seq: 2}, make([]byte, packet.MaxSize-packet.HeaderSize))
		r.stream.Flush()
		if sent := r.far.Take(); len(sent) != 1 || len(sent[0]) != packet.MaxSize {
			t.Fatalf("%d packets sent", len(sent))
		}
	})
}

func TestDropsOutliveTheirStream(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 4)
		r.far.Send(r.ours(), []byte{0xff, 0xff})
		synctest.Wait()
		before := r.plane.Stats()
		r.stream.Close()
		after := r.plane.Stats()
		if before.Received != 4 || before.Drops["class"] != 1 || before.Streams != 1 {
			t.Fatalf("before: %+v", before)
		}
		if after.Received != 4 || after.Drops["class"] != 1 || after.Streams != 0 {
			t.Fatalf("after: %+v", after)
		}
	})
}

// TestEverythingAtOnce has all methods called at once while packets flow. It
// is for the race detector, and ends only if nobody waits for anybody.
func TestEverythingAtOnce(t *testing.T) {
	p, err := NewPlane(PlaneConfig{Address: netip.MustParseAddr("127.0.0.1"), PortMin: 41600, PortMax: 41699})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	open := func() *Stream {
		s, err := p.Open(StreamOptions{CallID: "busy", Kind: media.Video})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b := open(), open()
	keys := newKeys(t, media.AEADGCM128)
	terms := func(s *Stream, i int) media.Stream {
		peer := map[*Stream]*Stream{a: b, b: a}[s]
		rtp, rtcp := peer.Ports()
		st := plainTerms(media.Video)
		st.Remote, st.RemoteRTCP = netip.AddrPortFrom(p.cfg.Address, rtp), netip.AddrPortFrom(p.cfg.Address, rtcp)
		st.Feedback = media.NACK | media.PLI | media.TMMBR
		st.SendBitrate = i
		if i%3 == 0 {
			st.Security = media.Security{Keying: media.SDES, Suite: media.AEADGCM128, LocalKey: keys.local, RemoteKey: keys.remote}
			if s == b {
				st.Security.LocalKey, st.Security.RemoteKey = keys.remote, keys.local
			}
		}
		return st
	}
	for _, s := range []*Stream{a, b} {
		if err := s.Apply(terms(s, 1)); err != nil {
			t.Fatal(err)
		}
	}
	still := NewStill(StillConfig{ID: "still", Format: h264Format, FPS: 50})
	defer still.Close()
	if err := still.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240); err != nil {
		t.Fatal(err)
	}
	there := NewSplice(SpliceConfig{Out: a, Kind: media.Video})
	back := NewSplice(SpliceConfig{Out: b, Kind: media.Video})
	a.SetFeedback(there)
	b.SetFeedback(back)
	var wg sync.WaitGroup
	busy := func(f func(i int)) {
		wg.Go(func() {
			for i := range 200 {
				f(i)
				runtime.Gosched()
			}
		})
	}
	busy(func(i int) { there.Select([]*Track{still.Track(), b.Track(), nil}[i%3]) })
	busy(func(i int) { back.Select([]*Track{b.Track(), a.Track(), still.Track()}[i%3]) })
	busy(func(i int) { _ = a.Apply(terms(a, i)) })
	busy(func(i int) { _ = b.Apply(terms(b, i)) })
	busy(func(int) { there.KeyframeWanted(); back.KeyframeWanted() })
	busy(func(i int) { there.BitrateLimit(100000 * (i % 5)); back.BitrateLimit(90000 * (i % 4)) })
	busy(func(int) { a.Stats(); b.Stats(); p.Stats(); there.Refusal(); back.Showing() })
	busy(func(i int) { c := &collector{}; a.Track().Attach(c); a.Track().Detach(c) })
	busy(func(int) { _ = still.SetPicture([][]byte{testSPS, testPPS, testIDR}, 320, 240) })
	busy(func(i int) { a.tick(a.now()); b.tick(b.now() + int64(i)*1e8) })
	wg.Wait()
	wg.Go(func() { a.Close() })
	wg.Go(func() { there.Close() })
	wg.Go(func() { back.Close() })
	wg.Go(func() { b.Close() })
	wg.Wait()
}
