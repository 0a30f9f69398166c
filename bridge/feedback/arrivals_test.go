package feedback

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

const us = int64(time.Microsecond)

// told is what feedback says of one packet.
type told struct {
	seq  uint16
	at   int64 // microseconds, -1 when it did not come
	base int64 // the reference time
}

// read decodes feedback as any receiver of it would.
func read(t testing.TB, b []byte) (list []*rtcp.TransportLayerCC, all []told) {
	t.Helper()
	packets, err := rtcp.Unmarshal(b)
	if len(b) > 0 && err != nil {
		t.Fatalf("%v: %x", err, b)
	}
	for _, p := range packets {
		fb, ok := p.(*rtcp.TransportLayerCC)
		if !ok {
			t.Fatalf("%T", p)
		}
		list = append(list, fb)
		all = append(all, walk(t, fb)...)
	}
	return list, all
}

func walk(t testing.TB, fb *rtcp.TransportLayerCC) (all []told) {
	t.Helper()
	base := int64(fb.ReferenceTime) * 64_000
	at, deltas := base, fb.RecvDeltas
	left := int(fb.PacketStatusCount)
	for _, c := range fb.PacketChunks {
		var symbols []uint16
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			symbols = slices.Repeat([]uint16{c.PacketStatusSymbol}, int(c.RunLength))
			if len(symbols) > left || len(symbols) == 0 {
				t.Fatalf("a run of %d, %d left", len(symbols), left)
			}
		case *rtcp.StatusVectorChunk:
			symbols = c.SymbolList
		}
		for _, s := range symbols[:min(left, len(symbols))] {
			x := told{fb.BaseSequenceNumber + uint16(len(all)), -1, base}
			if s != rtcp.TypeTCCPacketNotReceived {
				at += deltas[0].Delta
				x.at, deltas = at, deltas[1:]
			}
			all = append(all, x)
			left--
		}
	}
	if left != 0 || len(deltas) != 0 {
		t.Fatalf("%d symbols missing, %d times too many", left, len(deltas))
	}
	return all
}

// append gives the feedback and holds what is true of all.
func appendTo(t testing.TB, a *Arrivals, now int64) []byte {
	t.Helper()
	b := a.Append([]byte("before"), 0x11223344, 0x55667788, now)
	if string(b[:6]) != "before" {
		t.Fatalf("spoilt what was there: %x", b[:6])
	}
	if b = b[6:]; len(b) > maxFeedback || len(b)%4 != 0 {
		t.Fatalf("%d bytes", len(b))
	}
	return b
}

func TestArrivalsNothing(t *testing.T) {
	var none *Arrivals
	if b := none.Append(nil, 1, 2, 3); b != nil {
		t.Errorf("%x of nil", b)
	}
	var a Arrivals
	if b := appendTo(t, &a, 0); len(b) > 0 {
		t.Errorf("%x before anything came", b)
	}
	a.Record(7, 0)
	if b := appendTo(t, &a, 0); len(b) == 0 {
		t.Error("nothing of the first packet")
	}
	a.Record(7, 0)
	if b := appendTo(t, &a, 0); len(b) > 0 {
		t.Errorf("%x of a repetition", b)
	}
}

// TestArrivalsBytes holds packets byte for byte.
func TestArrivalsBytes(t *testing.T) {
	type rec struct {
		seq uint16
		at  int64
	}
	for name, c := range map[string]struct {
		come []rec
		want string
	}{
		"one": {[]rec{{0xfffe, 64*3*ms + 10*ms}},
			"8fcd0005 11223344 55667788 fffe0001 00000300 2001 28 00"},
		"a run, over the end": {[]rec{{0xfffe, 0}, {0xffff, ms}, {0, 2 * ms}, {1, 65*ms + 750*us}},
			"8fcd0006 11223344 55667788 fffe0004 00000000 2004 000404ff 0000"},
		"one bit": {[]rec{{1, 0}, {2, ms}, {4, 2 * ms}, {5, 3 * ms}, {6, 4 * ms}, {8, 5 * ms}, {9, 6 * ms}, {10, 7 * ms}},
			"8fcd0007 11223344 55667788 0001000a 00000000 b770 0004040404040404 0000"},
		"two bits": {[]rec{{1, 0}, {2, 64 * ms}, {4, 60 * ms}},
			"8fcd0006 11223344 55667788 00010004 00000000 d880 000100fff0 00"},
		"a long hole": {[]rec{{1, 128 * ms}, {1000, 256*ms - 1}},
			"8fcd0007 11223344 55667788 000103e8 00000200 a00003d94001 000200 000000"},
	} {
		var a Arrivals
		for _, r := range c.come {
			a.Record(r.seq, r.at)
		}
		b := appendTo(t, &a, c.come[len(c.come)-1].at)
		if got, want := hex.EncodeToString(b), strings.ReplaceAll(c.want, " ", ""); got != want {
			t.Errorf("%s:\n%s, want\n%s", name, got, want)
		}
		read(t, b)
	}
}

