package jitter

import (
	"math/rand/v2"
	"testing"
)

// send gives a receiver packets of a 90 kHz stream, 3000 ticks apart, on time.
func send(r *Receiver, seqs ...uint16) {
	for _, s := range seqs {
		r.Update(s, uint32(s)*3000, int64(s)*1e9/30)
	}
}

func TestReportBeforeAnything(t *testing.T) {
	r := NewReceiver(90000)
	if got := r.Report(); got != (Report{}) {
		t.Errorf("%+v", got)
	}
	if NewReceiver(0).Jitter() != 0 {
		t.Error("jitter without a clock")
	}
}

func TestReportLoss(t *testing.T) {
	r := NewReceiver(90000)
	send(r, 10, 11, 12, 13)
	if got := r.Report(); got != (Report{Highest: 13}) {
		t.Errorf("nothing lost: %+v", got)
	}
	send(r, 15, 17) // 14 and 16 of four
	if got := r.Report(); got != (Report{Highest: 17, Lost: 2, Fraction: 128}) {
		t.Errorf("half lost: %+v", got)
	}
	send(r, 16) // late
	if got := r.Report(); got.Lost != 1 || got.Fraction != 0 || got.Highest != 17 {
		t.Errorf("late: %+v", got)
	}
	send(r, 17, 17, 17) // duplicates count as received
	if got := r.Report(); got.Lost != -2 || got.Fraction != 0 || r.Lost() != -2 {
		t.Errorf("duplicates: %+v", got)
	}
	send(r, 217)
	if got := r.Report(); got.Fraction != 254 {
		t.Errorf("nearly all lost: %+v", got)
	}
}

func TestReportCycles(t *testing.T) {
	r := NewReceiver(90000)
	send(r, 65534, 65535, 0, 1)
	if got := r.Report(); got.Highest != 1<<16+1 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
	for seq := uint16(2); seq != 0; seq++ {
		r.Update(seq, 0, 0)
	}
	r.Update(0, 0, 0)
	if got := r.Report(); got.Highest != 2<<16 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
}

// TestReportRestart: a source that starts over loses nothing by it, and what
// was lost before stays counted.
func TestReportRestart(t *testing.T) {
	for name, seq := range map[string]uint16{"forwards": 20000, "backwards": 60000} {
		r := NewReceiver(90000)
		send(r, 100, 102)
		send(r, seq, seq+1)
		if got := r.Report(); got.Lost != 1 || got.Fraction != 0 || got.Highest != uint32(seq)+1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestReportClamps(t *testing.T) {
	r := NewReceiver(90000)
	r.Update(0, 0, 0)
	r.lost = 1 << 40
	if got := r.Report(); got.Lost != 1<<23-1 {
		t.Errorf("%+v", got)
	}
	r.lost = -1 << 40
	if got := r.Report(); got.Lost != -1<<23 {
		t.Errorf("%+v", got)
	}
	if fraction(1000, 0) != 255 || fraction(0, 3) != 0 || fraction(4, 3) != 64 {
		t.Error("fractions are wrong")
	}
}

// TestJitter compares with the estimator of RFC 3550 A.8 in floating point.
func TestJitter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, clock := range []uint32{8000, 48000, 90000} {
		r := NewReceiver(clock)
		want, last := 0.0, 0.0
		base := int64(1) << 60 // far along, as a steady clock may be
		for i := range 5000 {
			ts := uint32(i) * clock / 50
			at := base + int64(i)*20*ms + rnd.Int64N(10*ms)
			r.Update(uint16(i), ts+1<<31, at)
			transit := float64(at-base)*float64(clock)/1e9 - float64(ts)
			if i > 0 {
				want += (max(transit-last, last-transit) - want) / 16
			}
			last = transit
		}
		got := float64(r.Report().Jitter)
		if got < want*0.95-2 || got > want*1.05+2 {
			t.Errorf("%d Hz: jitter %v, want %v", clock, got, want)
		}
		if ns := float64(r.Jitter()) * float64(clock) / 1e9; ns < got-1 || ns > got+1 {
			t.Errorf("%d Hz: %d ns, %v units", clock, r.Jitter(), got)
		}
	}
}

// TestJitterSteady: timestamps that wrap and a clock that runs are no jitter.
func TestJitterSteady(t *testing.T) {
	r := NewReceiver(90000)
	for i := range 100 {
		r.Update(uint16(i), uint32(1<<32-50*3000+i*3000), int64(i)*1e9/30)
	}
	if got := r.Report().Jitter; got > 1 {
		t.Errorf("jitter %d", got)
	}
}

// TestReportRandom compares the books with simple ones.
func TestReportRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	r := NewReceiver(90000)
	sent, received := 0, 0
	for interval := range 50 {
		before, beforeSent := received, sent
		for range 1000 {
			if rnd.IntN(10) != 0 || sent%1000 == 999 || sent == 0 { // the last of an interval comes
				r.Update(uint16(60000+sent), 0, 0)
				received++
			}
			sent++
		}
		got := r.Report()
		lost := (sent - beforeSent) - (received - before)
		if int(got.Lost) != sent-received || int(got.Fraction) != lost*256/1000 {
			t.Fatalf("interval %d: %+v, want %d lost, %d/256", interval, got, sent-received, lost*256/1000)
		}
	}
	if got := r.Report(); got.Highest != uint32(60000+sent-1) {
		t.Errorf("highest %d", got.Highest)
	}
}

func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReceiver(90000)
		var seq uint16
		var now int64
		for i := 0; i+3 < len(b); i += 4 {
			seq += uint16(b[i])<<8 | uint16(b[i+1])
			now += int64(b[i+3]) << 20
			r.Update(seq, uint32(b[i+2])<<24|uint32(b[i+3]), now)
			if b[i]&1 == 1 {
				r.Report()
			}
		}
		got := r.Report()
		if len(b) >= 4 && uint16(got.Highest) != uint16(r.seq.Highest()) || r.Jitter() < 0 || got.Jitter > 1<<31 {
			t.Fatalf("%+v, %d", got, r.Jitter())
		}
	})
}

func BenchmarkReceiver(b *testing.B) {
	r := NewReceiver(90000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Update(uint16(i), uint32(i)*3000, int64(i)*int64(33*ms))
	}
}
