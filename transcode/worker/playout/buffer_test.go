package playout

import (
	"math/rand/v2"
	"testing"
)

// in pushes packets of 20 ms by their index in the stream and gives the verdicts.
func in(b *buffer, order ...int) (got []verdict) {
	for i, n := range order {
		got = append(got, b.push(uint16(65530+n), uint32(0xffffff00)+uint32(n*160), []byte{byte(n)}, int64(i)*20*ms))
	}
	return got
}

// held gives the packets in the buffer in their order.
func held(b *buffer) (got []byte) {
	for _, p := range b.waiting {
		got = append(got, p.payload...)
	}
	return got
}

// Packets wait in the order of their timestamps, across the wrap-around of
// both numbers.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		order []int
		want  string
	}{
		{[]int{0, 1, 2, 3}, "\x00\x01\x02\x03"},
		{[]int{0, 2, 1, 4, 3}, "\x00\x01\x02\x03\x04"},
		{[]int{5, 4, 3, 2}, "\x02\x03\x04\x05"},
		{[]int{0, 1, 1, 0, 2}, "\x00\x01\x02"},
		{[]int{4, 5, 6, 7, 8, 9, 10}, "\x04\x05\x06\x07\x08\x09\x0a"},
	} {
		b := newBuffer(8000)
		in(b, c.order...)
		if got := string(held(b)); got != c.want {
			t.Errorf("%v: %q, want %q", c.order, got, c.want)
		}
	}
}

func TestVerdicts(t *testing.T) {
	b := newBuffer(8000)
	if v := in(b, 0, 1, 1, 3); v[0] != taken || v[1] != taken || v[2] != duplicate || v[3] != taken {
		t.Errorf("%v", v)
	}
	b.played = b.waiting[1].ts + 1
	if v := in(b, 0, 1, 2); v[0] != late || v[1] != late || v[2] != taken {
		t.Errorf("%v", v)
	}
	for _, size := range []int{0, maxPayload + 1} {
		if v := b.push(0, 0, make([]byte, size), 0); v != refused {
			t.Errorf("%d bytes: %v", size, v)
		}
	}
}

// A full buffer gives up its oldest packet, and an even older one is refused.
func TestFull(t *testing.T) {
	b := newBuffer(8000)
	for i := 1; i <= maxPackets+5; i++ {
		if v := b.push(uint16(i), uint32(i*160), []byte{byte(i)}, int64(i)*20*ms); v != taken {
			t.Fatalf("packet %d: %v", i, v)
		}
	}
	if n := len(b.waiting); n != maxPackets || b.first().payload[0] != 6 {
		t.Errorf("%d packets, the first is %d", n, b.first().payload[0])
	}
	if v := b.push(5, 5*160, []byte{5}, 2040*ms); v != refused {
		t.Errorf("an old packet: %v", v)
	}
	for b.first() != nil {
		b.drop()
	}
	if len(b.spare) != maxPackets {
		t.Errorf("%d payloads are kept for later", len(b.spare))
	}
}

// One stray packet is not believed; two in sequence begin anew.
func TestProbation(t *testing.T) {
	b := newBuffer(8000)
	in(b, 0, 1, 2)
	now := 60 * ms
	if v := b.push(30000, 1<<30, []byte{1}, now); v != suspect {
		t.Errorf("a stray: %v", v)
	}
	if v := in(b, 3); v[0] != taken {
		t.Errorf("the stream after a stray: %v", v)
	}
	if v := b.push(30001, 1<<30+160, []byte{2}, now); v != suspect {
		t.Errorf("another stray, not next to the first in time: %v", v)
	}
	if v := b.push(30002, 1<<30+320, []byte{3}, now); v != resync {
		t.Errorf("the second in sequence: %v", v)
	}
	if got := string(held(b)); got != "\x03" {
		t.Errorf("held after a new beginning: %q", got)
	}
}

// A clock set back by less than a stray is noticed after some late packets.
func TestStepBack(t *testing.T) {
	b := newBuffer(8000)
	in(b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
	b.played = b.lastTS + 160
	for i := range lateStreak + 1 {
		want := late
		if i == lateStreak {
			want = resync
		}
		n := 10 + i // the numbers go on, the timestamps begin again
		if v := b.push(uint16(65530+n), uint32(0xffffff00)+uint32(i*160), []byte{1}, int64(n)*20*ms); v != want {
			t.Fatalf("packet %d: %v", i, v)
		}
	}
}

func TestClockConversion(t *testing.T) {
	for _, clock := range []int{8000, 16000, 48000} {
		b := newBuffer(clock)
		for _, ts := range []int64{0, 1, 160, 1<<40 + 12345, 1 << 45} {
			if got := b.ticks(b.nanos(ts) % 1e15); ts < 1<<20 && (got > ts || got < ts-1) {
				t.Errorf("%d Hz: %d becomes %d", clock, ts, got)
			}
			if ts > 0 && b.nanos(ts) <= b.nanos(ts-1) {
				t.Errorf("%d Hz: time stands still at %d", clock, ts)
			}
		}
	}
}

// The delay aimed at follows the spread of the network, within its bounds.
func TestDelayTarget(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ spread, least, most int64 }{
		{0, 20 * ms, 20 * ms}, {10 * ms, 20 * ms, 25 * ms}, {60 * ms, 55 * ms, 75 * ms}, {150 * ms, 130 * ms, 165 * ms}, {1000 * ms, 200 * ms, 200 * ms},
	} {
		var d delay
		for i := range int64(1000) {
			d.packet(i*20*ms, i*20*ms+500*ms+r.Int64N(c.spread+1))
		}
		if got := d.target(); got < c.least || got > c.most {
			t.Errorf("spread %d ms: target %d ms", c.spread/ms, got/ms)
		}
	}
	if got := new(delay).target(); got != minTarget {
		t.Errorf("target %d before the first packet", got)
	}
}

// Rare outliers do not make everybody wait.
func TestDelayForgets(t *testing.T) {
	var d delay
	for i := range int64(3000) {
		late := int64(0)
		if i%500 == 499 {
			late = 180 * ms
		}
		d.packet(i*20*ms, i*20*ms+late)
	}
	if got := d.target(); got > 40*ms {
		t.Errorf("target %d ms for one late packet in 500", got/ms)
	}
}

// RFC 3550's estimate: a sixteenth of each difference.
func TestJitter(t *testing.T) {
	var d delay
	d.packet(0, 0)
	d.packet(20*ms, 36*ms)
	if d.jitter != float64(ms) {
		t.Errorf("jitter %v", d.jitter)
	}
}

// The base follows a network that becomes slower or faster, and a clock that drifts.
func TestDelayBase(t *testing.T) {
	var d delay
	now := int64(0)
	play := func(packets int, transit int64) {
		for range packets {
			d.packet(now, now+transit)
			now += 20 * ms
		}
	}
	play(100, 50*ms)
	if d.base() != 50*ms {
		t.Errorf("base %d ms", d.base()/ms)
	}
	play(1, 30*ms)
	if d.base() != 30*ms {
		t.Errorf("base %d ms after a faster packet", d.base()/ms)
	}
	play(600, 90*ms) // twelve seconds
	if d.base() != 90*ms {
		t.Errorf("base %d ms after the network became slower", d.base()/ms)
	}
	if d.target() > 30*ms {
		t.Errorf("target %d ms on a steady slow network", d.target()/ms)
	}
}