// TestArrivalsLate: what comes after it was told missing is told once, in
// feedback of its own, and nothing is told twice.
func TestArrivalsLate(t *testing.T) {
	var a Arrivals
	for _, seq := range []uint16{10, 12, 13, 17} {
		a.Record(seq, int64(seq)*ms)
	}
	appendTo(t, &a, 17*ms)
	a.Record(15, 20*ms)
	a.Record(14, 21*ms)
	a.Record(11, 22*ms)
	a.Record(9, 22*ms)
	a.Record(19, 23*ms)
	list, all := read(t, appendTo(t, &a, 23*ms))
	want := []told{{9, 22000, 0}, {11, 22000, 0}, {14, 21000, 0}, {15, 20000, 0}, {18, -1, 0}, {19, 23000, 0}}
	if len(list) != 4 || !slices.Equal(all, want) {
		t.Errorf("%d packets: %v", len(list), all)
	}
	for i, fb := range list {
		if fb.FbPktCount != uint8(i+1) {
			t.Errorf("packet %d has number %d", i, fb.FbPktCount)
		}
	}
	a.Record(18, 30*ms)
	a.Record(20, 31*ms)
	list, all = read(t, appendTo(t, &a, 31*ms))
	if len(list) != 2 || !slices.Equal(all, []told{{18, 30000, 0}, {20, 31000, 0}}) {
		t.Errorf("%v", all)
	}
}

// TestArrivalsTime: a step that 16 bits of a quarter millisecond do not take
// begins another packet, and the reference time wraps with 24 bits.
func TestArrivalsTime(t *testing.T) {
	const wrap = 64 * ms << 24
	for name, origin := range map[string]int64{"zero": 0, "a wrap": wrap - 5*time.Second.Nanoseconds(), "far": 1 << 62 / wrap * wrap} {
		var a Arrivals
		a.Record(1, origin)
		a.Record(2, origin+8191*ms)
		a.Record(3, origin+8191*ms+8192*ms)
		a.Record(5, origin+8191*ms)
		a.Record(6, origin+20000*ms)
		list, all := read(t, appendTo(t, &a, origin+20000*ms))
		var got []int64
		for _, x := range all {
			if x.at < 0 {
				continue
			}
			got = append(got, ((x.at-origin/us)%(wrap/us)+wrap/us)%(wrap/us)/1000)
		}
		if want := []int64{0, 8191, 16383, 8191, 20000}; !slices.Equal(got, want) || len(list) != 3 {
			t.Errorf("%s: %v in %d packets", name, got, len(list))
		}
		if list[2].BaseSequenceNumber != 6 || list[1].BaseSequenceNumber != 3 {
			t.Errorf("%s: %v", name, list)
		}
	}
}

// TestArrivalsWindow: what feedback is written of too late is forgotten, but a
// hole of any size is told when all before was.
func TestArrivalsWindow(t *testing.T) {
	var a Arrivals
	a.Record(0, 0)
	appendTo(t, &a, 0)
	a.Record(30000, ms)
	if _, all := read(t, appendTo(t, &a, ms)); len(all) != 30000 || all[0].seq != 1 || all[29999].at != 1000 {
		t.Errorf("%d told", len(all))
	}
	a.Record(30001, 2*ms)
	a.Record(30002, 2*ms)
	a.Record(32000, 3*ms) // pushes both out
	if _, all := read(t, appendTo(t, &a, 3*ms)); len(all) != 32000-30002 || all[0].seq != 30003 {
		t.Errorf("%d told from %d", len(all), all[0].seq)
	}
	a.Record(32001, 4*ms)
	a.Record(31990, 4*ms)
	for seq := uint16(32002); seq < 34000; seq++ {
		a.Record(seq, 5*ms)
	}
	n := 0
	for {
		_, all := read(t, appendTo(t, &a, 5*ms))
		if n += len(all); len(all) == 0 {
			break
		}
		if all[0].seq < 34000-span || all[len(all)-1].seq > 33999 {
			t.Errorf("%d to %d", all[0].seq, all[len(all)-1].seq)
		}
	}
	if n != span {
		t.Errorf("%d told", n)
	}
	// What is old is forgotten, also when it has a place.
	a.Record(34001, 10*ms)
	if b := appendTo(t, &a, 10*ms+tooOld); len(b) > 0 {
		t.Errorf("%x", b)
	}
	a.Record(34000, 11*ms+tooOld)
	if _, all := read(t, appendTo(t, &a, 11*ms+tooOld)); len(all) != 1 || all[0].seq != 34000 {
		t.Errorf("%v", all)
	}
}

