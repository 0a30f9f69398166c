package feedback

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/rtcp"
)

const ms = int64(time.Millisecond)

// numbers are those that pairs ask for.
func numbers(pairs []rtcp.NackPair) []uint16 {
	var list []uint16
	for _, p := range pairs {
		list = append(list, p.PacketList()...)
	}
	return list
}

func add(l *Losses, now int64, seqs ...uint16) {
	for _, s := range seqs {
		l.Add(s, now)
	}
}

func asked(t *testing.T, l *Losses, now, rtt int64, want ...uint16) {
	t.Helper()
	if got := numbers(l.Due(now, rtt, nil)); !slices.Equal(got, want) {
		t.Errorf("at %d ms asked for %v, want %v", now/ms, got, want)
	}
}

func TestLossesAsk(t *testing.T) {
	var l Losses
	add(&l, 0, 65533, 65535, 2) // 65534, 0 and 1
	asked(t, &l, 4*ms, 50*ms)
	if at, ok := l.Next(); !ok || at != 5*ms {
		t.Errorf("next at %d, %v", at, ok)
	}
	asked(t, &l, 5*ms, 50*ms, 65534, 0, 1)
	asked(t, &l, 64*ms, 50*ms)
	add(&l, 64*ms, 0)
	if at, ok := l.Next(); !ok || at != 65*ms {
		t.Errorf("next at %d, %v", at, ok)
	}
	asked(t, &l, 65*ms, 50*ms, 65534, 1)
	add(&l, 70*ms, 1, 65534)
	if _, ok := l.Next(); ok {
		t.Error("something is missing")
	}
	asked(t, &l, 200*ms, 50*ms)
}

func TestLossesFresh(t *testing.T) {
	var l Losses
	for i, c := range []struct {
		seq   uint16
		fresh bool
	}{{10, true}, {12, true}, {12, false}, {11, true}, {11, false}, {10, false}, {2000, true}, {11, false}, {1000, true}} {
		if got := l.Add(c.seq, 0); got != c.fresh {
			t.Errorf("step %d: %d fresh %v", i, c.seq, got)
		}
	}
}

// TestLossesInterval: a packet is asked for again after 1.2 round trips, not
// within 20 ms, after 120 ms when the round trip is not known; not more than
// eight times and not beyond a second.
func TestLossesInterval(t *testing.T) {
	for name, c := range map[string]struct {
		rtt, every int64
		times      int
	}{
		"near":    {2 * ms, 20 * ms, 8},
		"far":     {100 * ms, 120 * ms, 8},
		"further": {400 * ms, 480 * ms, 3},
		"unknown": {0, 120 * ms, 8},
	} {
		var l Losses
		add(&l, 0, 1, 3)
		var at []int64
		for now := int64(0); now < 3000*ms; now += ms {
			if len(l.Due(now, c.rtt, nil)) > 0 {
				at = append(at, now)
			}
		}
		if len(at) != c.times || at[0] != leastWait {
			t.Errorf("%s: asked at %v", name, at)
		}
		for i := 1; i < len(at); i++ {
			if at[i]-at[i-1] != c.every {
				t.Errorf("%s: asked after %d ms", name, (at[i]-at[i-1])/ms)
			}
		}
		if _, ok := l.Next(); ok {
			t.Errorf("%s: not given up", name)
		}
	}
}

