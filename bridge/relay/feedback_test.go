package relay

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// wishes is a Feedback that remembers.
type wishes struct {
	mu        sync.Mutex
	keyframes int
	limits    []int
	reports   []Report
}

func (w *wishes) KeyframeWanted()      { w.mu.Lock(); w.keyframes++; w.mu.Unlock() }
func (w *wishes) BitrateLimit(bps int) { w.mu.Lock(); w.limits = append(w.limits, bps); w.mu.Unlock() }
func (w *wishes) Reported(r Report)    { w.mu.Lock(); w.reports = append(w.reports, r); w.mu.Unlock() }

func marshal(packets ...rtcp.Packet) []byte {
	b, err := rtcp.Marshal(packets)
	if err != nil {
		panic(err)
	}
	return b
}

func receiverReport(from uint32, fraction uint8, about ...uint32) []byte {
	rr := &rtcp.ReceiverReport{SSRC: from}
	for _, ssrc := range about {
		rr.Reports = append(rr.Reports, rtcp.ReceptionReport{SSRC: ssrc, FractionLost: fraction, TotalLost: 12, Jitter: 900})
	}
	return marshal(rr)
}

// withFeedback runs a video stream whose receiver's wishes are kept.
func withFeedback(t *testing.T, f func(r *rig, w *wishes)) {
	inBubble(t, media.Video, func(r *rig) {
		w := &wishes{}
		r.apply(func(st *media.Stream) { st.Feedback = media.NACK | media.TMMBR })
		r.stream.SetFeedback(w)
		f(r, w)
	})
}

func (r *rig) control(packets ...[]byte) {
	for _, p := range packets {
		r.farCtl.Send(r.oursRTCP(), p)
		synctest.Wait()
	}
}

func fir(seq uint8, ssrc uint32) []byte {
	return marshal(&rtcp.FullIntraRequest{SenderSSRC: 9, MediaSSRC: 0, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: seq}}})
}

func TestKeyframeWishes(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		ours := r.stream.tx.ssrc
		r.control(marshal(&rtcp.PictureLossIndication{SenderSSRC: 9, MediaSSRC: ours}))
		r.control(fir(1, ours), fir(1, ours), fir(1, ours))
		if w.keyframes != 2 {
			t.Fatalf("%d wishes of a PLI and a repeated FIR", w.keyframes)
		}
		r.control(fir(2, ours), fir(3, 0))
		if w.keyframes != 4 {
			t.Fatalf("%d wishes after new FIRs", w.keyframes)
		}
		r.control(fir(4, ours^1))
		if w.keyframes != 4 {
			t.Fatal("a FIR for another source was taken")
		}
		time.Sleep(3 * time.Second)
		r.control(fir(3, ours))
		if w.keyframes != 5 {
			t.Fatal("a FIR of a far end that does not count was taken for a repetition")
		}
	})
}

// TestOldKeyframeWishes: what terminals with H.261 send (RFC 2032 5.2), alone and compound.
func TestOldKeyframeWishes(t *testing.T) {
	fir, nack := []byte{0x80, 192, 0, 1, 0, 0, 0, 9}, []byte{0x80, 193, 0, 2, 0, 0, 0, 9, 0, 5, 0, 0}
	withFeedback(t, func(r *rig, w *wishes) {
		r.control(fir, append(receiverReport(9, 0), nack...))
		if w.keyframes != 2 {
			t.Fatalf("%d wishes", w.keyframes)
		}
		r.control([]byte{0x80, 192, 0, 7, 0, 0, 0, 9}) // cut short
		if w.keyframes != 2 {
			t.Fatal("a damaged packet was taken")
		}
	})
}

func TestBitrateWishes(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		ours := r.stream.tx.ssrc
		r.control(marshal(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 9, Bitrate: 512000, SSRCs: []uint32{ours}}))
		rr := receiverReport(9, 0)
		r.control(append(rr, marshalTuples(formatTMMBR, 9, bitrateTuple{ours, 384000, 40})...))
		if len(w.limits) != 2 || w.limits[0] != 512000 || w.limits[1] != 384000 {
			t.Fatalf("limits %v", w.limits)
		}
		// RFC 5104 4.2.2: the limit is confirmed, with the requester as its owner.
		var confirmed *bitrateTuple
		for _, d := range r.farCtl.Take() {
			for len(d) >= 4 {
				size := 4 + 4*int(binary.BigEndian.Uint16(d[2:]))
				if d[1] == 205 && d[0]&31 == formatTMMBN {
					parseTuples(d[12:size], func(t bitrateTuple) { confirmed = &t })
				}
				d = d[size:]
			}
		}
		if confirmed == nil || confirmed.ssrc != 9 || confirmed.bitrate != 384000 {
			t.Fatalf("TMMBN: %+v", confirmed)
		}
	})
}

