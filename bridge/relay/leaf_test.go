package relay

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

const ms = int64(time.Millisecond)

func TestAdmissionOfPlainSources(t *testing.T) {
	id := func(ssrc uint32, port uint16) identity {
		return identity{ssrc, netip.AddrPortFrom(farAddr, port)}
	}
	var a admission
	now := int64(1e15)
	if a.newcomer(id(1, 1), 10, stranger, false, now) {
		t.Fatal("a stranger's first packet was enough")
	}
	if a.newcomer(id(1, 1), 20, stranger, false, now) {
		t.Fatal("two packets that are not in a row were enough")
	}
	if !a.newcomer(id(1, 1), 21, stranger, false, now) || !a.is(id(1, 1)) {
		t.Fatal("two in a row were not enough")
	}
	for i := range uint16(10) {
		if a.newcomer(id(2, 1), i, trusted, false, now) {
			t.Fatal("left a live source")
		}
	}
	now += quietPlain
	if !a.newcomer(id(2, 1), 10, trusted, false, now) {
		t.Fatal("stayed with a dead source")
	}
	a.leave()
	if !a.newcomer(id(3, 1), 7, trusted, false, now) {
		t.Fatal("after a goodbye the next trusted source waits")
	}
}

func TestAdmissionKeepsTheCandidateItTrusts(t *testing.T) {
	var a admission
	now := int64(1e15)
	a.adopt(identity{ssrc: 1}, now)
	good, bad := identity{ssrc: 2}, identity{ssrc: 3}
	admitted := false
	for i := range uint16(30) {
		now += 20 * ms
		for k := range uint16(10) {
			bad.ssrc++
			a.newcomer(bad, k, stranger, false, now)
			a.newcomer(bad, k, trusted, false, now)
		}
		admitted = admitted || a.newcomer(good, i, trusted, false, now)
		if i == 0 {
			// good has the place from here on only if bad had not taken it.
			a.candidates[trusted] = candidate{identity: good, row: 1, next: i + 1, heard: now}
		}
	}
	if !admitted {
		t.Fatal("a flood kept the far end out")
	}
}

func TestAdmissionBoundsWhatIsLookedAt(t *testing.T) {
	var a admission
	now := int64(1e15)
	for rank, want := range map[int]int{stranger: tryStranger, trusted: tryTrusted} {
		n := 0
		for range 1000 {
			if a.try(rank, now) {
				n++
			}
		}
		if n != want {
			t.Errorf("rank %d: %d looked at", rank, n)
		}
	}
	if !a.try(stranger, now+tryWindow) {
		t.Error("the next window is closed too")
	}
}

func TestTimelineFollowsLongSources(t *testing.T) {
	l := timeline{}
	p := packet.Packet{Header: packet.Header{Seq: 100, SSRC: 1}, Arrived: 1e15}
	l.join(&p, 90000)
	for i := range 200000 {
		if l.broken(&p) {
			t.Fatalf("broken at %d", i)
		}
		seq, _, ok := l.place(&p)
		if !ok || seq != p.Seq {
			t.Fatalf("packet %d is at %d, %v", i, seq, ok)
		}
		p.Seq++
		p.Timestamp += 3000
		p.Arrived += 33 * ms
	}
	p.Timestamp += 90000 * 60
	if !l.broken(&p) {
		t.Fatal("a jump of a minute is not seen")
	}
}

func TestVP8NumbersAreContinuous(t *testing.T) {
	frame := func(picture uint16, wide bool, tl0 byte) []byte {
		if wide {
			return []byte{0x90, 0xc0, 0x80 | byte(picture>>8), byte(picture), tl0, 1, 2}
		}
		return []byte{0x90, 0xc0, byte(picture & 0x7f), tl0, 1, 2}
	}
	var v vp8Continuity
	last := -1
	for _, c := range []struct {
		from, n uint16
		wide    bool
	}{{32760, 20, true}, {5, 10, true}, {30000, 40, true}, {120, 300, false}, {7, 5, false}} {
		v.splice()
		for i := range c.n {
			out := v.rewrite(frame((c.from+i)&0x7fff, c.wide, byte(c.from+i)))
			d, ok := parseVP8(out)
			if !ok || d.wide != c.wide {
				t.Fatalf("rewritten to %x", out)
			}
			got, mask := int(out[d.picture]&0x7f), 0x7f
			if d.wide {
				got, mask = got<<8|int(out[d.picture+1]), 0x7fff
			}
			if last >= 0 && got != (last+1)&mask {
				t.Fatalf("picture %d after %d", got, last)
			}
			last = int(v.lastPicture)
		}
	}
	for _, b := range [][]byte{nil, {0x90}, {0x10, 1, 2}, {0x90, 0x80}, {0x90, 0x80, 0x80, 1}} {
		if got := v.rewrite(b); len(got) != len(b) {
			t.Fatalf("%x became %x", b, got)
		}
	}
}