// TestLossesOvertaken: packets that overtake each other are waited for as long
// as that was seen to take, and less again when it stops.
func TestLossesOvertaken(t *testing.T) {
	var l Losses
	over := func(now, want int64) {
		t.Helper()
		if got := l.Overtaken(now); got != want {
			t.Errorf("at %d ms overtaken by %d ms, want %d", now/ms, got/ms, want/ms)
		}
	}
	add(&l, 0, 1, 3)
	add(&l, 4*ms, 2)
	add(&l, 10*ms, 5)
	add(&l, 24*ms, 4) // asked for by nobody
	over(24*ms, 14*ms)
	add(&l, 30*ms, 7)
	asked(t, &l, 43*ms, 10*ms)
	asked(t, &l, 44*ms, 10*ms, 6)
	now := 24*ms + overtakenPeriod
	over(now, 14*ms)
	over(now+overtakenPeriod, 0)
	now += 2 * overtakenPeriod
	add(&l, now, 9)
	asked(t, &l, now+5*ms, 10*ms, 8)
	add(&l, now+6*ms, 8) // sooner than a round trip's half: it was not repeated
	over(now+6*ms, 6*ms)
	add(&l, now+7*ms, 11)
	asked(t, &l, now+12*ms, 10*ms)
	asked(t, &l, now+13*ms, 10*ms, 10)
	add(&l, now+18*ms, 10)
	add(&l, now+18*ms, 13)
	asked(t, &l, now+24*ms, 10*ms, 12)
	asked(t, &l, now+44*ms, 10*ms, 12)
	add(&l, now+45*ms, 12) // the first request's, late
	over(now+45*ms, 6*ms)
	if l.Repaired() != 2 {
		t.Errorf("%d repaired", l.Repaired())
	}
	if got := l.Repair(now+45*ms, 10*ms, 2); got != 6*ms+2*20*ms+repairMargin {
		t.Errorf("repaired within %d us", got/1000)
	}
	add(&l, now+50*ms, 16)
	add(&l, now+500*ms, 15)
	add(&l, now+1050*ms, 14) // too long ago to tell anything
	over(now+1050*ms, 450*ms)
	if got := l.Wait(now + 1030*ms); got != mostWait {
		t.Errorf("waits %d ms", got/ms)
	}
	over(now+10*overtakenPeriod, 0) // periods without packets
	l.Reset()
	add(&l, now+10*overtakenPeriod, 30000)
	if _, ok := l.Next(); ok {
		t.Error("asks for what was before a reset")
	}
}

// TestLossesGiveUp: what nobody has a use for is not asked for, but counts
// when it was only late.
func TestLossesGiveUp(t *testing.T) {
	var l Losses
	add(&l, 0, 65533, 65535, 1, 3)
	l.GiveUp(1)
	asked(t, &l, 5*ms, 10*ms, 2)
	add(&l, 8*ms, 0)
	if l.Overtaken(8*ms) != 8*ms {
		t.Errorf("overtaken by %d ms", l.Overtaken(8*ms)/ms)
	}
	l.GiveUp(3)
	asked(t, &l, 900*ms, 10*ms)
	if _, ok := l.Next(); ok {
		t.Error("something is to be asked for")
	}
}

func TestLossesLargeHoles(t *testing.T) {
	var l Losses
	add(&l, 0, 0, 1000)
	var all []uint16
	pairs := l.Due(10*ms, 10*ms, nil)
	all = append(all, numbers(pairs)...)
	if len(all) != maxAbsent || all[0] != 1000-maxAbsent || all[len(all)-1] != 999 {
		t.Errorf("asked for %d from %d", len(all), all[0])
	}
	add(&l, 20*ms, 1000+maxDropout+1) // away
	if _, ok := l.Next(); ok {
		t.Error("asks for what was before an absence")
	}
	if e, lost := l.Loss(); e != 1002 || lost != 999 {
		t.Errorf("%d of %d lost", lost, e)
	}
	// Every twentieth packet is no pair with another: more than one answer.
	l = Losses{}
	for i := range uint16(100) {
		l.Add(i*20, 0)
		for j := range uint16(18) {
			l.Add(i*20+2+j, 0)
		}
	}
	pairs = l.Due(10*ms, 10*ms, make([]rtcp.NackPair, 3, 200))
	if len(pairs) != 3+maxPairs || pairs[2] != (rtcp.NackPair{}) {
		t.Errorf("%d pairs", len(pairs))
	}
	if at, ok := l.Next(); !ok || at != 10*ms {
		t.Errorf("the rest at %d, %v", at, ok)
	}
	if more := l.Due(10*ms, 10*ms, nil); len(more) != 100-maxPairs || more[0].PacketID != maxPairs*20+1 {
		t.Errorf("%d pairs more", len(more))
	}
}

func TestLossesStartOver(t *testing.T) {
	var l Losses
	add(&l, 0, 20000, 20002)
	fresh := 0
	for seq := range uint16(10) {
		if l.Add(seq, ms) {
			fresh++
		}
	}
	if fresh != 10-startedOver+1 {
		t.Errorf("%d fresh", fresh)
	}
	asked(t, &l, 20*ms, 0)
}

func TestLoss(t *testing.T) {
	var l Losses
	check := func(expected, lost uint32) {
		t.Helper()
		if e, n := l.Loss(); e != expected || n != lost {
			t.Errorf("%d of %d, want %d of %d", n, e, lost, expected)
		}
	}
	check(0, 0)
	add(&l, 0, 65530, 65531, 65533, 65533, 65534)
	check(5, 1)
	add(&l, 0, 65532, 65535, 0)
	check(2, 0) // and one of before
	add(&l, 0, 4)
	check(4, 3)
	check(0, 0)
}