func TestLossAndRoundTrip(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		ours := r.stream.tx.ssrc
		r.stream.Send(packet.Header{PT: 97, Seq: 1, Timestamp: 1}, testP)
		r.stream.Flush()
		var sr *rtcp.SenderReport
		for range 5000 {
			time.Sleep(time.Millisecond)
			for _, p := range reports(t, r.farCtl) {
				if x, ok := p.(*rtcp.SenderReport); ok && sr == nil {
					sr = x
					time.Sleep(250 * time.Millisecond)
					r.control(marshal(&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{
						SSRC: ours, FractionLost: 64, TotalLost: 5, Jitter: 900,
						LastSenderReport: uint32(x.NTPTime >> 16), Delay: 65536 / 10,
					}}}))
				}
			}
		}
		if sr == nil || sr.PacketCount != 1 || sr.OctetCount != uint32(len(testP)) {
			t.Fatalf("sender report: %+v", sr)
		}
		st := r.stream.Stats()
		if len(w.reports) != 1 || w.reports[0].Lost != 0.25 || st.Send.Lost != 5 || st.Send.JitterMS != 10 {
			t.Fatalf("reports %v, stats %+v", w.reports, st.Send)
		}
		if d := st.RTT - 150*time.Millisecond; d < -5*time.Millisecond || d > 5*time.Millisecond {
			t.Fatalf("round trip %v", st.RTT)
		}
	})
}

// Where it is asked for, sender reports follow bursts, and what they measured
// comes with how large the bursts were.
func TestProbe(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		r.stream.Probe(true)
		bursts, told := map[int]int{}, uint32(0)
		for i := range 300 {
			for j := range 3 {
				r.stream.Send(packet.Header{PT: 97, Seq: uint16(3*i + j), Timestamp: uint32(3000 * i)}, make([]byte, 1000))
			}
			r.stream.Flush()
			time.Sleep(33 * time.Millisecond)
			var sr *rtcp.SenderReport
			for _, p := range reports(t, r.farCtl) {
				if x, ok := p.(*rtcp.SenderReport); ok {
					sr = x
				}
			}
			if sr == nil {
				continue
			}
			told++
			block := rtcp.ReceptionReport{SSRC: r.stream.tx.ssrc, LastSenderReport: uint32(sr.NTPTime >> 16)}
			r.control(marshal(&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{block}}))
			x := w.reports[len(w.reports)-1]
			bursts[x.Burst]++
			if x.Trip < 20*time.Millisecond || x.Trip > 50*time.Millisecond || x.Span > time.Millisecond {
				t.Fatalf("reported %+v", x)
			}
			if told > 2 && (x.Sent < 600_000 || x.Sent > 850_000) {
				t.Fatalf("%d bit/s were sent", x.Sent)
			}
			r.control(marshal(&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{block}}))
			if x := w.reports[len(w.reports)-1]; x.Trip != 0 {
				t.Fatal("a trip was told of twice")
			}
		}
		if n := bursts[0] + bursts[24_000]; n != int(told) || n < 30 || n > 45 || bursts[0] < 3 || bursts[0] > 6 {
			t.Errorf("reports of bursts in 10 s: %v", bursts)
		}
	})
}

func TestNACKIsAnswered(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		for i := range 40 {
			r.stream.Send(packet.Header{PT: 97, Seq: uint16(i), Timestamp: 1}, []byte{0x41, byte(i)})
		}
		r.stream.Flush()
		sent := r.far.Take()
		var first packet.Packet
		packet.Parse(sent[0], &first)
		nack := marshal(&rtcp.TransportLayerNack{SenderSSRC: 9, MediaSSRC: r.stream.tx.ssrc,
			Nacks: []rtcp.NackPair{{PacketID: first.Seq + 3, LostPackets: 0b101}, {PacketID: first.Seq + 1000}}})
		r.control(nack, nack)
		again := r.far.Take()
		if len(again) != 3 {
			t.Fatalf("%d packets sent again", len(again))
		}
		for i, want := range []int{3, 4, 6} {
			if string(again[i]) != string(sent[want]) {
				t.Fatalf("packet %d differs from what was sent", want)
			}
		}
		time.Sleep(30 * time.Millisecond)
		r.control(nack)
		if n := len(r.far.Take()); n != 3 {
			t.Fatalf("%d sent for a later request", n)
		}
	})
}

func TestDecoderThatBeginsAnewGetsAKeyframe(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		same := func(st *media.Stream) { st.Feedback = media.NACK | media.TMMBR }
		r.apply(same)
		r.apply(same, func(st *media.Stream) { st.RecvBitrate = 1e6 })
		if w.keyframes != 0 {
			t.Fatal("asked though nothing changed for the decoder")
		}
		r.apply(same, func(st *media.Stream) { st.Direction = media.Recv })
		r.apply(same)
		if w.keyframes != 1 {
			t.Fatalf("%d keyframes after a hold", w.keyframes)
		}
		c := r.camera()
		c.from = r.socket(netip.AddrPortFrom(farAddr, 6000)) // what was sent so far is lost
		c.key()
		c.delta()
		if w.keyframes != 2 {
			t.Fatalf("%d keyframes after the latch moved", w.keyframes)
		}
	})
}