func TestArrivalsStartOver(t *testing.T) {
	var a Arrivals
	a.Record(30000, 0)
	for seq := range uint16(10) {
		a.Record(seq, ms)
	}
	if _, all := read(t, appendTo(t, &a, ms)); len(all) != 6 || all[0].seq != 4 {
		t.Errorf("%v", all)
	}
}

// TestArrivalsFull: what does not fit waits for the next call.
func TestArrivalsFull(t *testing.T) {
	var a Arrivals
	for seq := range uint16(span) {
		a.Record(seq, int64(seq)*70*ms) // two bytes each
	}
	now := int64(span) * 70 * ms
	var all []told
	calls := 0
	for {
		b := appendTo(t, &a, now)
		if len(b) == 0 {
			break
		}
		if len(b) < maxFeedback-20 && calls == 0 {
			t.Errorf("only %d bytes", len(b))
		}
		_, some := read(t, b)
		all = append(all, some...)
		calls++
	}
	if len(all) != span || calls != 2 {
		t.Errorf("%d told in %d calls", len(all), calls)
	}
	for i, x := range all {
		if x.at != int64(i)*70000 {
			t.Fatalf("%d came at %d", i, x.at)
		}
	}
}

// TestArrivalsLikePion drives pion's recorder beside ours along paths with
// loss, and without reordering holds that both say the same in as few bytes.
func TestArrivalsLikePion(t *testing.T) {
	for _, c := range []struct{ loss, large float64 }{{0, 0}, {0.02, 0}, {0.3, 0}, {0.02, 0.05}, {0.3, 0.3}, {0.98, 0.01}} {
		rnd := rand.New(rand.NewPCG(3, uint64(c.loss*100)))
		var a Arrivals
		p := twcc.NewRecorder(0x11223344)
		seq, at := uint16(65000), int64(0)
		same, all := 0, 0
		for range 300 {
			for range 1 + rnd.IntN(80) {
				seq++
				at += rnd.Int64N(8) * 250 * us
				if rnd.Float64() < c.large {
					at += 64 * ms
				}
				if rnd.Float64() >= c.loss {
					a.Record(seq, at)
					p.Record(0x55667788, seq, at/us)
				}
			}
			ours := appendTo(t, &a, at)
			theirs, err := rtcp.Marshal(p.BuildFeedbackPacket())
			if err != nil {
				t.Fatal(err)
			}
			_, x := read(t, ours)
			_, y := read(t, theirs)
			if !slices.Equal(x, y) {
				t.Fatalf("%v: ours %v\ntheirs %v", c, x, y)
			}
			if len(ours) > len(theirs) {
				t.Fatalf("%v: %d bytes, pion has %d", c, len(ours), len(theirs))
			}
			// pion marks its padding; else most are the same.
			if all++; bytes.Equal(unmarked(ours), unmarked(theirs)) {
				same++
			}
		}
		if same < all/3 || c.loss == 0 && c.large == 0 && same < all {
			t.Errorf("%v: %d of %d are the same bytes", c, same, all)
		}
	}
}

// unmarked takes away the mark and the count of padding.
func unmarked(b []byte) []byte {
	if b = bytes.Clone(b); len(b) > 0 && b[0]&0x20 != 0 {
		b[0] &^= 0x20
		b[len(b)-1] = 0
	}
	return b
}