// TestLossesRepair runs a path with loss both ways: with enough time nearly
// all is repaired, and nothing is asked for that came.
func TestLossesRepair(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	const rtt = 40 * ms
	type event struct {
		at  int64
		seq uint16
	}
	var l Losses
	var path []event
	come := map[uint16]bool{}
	asked := map[uint16]int{}
	var pairs []rtcp.NackPair
	for i := range 20000 {
		now := int64(i) * 2 * ms
		seq := uint16(i)
		if i%50 == 49 || rnd.Float64() > 0.05 { // the last ones come
			path = append(path, event{now + rtt/2, seq})
		}
		for len(path) > 0 && path[0].at <= now {
			if !l.Add(path[0].seq, now) {
				t.Fatalf("%d came twice", path[0].seq)
			}
			come[path[0].seq] = true
			path = path[1:]
		}
		pairs = l.Due(now, rtt, pairs[:0])
		for _, seq := range numbers(pairs) {
			if come[seq] {
				t.Fatalf("asked for %d, which came", seq)
			}
			if asked[seq]++; rnd.Float64() > 0.05 {
				path = append(path, event{now + rtt, seq})
			}
		}
		slices.SortStableFunc(path, func(a, b event) int { return int(a.at - b.at) })
	}
	if missing := 19900 - len(come); missing > 100 || len(asked) < 900 {
		t.Errorf("%d never came, %d were asked for", missing, len(asked))
	}
	if e, lost := l.Loss(); lost > 10 || e < 19900 {
		t.Errorf("%d of %d lost", lost, e)
	}
}

// FuzzLosses holds Losses against a map: what is fresh, and that only missing
// packets are asked for, within the bounds.
func FuzzLosses(f *testing.F) {
	f.Add([]byte{1, 0, 3, 1, 0xfe, 2, 0x80, 20, 0x7f, 9})
	f.Add([]byte{1, 0, 0x81, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 9, 250})
	f.Fuzz(func(t *testing.T, script []byte) {
		var l Losses
		var seq uint16
		var now int64
		came := map[uint16]bool{}
		tries := map[uint16]int{}
		var pairs []rtcp.NackPair
		for i := 0; i+1 < len(script) && i < 1<<10; i += 2 {
			step := int(int8(script[i]))
			if step < -100 || step > 120 {
				step *= 200
			}
			seq += uint16(step)
			now += int64(script[i+1]) * ms
			highest := l.window.numbers.Highest()
			fresh := l.Add(seq, now)
			if fresh && l.window.numbers.Highest() < highest || int(uint16(step)) > maxDropout {
				clear(came) // it started over
				clear(tries)
			}
			if fresh && came[seq] && i > 0 {
				t.Fatalf("%d is fresh again", seq)
			}
			came[seq] = came[seq] || fresh
			pairs = l.Due(now, int64(script[i])*ms, pairs[:0])
			if len(pairs) > maxPairs || len(l.absent) > maxAbsent {
				t.Fatalf("%d pairs, %d missing", len(pairs), len(l.absent))
			}
			for _, x := range numbers(pairs) {
				if tries[x]++; came[x] || tries[x] > maxTries {
					t.Fatalf("asked for %d, came %v, time %d", x, came[x], tries[x])
				}
			}
			if at, ok := l.Next(); ok && at < now {
				t.Fatalf("next was due %d ms before", (now-at)/ms)
			}
		}
		e, lost := l.Loss()
		if lost > e {
			t.Fatalf("%d of %d lost", lost, e)
		}
	})
}

func TestSizes(t *testing.T) {
	var l Losses
	add(&l, 0, 1, 3)
	if n := unsafe.Sizeof(l); n > 300 {
		t.Errorf("Losses has %d bytes", n)
	}
	if n := uintptr(cap(l.absent)) * unsafe.Sizeof(absent{}); n > 10<<10 {
		t.Errorf("what is missing takes %d bytes", n)
	}
	if n := unsafe.Sizeof(Arrivals{}); n > 4608 {
		t.Errorf("Arrivals has %d bytes", n)
	}
	if n := unsafe.Sizeof(Reports{}); n > 120 {
		t.Errorf("Reports has %d bytes", n)
	}
}

func BenchmarkLosses(b *testing.B) {
	var l Losses
	var pairs []rtcp.NackPair
	var seq uint16
	var now int64
	b.ReportAllocs()
	for b.Loop() {
		seq++
		now += ms
		if seq%20 != 0 {
			l.Add(seq, now)
		}
		pairs = l.Due(now, 50*ms, pairs[:0])
	}
}
