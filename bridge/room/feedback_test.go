package room

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// listener is a host that counts.
type listener struct {
	host
	keyframes, wakes int
}

func (l *listener) slotKeyframe(string) { l.keyframes++ }
func (l *listener) wake()               { l.wakes++ }

func feedbackSession(t testing.TB) (*session, *listener, *wireWriter) {
	t.Helper()
	l := &listener{}
	sl, w, _ := boundSlot(t, 109, 3)
	s := &session{host: l, link: sl.link, slots: map[string]*slot{"3": sl}}
	return s, l, w
}

func TestFeedback(t *testing.T) {
	s, l, w := feedbackSession(t)
	s.slots["3"].Send(packetHeader(7), []byte{1})
	s.feedback([]rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: 1234},
		&rtcp.PictureLossIndication{MediaSSRC: 99}, // somebody else's
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1234}, {SSRC: 99}}},
		nackOf(7),
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 500_000, SSRCs: []uint32{1234}},
	})
	if l.keyframes != 2 || l.wakes != 1 || len(w.sent) != 2 || s.link.bitrate() != 500_000 {
		t.Errorf("%d keyframes, %d wakes, %d packets, %d bit/s", l.keyframes, l.wakes, len(w.sent), s.link.bitrate())
	}
}

func TestRoundTripTime(t *testing.T) {
	l := newLink(func() int64 { return 1 << 60 })
	at := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	sent := ntpNow(at)
	// The browser had the report for 0.25 s; the round took 0.1 s.
	back := ntpNow(at.Add(350 * time.Millisecond))
	for range 20 {
		l.reported(rtcp.ReceptionReport{LastSenderReport: uint32(sent >> 16), Delay: 65536 / 4, FractionLost: 64}, back)
	}
	rtt, loss, _ := l.quality()
	if rtt < 99 || rtt > 101 || loss < 0.24 || loss > 0.26 {
		t.Errorf("%v ms, loss %v", rtt, loss)
	}
	l.reported(rtcp.ReceptionReport{LastSenderReport: uint32(back>>16) + 70, Delay: 0}, sent) // from the future
	if again, _, _ := l.quality(); again != rtt {
		t.Errorf("a report from the future made it %v ms", again)
	}
}

func TestWalkTWCC(t *testing.T) {
	fb := &rtcp.TransportLayerCC{BaseSequenceNumber: 65534, PacketStatusCount: 6, ReferenceTime: 2,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 2},
			&rtcp.StatusVectorChunk{SymbolList: []uint16{0, 1, 2, 0, 0, 0, 0}},
		},
		RecvDeltas: []*rtcp.RecvDelta{{Delta: 250}, {Delta: 500}, {Delta: 1000}, {Delta: -250}},
	}
	type one struct {
		seq      uint16
		at       int64
		received bool
	}
	var got []one
	walkTWCC(fb, func(seq uint16, at int64, received bool) { got = append(got, one{seq, at, received}) })
	want := []one{{65534, 128250, true}, {65535, 128750, true}, {0, 128750, false}, {1, 129750, true}, {2, 129500, true}, {3, 129500, false}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	fb.RecvDeltas = fb.RecvDeltas[:1] // fewer than were announced
	n := 0
	walkTWCC(fb, func(uint16, int64, bool) { n++ })
	if n != 1 {
		t.Errorf("%d packets of one delta", n)
	}
}

func TestDelayBase(t *testing.T) {
	var d delayBase
	now := int64(1) << 60
	feed := func(delay int64, seconds int) (q float64) {
		for range 10 * seconds {
			now += 100 * ms
			q = d.queue([]int64{delay, delay, delay}, now)
		}
		return q
	}
	if q := feed(-5_000_000, 5); q != 0 {
		t.Errorf("a steady path: %v ms", q)
	}
	if q := feed(-4_800_000, 3); q < 190 || q > 201 {
		t.Errorf("200 ms later: %v ms", q)
	}
	if q := feed(-4_800_000, 70); q > 1 {
		t.Errorf("a path that became longer for good: %v ms", q)
	}
	if q := d.queue(nil, now); q != 0 {
		t.Errorf("nothing: %v", q)
	}
}

func FuzzFeedback(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: 1234}, nackOf(1, 2, 30),
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 1234, LastSenderReport: 5}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{1234}},
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1234}}},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 4, 210, 0, 1, 0, 2, 0, 0, 1, 1, 0x20, 2, 4, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, _, _ := feedbackSession(t)
		s.slots["3"].Send(packetHeader(1), []byte{1})
		s.overheard(b)
	})
}