// reordered holds that all that came is told once, when it came, and that
// nothing is told missing that had come.
func reordered(t testing.TB, next func() (seq uint16, at int64, feedback, more bool)) {
	var a Arrivals
	at := map[uint16]int64{}
	heard := map[uint16]bool{}
	var count, now int64
	tell := func() int {
		list, all := read(t, appendTo(t, &a, now))
		for _, fb := range list {
			if fb.FbPktCount != uint8(count) || fb.SenderSSRC != 0x11223344 || fb.MediaSSRC != 0x55667788 {
				t.Fatalf("feedback %d: %+v", count, fb)
			}
			count++
		}
		for _, x := range all {
			switch {
			case x.at < 0 && at[x.seq] != 0 && !heard[x.seq]:
				t.Fatalf("%d is told missing", x.seq)
			case x.at < 0:
			case heard[x.seq]:
				t.Fatalf("%d is told twice", x.seq)
			case max(x.at-at[x.seq]/us, at[x.seq]/us-x.at) > 125:
				t.Fatalf("%d came at %d, told is %d", x.seq, at[x.seq]/us, x.at)
			default:
				heard[x.seq] = true
			}
		}
		return len(all)
	}
	for {
		seq, when, feedback, more := next()
		if !more {
			break
		}
		if highest, n := a.window.numbers.Highest(), distance(&a, seq); highest > 0 && (n > span/2 || n < -span/2) {
			continue // those bounds have tests of their own
		}
		now = max(now, when)
		if at[seq] == 0 {
			at[seq] = when
		}
		a.Record(seq, when)
		if feedback || len(at)%300 == 0 {
			tell()
		}
	}
	for tell() > 0 {
	}
	for seq := range at {
		if !heard[seq] {
			t.Fatalf("%d is never told", seq)
		}
	}
}

// distance is how far ahead a number is.
func distance(a *Arrivals, seq uint16) int {
	return int(int16(seq - uint16(a.window.numbers.Highest())))
}

func TestArrivalsReordered(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	type sent struct {
		seq uint16
		at  int64
	}
	var list []sent
	for i := range 30000 {
		at := int64(i)*ms + 1 + rnd.Int64N(60*ms)
		list = append(list, sent{uint16(65000 + i), at})
		if rnd.IntN(10) == 0 {
			list = append(list, sent{uint16(65000 + i), at + 30*ms})
		}
	}
	slices.SortFunc(list, func(a, b sent) int { return int(a.at - b.at) })
	i := -1
	reordered(t, func() (uint16, int64, bool, bool) {
		if i++; i >= len(list) {
			return 0, 0, false, false
		}
		return list[i].seq, list[i].at, i%70 == 0, true
	})
}

// FuzzArrivals reads steps of number, of time and whether feedback is written.
func FuzzArrivals(f *testing.F) {
	f.Add([]byte{1, 4, 1, 4, 1, 5})
	f.Add([]byte{1, 0, 3, 255, 0xfe, 3, 0xff, 1, 100, 254, 7, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		var seq uint16
		var at int64 = 1
		i := -2
		reordered(t, func() (uint16, int64, bool, bool) {
			if i += 2; i+1 >= len(script) || i > 900 {
				return 0, 0, false, false
			}
			seq += uint16(int8(script[i]))
			step := int64(script[i+1] >> 1)
			if step > 120 {
				step *= 10 // more than one byte takes
			}
			at += step * ms / 4
			return seq, at, script[i+1]&1 == 1, true
		})
	})
}

// FuzzArrivalsAny: whatever comes whenever, what is written is RTCP.
func FuzzArrivalsAny(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 1, 0x7f, 0xff, 9, 9, 9, 9, 0x80, 0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, script []byte) {
		var a Arrivals
		now := int64(1 << 40)
		for i := 0; i+5 < len(script) && i < 180; i += 6 {
			b := script[i:]
			now += int64(int32(uint32(b[2])<<24|uint32(b[3])<<16|uint32(b[4])<<8)) * 100
			a.Record(uint16(b[0])<<8|uint16(b[1]), now)
			if b[5]&1 == 1 {
				read(t, appendTo(t, &a, now+int64(b[5])<<26))
			}
		}
		for range 5 {
			read(t, appendTo(t, &a, now))
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	var a Arrivals
	var seq uint16
	b.ReportAllocs()
	for b.Loop() {
		seq++
		a.Record(seq, int64(seq)*ms)
	}
}

func BenchmarkAppend(b *testing.B) {
	var a Arrivals
	var seq uint16
	var now int64
	buf := make([]byte, 0, 1500)
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			if seq++; seq%20 != 0 {
				a.Record(seq, now)
			}
			now += ms
		}
		a.Append(buf, 1, 2, now)
	}
}
