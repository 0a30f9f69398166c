package room

import (
	"bytes"
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

func feedbackSession(t testing.TB) (*session, *listener, *far) {
	t.Helper()
	l := &listener{}
	sl, f, _ := boundSlot(t, 109, 3)
	s := &session{host: l, link: sl.link, slots: map[string]*slot{"3": sl}}
	s.gate = &gate{s: s, now: sl.link.now, terms: &agreed{}}
	return s, l, f
}

func compound(t testing.TB, list ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFeedback(t *testing.T) {
	s, l, f := feedbackSession(t)
	s.slots["3"].Send(packetHeader(7), []byte{1})
	s.slots["3"].Flush()
	s.feedback(compound(t,
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 1234, FractionLost: 64}, {SSRC: 99, FractionLost: 255}}},
		&rtcp.PictureLossIndication{MediaSSRC: 1234},
		&rtcp.PictureLossIndication{MediaSSRC: 99}, // somebody else's
		&rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1234}, {SSRC: 99}}},
		nackOf(7),
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 500_000, SSRCs: []uint32{1234}},
	), s.link.now())
	sent := len(f.take())
	if l.keyframes != 2 || l.wakes != 1 || sent != 2 || s.link.bitrate() != 500_000 {
		t.Errorf("%d keyframes, %d wakes, %d packets, %d bit/s", l.keyframes, l.wakes, sent, s.link.bitrate())
	}
}

// What is cut, or says that it is longer than it is, is not read; what came
// before it is.
func TestFeedbackCut(t *testing.T) {
	pli := compound(t, &rtcp.PictureLossIndication{MediaSSRC: 1234})
	fir := compound(t, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1234}}})
	for n := range fir {
		s, l, _ := feedbackSession(t)
		s.feedback(append(bytes.Clone(pli), fir[:n]...), 1)
		if l.keyframes != 1 {
			t.Errorf("%d keyframes with %d bytes more", l.keyframes, n)
		}
	}
	padded := bytes.Clone(pli)
	padded[0] |= 0x20
	padded[2], padded[3] = 0, 3
	for pad, want := range map[byte]int{4: 1, 8: 0, 0: 0, 200: 0} {
		s, l, _ := feedbackSession(t)
		s.feedback(append(bytes.Clone(padded), 0, 0, 0, pad), 1)
		if l.keyframes != want {
			t.Errorf("%d bytes of padding: %d keyframes", pad, l.keyframes)
		}
	}
}

func TestReadREMB(t *testing.T) {
	for _, want := range []int{1, 1000, 262143, 262144, 5_000_000, 1 << 40} {
		b := compound(t, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(want), SSRCs: []uint32{1}})
		if got, ok := readREMB(b[12:]); !ok || got < want*99/100 || got > want {
			t.Errorf("%d bit/s, want %d", got, want)
		}
	}
	for _, bad := range []string{"", "REMB123", "XXXX1234", "REMB\x01\xff\xff\xff"} {
		if got, ok := readREMB([]byte(bad)); ok {
			t.Errorf("%q is %d bit/s", bad, got)
		}
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
	fb := &rtcp.TransportLayerCC{Header: rtcp.Header{Padding: true, Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 7}, BaseSequenceNumber: 65534, PacketStatusCount: 6, ReferenceTime: 2,
		PacketChunks: []rtcp.PacketStatusChunk{
			&rtcp.RunLengthChunk{PacketStatusSymbol: rtcp.TypeTCCPacketReceivedSmallDelta, RunLength: 2},
			&rtcp.StatusVectorChunk{Type: rtcp.TypeTCCStatusVectorChunk, SymbolSize: rtcp.TypeTCCSymbolSizeTwoBit, SymbolList: []uint16{0, 1, 2, 0, 0, 0, 0}},
		},
		RecvDeltas: []*rtcp.RecvDelta{
			{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 250}, {Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 500},
			{Type: rtcp.TypeTCCPacketReceivedSmallDelta, Delta: 1000}, {Type: rtcp.TypeTCCPacketReceivedLargeDelta, Delta: -250},
		},
	}
	type one struct {
		seq      uint16
		at       int64
		received bool
	}
	var got []one
	raw, err := fb.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	walkTWCC(raw, func(seq uint16, at int64, received bool) { got = append(got, one{seq, at, received}) })
	want := []one{{65534, 128250, true}, {65535, 128750, true}, {0, 128750, false}, {1, 129750, true}, {2, 129500, true}, {3, 129500, false}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: %+v, want %+v", i, got[i], want[i])
		}
	}
	end := 20 + 4
	for n, told := range map[int]int{end + 1: 1, end + 2: 3, end: 0, end - 1: 0, 19: 0, 0: 0} {
		got := 0
		walkTWCC(raw[:n], func(uint16, int64, bool) { got++ })
		if got != told {
			t.Errorf("%d bytes tell of %d packets, want %d", n, got, told)
		}
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
		s.slots["3"].Flush()
		s.feedback(b, 1)
	})
}