func TestWhatReceiversTake(t *testing.T) {
	h264 := func(profile, constraints, mode uint8) media.Format {
		f := h264Format
		f.H264.Profile, f.H264.Constraints, f.H264.Mode = profile, constraints, mode
		return f
	}
	for _, c := range []struct {
		name             string
		source, receiver media.Format
		ok               bool
	}{
		{"same", h264(66, 0xe0, 1), h264(66, 0xe0, 1), true},
		{"Baseline in name", h264(66, 0x80, 1), h264(66, 0xe0, 1), true},
		{"Constrained Baseline to Baseline", h264(66, 0xe0, 1), h264(66, 0, 1), true},
		{"mode 1 to mode 0", h264(66, 0xe0, 1), h264(66, 0xe0, 0), false},
		{"mode 0 to mode 1", h264(66, 0xe0, 0), h264(66, 0xe0, 1), true},
		{"mode 0 to mode 0", h264(66, 0xe0, 0), h264(66, 0xe0, 0), true},
		{"High to Baseline", h264(100, 0, 1), h264(66, 0xe0, 1), false},
		{"Main to Baseline", h264(77, 0, 1), h264(66, 0, 1), false},
		{"Baseline to High", h264(66, 0xe0, 1), h264(100, 0, 1), true},
		{"Main to High", h264(77, 0, 1), h264(100, 0, 1), true},
		{"Constrained High to High", h264(100, 0x0c, 1), h264(100, 0, 1), true},
		{"High to Constrained High", h264(100, 0, 1), h264(100, 0x0c, 1), false},
		{"unknown to Baseline", h264(83, 0, 1), h264(66, 0, 1), false},
		{"VP8 to H264", vp8Format, h264(66, 0, 1), false},
		{"VP8", vp8Format, vp8Format, true},
		{"nothing negotiated", vp8Format, media.Format{}, false},
		{"other clock", pcmuFormat, media.Format{Codec: media.PCMU, ClockRate: 16000}, false},
	} {
		if why := refusal(c.source, c.receiver); (why == "") != c.ok {
			t.Errorf("%s: %q", c.name, why)
		}
	}
}

func TestStreamsPayloadType(t *testing.T) {
	inBubble(t, media.Video, func(r *rig) {
		if _, ok := r.stream.PayloadType(h264Format); ok || r.stream.Refusal(h264Format) == "" {
			t.Error("taken before a negotiation")
		}
		r.apply(func(st *media.Stream) { st.Send.PT = 126 })
		if pt, ok := r.stream.PayloadType(h264Format); !ok || pt != 126 || r.stream.Refusal(h264Format) != "" {
			t.Errorf("payload type %d, %v", pt, ok)
		}
		if _, ok := r.stream.PayloadType(vp8Format); ok || r.stream.Refusal(vp8Format) == "" {
			t.Error("VP8 is taken")
		}
	})
}

// TestHistory holds that what is given back is what was sent, and that of
// large packets as many are kept as fit.
func TestHistory(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, most := range []int{20, 1200, packet.MaxSize} {
		h, now := new(history), int64(1e15)
		sent := map[uint16][]byte{}
		first := uint16(65000)
		for i := range 1000 {
			seq := first + uint16(i)
			d := make([]byte, 1+r.IntN(most))
			for k := range d {
				d[k] = byte(r.Uint32())
			}
			sent[seq] = d
			h.put(seq, d)
			kept := 0
			for back := range uint16(2 * historySize) {
				now += resendFloor
				d := h.get(seq-back, now)
				if d != nil && !bytes.Equal(d, sent[seq-back]) {
					t.Fatalf("packet %d was changed", seq-back)
				}
				if d != nil {
					kept++
				}
			}
			if want := min(i+1, historySize, historyBytes/most-1); kept < want {
				t.Fatalf("%d of at least %d kept", kept, want)
			}
		}
		last := first + 999
		if h.get(last, now+1) == nil || h.get(last, now+2) != nil || h.get(last, now+1+resendFloor) == nil {
			t.Fatal("a packet is not sent again once in a while")
		}
		h.clear()
		if h.get(last, now+9*resendFloor) != nil {
			t.Fatal("something is left")
		}
	}
}

func TestDispatcherKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dispatcher
		var mu sync.Mutex
		var got []int
		for i := range 2 * dispatchDepth {
			d.post(func() {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, i)
				if i == 3 {
					d.post(func() {}) // from within
				}
			})
		}
		synctest.Wait()
		for i, v := range got { // some may have been dropped, none may overtake another
			if i > 0 && v <= got[i-1] {
				t.Fatalf("%d told after %d", v, got[i-1])
			}
		}
		if len(got) < dispatchDepth {
			t.Fatalf("%d told", len(got))
		}
		d.close()
		d.post(func() { t.Error("told after the end") })
		synctest.Wait()
	})
}

func TestMeter(t *testing.T) {
	var m meter
	now := int64(1e15)
	for i := range uint64(50) {
		m.tick(now, i*10)
		now += 100 * ms
	}
	if m.rate != 100 {
		t.Fatalf("rate %v", m.rate)
	}
}

func TestMeansOfAsking(t *testing.T) {
	for _, c := range []struct {
		attempt  int
		feedback media.Feedback
		signal   bool
		want     keyframeMeans
	}{
		{0, media.PLI | media.FIR, true, keyframeMeans{pli: true}},
		{0, media.FIR, true, keyframeMeans{fir: true}},
		{0, 0, true, keyframeMeans{signalling: true}},
		{0, 0, false, keyframeMeans{pli: true}},
		{1, media.PLI, true, keyframeMeans{fir: true}},
		{1, media.FIR, true, keyframeMeans{pli: true}},
		{1, 0, true, keyframeMeans{pli: true, fir: true}},
		{2, media.PLI, true, keyframeMeans{true, true, true}},
		{9, 0, false, keyframeMeans{true, true, false}},
	} {
		if got := meansFor(c.attempt, c.feedback, c.signal); got != c.want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
