package feedback

import (
	"math/rand/v2"
	"testing"

	"github.com/pion/rtcp"
)

// send gives packets of a 90 kHz stream, 3000 ticks apart, on time.
func send(r *Reports, seqs ...uint16) {
	for _, s := range seqs {
		r.Add(s, uint32(s)*3000, int64(s)*1e9/30)
	}
}

// wantBlock holds the next block, but for its jitter.
func wantBlock(t *testing.T, r *Reports, highest uint32, lost int32, fraction uint8) {
	t.Helper()
	b, ok := r.Block(9, 0)
	b.Jitter = 0
	want := rtcp.ReceptionReport{SSRC: 9, LastSequenceNumber: highest, TotalLost: uint32(lost) & 0xffffff, FractionLost: fraction}
	if !ok || b != want {
		t.Errorf("%v %+v, want %+v", ok, b, want)
	}
}

func TestReportsBeforeAnything(t *testing.T) {
	r := NewReports(90000)
	r.SenderReport(1<<40, 0)
	if b, ok := r.Block(1, 0); ok {
		t.Errorf("%+v", b)
	}
	if r = NewReports(0); r.Jitter() != 0 {
		t.Error("jitter without a clock")
	}
}

func TestReportsLoss(t *testing.T) {
	r := NewReports(90000)
	send(&r, 10, 11, 12, 13)
	wantBlock(t, &r, 13, 0, 0)
	send(&r, 15, 17) // 14 and 16 of four
	wantBlock(t, &r, 17, 2, 128)
	send(&r, 16) // late
	wantBlock(t, &r, 17, 1, 0)
	send(&r, 17, 17, 17) // repetitions count as received
	if r.Lost() != -2 {
		t.Errorf("%d lost", r.Lost())
	}
	wantBlock(t, &r, 17, -2, 0)
	send(&r, 217)
	wantBlock(t, &r, 217, 197, 254)
}

func TestReportsCycles(t *testing.T) {
	r := NewReports(90000)
	send(&r, 65534, 65535, 0, 1)
	wantBlock(t, &r, 1<<16+1, 0, 0)
	for seq := uint16(2); seq != 0; seq++ {
		r.Add(seq, 0, 0)
	}
	r.Add(0, 0, 0)
	wantBlock(t, &r, 2<<16, 0, 0)
}

// TestReportsRestart: a source that starts over loses nothing by it, and what
// was lost before stays counted.
func TestReportsRestart(t *testing.T) {
	for _, seq := range []uint16{20000, 60000} {
		r := NewReports(90000)
		send(&r, 100, 102)
		send(&r, seq, seq+1)
		wantBlock(t, &r, uint32(seq)+1, 1, 0)
	}
}

func TestReportsClamp(t *testing.T) {
	r := NewReports(90000)
	r.Add(0, 0, 0)
	r.lost = 1 << 40
	wantBlock(t, &r, 0, 1<<23-1, 0)
	r.lost = -1 << 40
	wantBlock(t, &r, 0, -1<<23, 0)
	if fraction(1000, 0) != 255 || fraction(0, 3) != 0 || fraction(4, 3) != 64 {
		t.Error("fractions are wrong")
	}
}

// TestReportsSender: the last sender report and the time since then, in
// 1/65536 s.
func TestReportsSender(t *testing.T) {
	r := NewReports(90000)
	send(&r, 1)
	r.SenderReport(0x0123456789abcdef, 1000*ms)
	if b, _ := r.Block(9, 2500*ms); b.LastSenderReport != 0x456789ab || b.Delay != 3<<15 {
		t.Errorf("%+v", b)
	}
	if b, _ := r.Block(9, 3601000*ms); b.Delay != 3600<<16 {
		t.Errorf("%+v", b)
	}
}

// TestReportsJitter compares with the estimator of RFC 3550 A.8 in floating point.
func TestReportsJitter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, clock := range []int{8000, 48000, 90000} {
		r := NewReports(clock)
		want, last := 0.0, 0.0
		base := int64(1) << 60 // far along, as a steady clock may be
		for i := range 5000 {
			ts := uint32(i * clock / 50)
			at := base + int64(i)*20*ms + rnd.Int64N(10*ms)
			r.Add(uint16(i), ts+1<<31, at)
			transit := float64(at-base)*float64(clock)/1e9 - float64(ts)
			if i > 0 {
				want += (max(transit-last, last-transit) - want) / 16
			}
			last = transit
		}
		b, _ := r.Block(9, 0)
		got := float64(b.Jitter)
		if got < want*0.95-2 || got > want*1.05+2 {
			t.Errorf("%d Hz: jitter %v, want %v", clock, got, want)
		}
		if ns := float64(r.Jitter()) * float64(clock) / 1e9; ns < got-1 || ns > got+1 {
			t.Errorf("%d Hz: %d ns, %v units", clock, r.Jitter(), got)
		}
	}
}

// TestReportsSteady: timestamps that wrap and a clock that runs are no jitter.
func TestReportsSteady(t *testing.T) {
	r := NewReports(90000)
	for i := range 100 {
		r.Add(uint16(i), uint32(1<<32-50*3000+i*3000), int64(i)*1e9/30)
	}
	if b, _ := r.Block(9, 0); b.Jitter > 1 {
		t.Errorf("jitter %d", b.Jitter)
	}
}

// TestReportsRandom compares the books with simple ones.
func TestReportsRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	r := NewReports(90000)
	sent, received := 0, 0
	for range 50 {
		before, beforeSent := received, sent
		for range 1000 {
			if rnd.IntN(10) != 0 || sent%1000 == 999 || sent == 0 { // the last of an interval comes
				r.Add(uint16(60000+sent), 0, 0)
				received++
			}
			sent++
		}
		lost := (sent - beforeSent) - (received - before)
		wantBlock(t, &r, uint32(60000+sent-1), int32(sent-received), uint8(lost*256/1000))
	}
}

func FuzzReports(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReports(90000)
		var seq uint16
		var now int64
		for i := 0; i+3 < len(b); i += 4 {
			seq += uint16(b[i])<<8 | uint16(b[i+1])
			now += int64(b[i+3]) << 20
			r.Add(seq, uint32(b[i+2])<<24|uint32(b[i+3]), now)
			if b[i]&1 == 1 {
				r.SenderReport(uint64(seq)<<32, now)
				r.Block(1, now)
			}
		}
		got, ok := r.Block(1, now)
		if ok != (len(b) >= 4) || uint16(got.LastSequenceNumber) != uint16(r.numbers.Highest()) && ok ||
			r.Jitter() < 0 || got.Jitter > 1<<31 || got.TotalLost > 0xffffff {
			t.Fatalf("%+v, %d", got, r.Jitter())
		}
	})
}

func BenchmarkReports(b *testing.B) {
	r := NewReports(90000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Add(uint16(i), uint32(i)*3000, int64(i)*33*ms)
	}
}