func TestLimitBeforeNegotiationIsToldLater(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		r.stream.Track().Want("a", media.Limits{Bitrate: 256000})
		r.apply(func(st *media.Stream) { st.Feedback = media.TMMBR })
		r.camera().key()
		wait(300 * time.Millisecond)
		if got := tmmbrs(r); len(got) != 1 || got[0] != 256000 {
			t.Fatalf("told %v", got)
		}
		r.control(append(receiverReport(0xcafe, 0), marshalTuples(formatTMMBN, 0xcafe)...))
		r.stream.Track().Unwant("a")
		// The way to say "no limit" is what the level allows.
		if got := tmmbrs(r); len(got) != 1 || got[0] != 14000000-14000000%128 && got[0] != 14000000 {
			t.Fatalf("lifted by %v", got)
		}
	})
}

func TestBrokenRTCPDoesNotHideTheRest(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		bad := []byte{0x81, 201, 0, 1, 0, 0, 0, 9} // a report block is announced and missing
		pli := marshal(&rtcp.PictureLossIndication{SenderSSRC: 9})
		r.control(append(bad, pli...))
		if w.keyframes != 1 {
			t.Fatal("a PLI behind a broken report was lost")
		}
	})
}

func TestGoodbyeAtBothEnds(t *testing.T) {
	inBubble(t, media.Audio, func(r *rig) {
		r.apply()
		r.audio(r.far, 7, 1, 3)
		r.control(marshal(&rtcp.Goodbye{Sources: []uint32{7}}))
		r.audio(r.far, 8, 1, 3) // without a pause
		if got := r.sink.take(); len(got) != 6 {
			t.Fatalf("%d packets", len(got))
		}
		r.stream.Close()
		all := reports(t, r.farCtl)
		if count[*rtcp.Goodbye](all) != 1 || count[*rtcp.SourceDescription](all) == 0 {
			t.Fatalf("on closing: %v", all)
		}
	})
}

func TestLimitGoesByTMMBR(t *testing.T) {
	withFeedback(t, func(r *rig, w *wishes) {
		r.camera().key()
		r.farCtl.Take()
		r.stream.Track().Want("a", media.Limits{Bitrate: 768000})
		r.stream.Track().Want("b", media.Limits{Bitrate: 384000})
		time.Sleep(2500 * time.Millisecond)
		synctest.Wait()
		if got := tmmbrs(r); len(got) < 3 || got[0] != 768000 || got[1] != 384000 || got[2] != 384000 {
			t.Fatalf("told %v", got)
		}
		r.control(append(receiverReport(0xcafe, 0), marshalTuples(formatTMMBN, 0xcafe)...))
		time.Sleep(5 * time.Second)
		if got := tmmbrs(r); len(got) != 0 {
			t.Fatalf("told again after it was confirmed: %v", got)
		}
	})
}

func tmmbrs(r *rig) (rates []uint64) {
	for _, d := range r.farCtl.Take() {
		for len(d) >= 4 {
			size := 4 + 4*int(binary.BigEndian.Uint16(d[2:]))
			if d[1] == 205 && d[0]&31 == formatTMMBR {
				parseTuples(d[12:size], func(t bitrateTuple) { rates = append(rates, t.bitrate) })
			}
			d = d[size:]
		}
	}
	return rates
}

func TestLimitGoesBySignalling(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		var told []int
		r.stream.SetSignalling(nil, func(bps int) { told = append(told, bps) })
		r.apply(func(st *media.Stream) { st.RecvBitrate = 1000000 })
		r.stream.Track().Want("a", media.Limits{Bitrate: 2000000})
		r.stream.Track().Want("a", media.Limits{Bitrate: 512000})
		r.stream.Track().Want("a", media.Limits{Bitrate: 512000})
		r.stream.Track().Unwant("a")
		synctest.Wait()
		if len(told) != 3 || told[0] != 1000000 || told[1] != 512000 || told[2] != 0 {
			t.Fatalf("told %v", told)
		}
	})
}

func TestTuples(t *testing.T) {
	for _, rate := range []uint64{0, 1, 131071, 131072, 384000, 4000000, 1 << 40} {
		b := marshalTuples(formatTMMBR, 1, bitrateTuple{2, rate, 40})
		parseTuples(b[12:], func(got bitrateTuple) {
			// 17 bits of mantissa: exact to better than one in 65536, never more.
			if got.bitrate > rate || rate-got.bitrate > rate>>16 || got.ssrc != 2 || got.overhead != 40 {
				t.Errorf("%d came back as %+v", rate, got)
			}
		})
	}
	parseTuples([]byte{1, 2, 3}, func(bitrateTuple) { t.Error("read a truncated entry") })
}

func marshalPLI() []byte { return marshal(&rtcp.PictureLossIndication{SenderSSRC: 9}) }
