package h264

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

// Slices as small as they may be: first macroblock, type, PPS 0.
var (
	idrFirst  = []byte{0x65, 0x88, 0x84, 0x21}
	idrSecond = []byte{0x65, 0x42, 0x22, 0x11} // first_mb_in_slice 1
	pFirst    = []byte{0x41, 0x9a, 0x24, 0x6c}
	pSecond   = []byte{0x41, 0x58, 0x11, 0x22}
	seiUnit   = []byte{0x06, 0x05, 0x01, 0xaa, 0x80}
	audUnit   = []byte{0x09, 0xf0}
	layerUnit = []byte{0x74, 1, 2, 3, 4, 5}
)

// norm is a Normalizer with a script: it writes down what comes out, as
// "seq/timestamp:types" with K for a keyframe and M for a marker.
type norm struct {
	t    *testing.T
	n    *Normalizer
	out  []string
	last packet.Packet
}

func newNorm(t *testing.T, mtu int) *norm {
	s := &norm{t: t}
	s.n = NewNormalizer(mtu, func(p *packet.Packet) {
		line := fmt.Sprintf("%d/%d:", p.Seq, p.Timestamp)
		w := Walk(p.Payload)
		if w.Packet == TypeSTAPA || w.Packet == TypeFUA {
			line += map[uint8]string{TypeSTAPA: "stap", TypeFUA: "fu"}[w.Packet]
		}
		for w.Next() {
			line += fmt.Sprintf(".%d", w.Unit.Type())
		}
		if p.Keyframe {
			line += "K"
		}
		if p.Marker {
			line += "M"
		}
		if p.Gap {
			line += "G"
		}
		s.out = append(s.out, line)
		s.last = *p
		if len(p.Payload) > s.n.mtu {
			t.Errorf("payload of %d bytes", len(p.Payload))
		}
	})
	return s
}

func (s *norm) push(steps ...step) {
	for _, st := range steps {
		s.n.Push(&packet.Packet{
			Header:  packet.Header{Seq: st.seq, Timestamp: st.ts, Marker: st.marker, SSRC: 9, PT: 97},
			Payload: st.payload, Arrived: 77, Audio: packet.NoLevel,
		})
	}
}

func (s *norm) want(out ...string) {
	s.t.Helper()
	if got, want := strings.Join(s.out, " "), strings.Join(out, " "); got != want {
		s.t.Errorf("came out: %s\nwant:     %s", got, want)
	}
	s.out = nil
}

// TestNormalizeMode0: parameter sets in packets of their own come out together.
func TestNormalizeMode0(t *testing.T) {
	s := newNorm(t, 0)
	s.push(
		step{10, 1, false, plainSPS}, step{11, 1, false, plainPPS},
		step{12, 1, false, idrFirst}, step{13, 1, true, idrSecond},
		step{14, 2, false, pFirst}, step{15, 2, true, pSecond},
	)
	s.want("10/1:stap.7.8K", "11/1:.5", "12/1:.5M", "13/2:.1", "14/2:.1M")
	if w, h := s.n.Size(); w != 320 || h != 192 {
		t.Errorf("%dx%d", w, h)
	}
	want := NormalizerStats{In: 6, Out: 5, Keyframes: 1}
	if got := s.n.Stats(); got != want {
		t.Errorf("%+v", got)
	}
	if s.last.PT != 97 || s.last.SSRC != 9 || s.last.Arrived != 77 || s.last.Audio != packet.NoLevel {
		t.Errorf("%+v", s.last)
	}
}

// TestNormalizeInserts: an IDR picture without its parameter sets gets those
// that came before, in the stream or in the signalling.
func TestNormalizeInserts(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, true, idrFirst})
	s.want("1/1:.5M")
	for _, set := range [][]byte{plainSPS, plainPPS} {
		if _, err := s.n.Sets().Add(set); err != nil {
			t.Fatal(err)
		}
	}
	s.push(step{2, 2, true, idrFirst}, step{3, 3, true, pFirst}, step{4, 4, true, idrFirst})
	s.want("2/2:stap.7.8K", "3/2:.5M", "4/3:.1M", "5/4:stap.7.8K", "6/4:.5M")
	if got := s.n.Stats(); got.Inserted != 2 || got.Keyframes != 2 || got.Undecodable != 1 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizeSetsBetween: new parameter sets go with the next picture even
// when it is no IDR picture (devices that refresh gradually), and are no keyframe.
func TestNormalizeSetsBetween(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, false, plainSPS}, step{2, 1, false, plainPPS}, step{3, 1, false, seiUnit}, step{4, 1, true, pFirst}, step{5, 2, true, pFirst})
	s.want("1/1:stap.7.8", "2/1:.6", "3/1:.1M", "4/2:.1M")
	// A timestamp and a marker of their own.
	s.push(step{6, 3, false, plainSPS}, step{7, 3, true, plainPPS}, step{8, 4, true, idrFirst})
	s.want("5/4:stap.7.8K", "6/4:.5M")
	if got := s.n.Stats(); got.Inserted != 0 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizeDrops: what browsers cannot use leaves neither packets nor gaps.
func TestNormalizeDrops(t *testing.T) {
	s := newNorm(t, 0)
	s.push(
		step{1, 1, false, audUnit},
		step{2, 1, false, []byte{0x6e, 0x40, 0, 7}}, // prefix NAL unit
		step{3, 1, false, []byte{0x6f, 0x53, 0, 1}}, // subset SPS
		step{4, 1, false, plainSPS}, step{5, 1, false, plainPPS},
		step{6, 1, false, seiUnit},
		step{7, 1, false, idrFirst},
		step{8, 1, false, filler},
		step{9, 1, false, []byte{0x75, 1, 2, 3}},          // depth
		step{10, 1, false, []byte{0x79, 0, 1, 0, 1, 1}},   // STAP-B
		step{11, 1, false, []byte{0x7f, 1, 2}},            // type 31
		step{12, 1, false, []byte{0x7c, 0x80 | 20, 1, 2}}, // a layer in fragments
		step{13, 1, false, []byte{0x7c, 20, 1, 2}},
		step{14, 1, false, []byte{0x7c}},
		step{15, 1, true, idrSecond},
	)
	s.want("1/1:stap.7.8K", "2/1:.6", "3/1:.5", "4/1:.5M")
	if got := s.n.Stats(); got.Dropped != 10 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizeMarker: the marker of a packet that is dropped goes on a packet
// of filler, and nowhere when the picture had no slice.
func TestNormalizeMarker(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, false, pFirst}, step{2, 1, true, layerUnit}, step{3, 2, true, layerUnit}, step{4, 3, true, pFirst})
	s.want("1/1:.1", "2/1:.12M", "3/3:.1M")
	if got := decodeFiller(t); got != 2 {
		t.Errorf("FFmpeg shows %d pictures", got)
	}
}

// decodeFiller has FFmpeg decode pictures with filler behind their slices.
func decodeFiller(t *testing.T) int {
	c := clip{w: 64, h: 64, frames: 2, profile: "baseline"}
	var stream []byte
	for _, nal := range encode(t, c) {
		stream = AppendAnnexB(stream, nal)
		if isSlice(Type(nal)) {
			stream = AppendAnnexB(stream, filler)
		}
	}
	return len(decode(t, stream, c.w, c.h))
}

// TestNormalizeStrips: units are taken out of aggregates, and aggregates of
// slices pass as they are.
func TestNormalizeStrips(t *testing.T) {
	s := newNorm(t, 0)
	s.push(
		step{1, 1, true, aggregate(nil, audUnit, plainSPS, plainPPS, seiUnit, idrFirst, layerUnit)},
		step{2, 2, true, aggregate(nil, pFirst, pSecond)},
		step{3, 3, true, aggregate(nil, []byte{0x6e, 1, 2, 3}, pFirst, layerUnit)},
		step{4, 4, true, aggregate(nil, idrFirst, idrSecond)},
		step{5, 5, true, aggregate(nil, audUnit)},
		step{6, 6, true, append(aggregate(nil, pFirst), 0, 99)}, // cut
		step{7, 7, true, []byte{0x78}},
	)
	s.want("1/1:stap.7.8K", "2/1:.6", "3/1:.5M", "4/2:stap.1.1M", "5/3:.1M", "6/4:stap.7.8K", "7/4:stap.5.5M", "8/6:.1M")
}

// TestNormalizeLoss: gaps by loss are closed and marked, also next to what is
// dropped or inserted.
func TestNormalizeLoss(t *testing.T) {
	s := newNorm(t, 0)
	s.push(
		step{65534, 1, false, plainSPS}, step{65535, 1, false, plainPPS}, step{0, 1, true, idrFirst}, // becomes 65534, 65535
		step{3, 2, true, pFirst},                               // two lost
		step{4, 3, false, layerUnit},                           // dropped
		step{6, 3, true, pFirst},                               // one lost
		step{8, 4, false, layerUnit}, step{9, 4, true, pFirst}, // one lost before what is dropped
		step{11, 5, true, idrFirst},                              // lost before what is inserted
		step{11, 5, true, idrFirst}, step{10, 5, true, idrFirst}, // not in order
	)
	s.want("65534/1:stap.7.8K", "65535/1:.5M", "0/2:.1MG", "1/3:.1MG", "2/4:.1MG", "3/5:stap.7.8KG", "4/5:.5M")
	if got := s.n.Stats(); got.Lost != 5 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizeDamaged: an IDR picture without its beginning is no keyframe.
func TestNormalizeDamaged(t *testing.T) {
	for name, steps := range map[string][]step{
		"first slice lost":       {{2, 1, true, idrSecond}},
		"first fragment lost":    {{2, 1, false, []byte{0x7c, 0x05, 1}}, {3, 1, true, []byte{0x7c, 0x45, 1}}},
		"first slice unreadable": {{2, 1, true, []byte{0x65, 0, 0}}},
		"unknown PPS":            {{2, 1, true, []byte{0x65, 0x88, 0x40}}},
	} {
		s := newNorm(t, 0)
		s.n.Sets().Add(plainSPS)
		s.n.Sets().Add(plainPPS)
		s.push(step{0, 0, true, pFirst})
		s.push(steps...)
		if got := s.n.Stats(); got.Keyframes != 0 || got.Undecodable != 1 || strings.Contains(strings.Join(s.out, ""), "K") {
			t.Errorf("%s: %+v, %v", name, got, s.out)
		}
	}
	// Slices in any order are fine as long as none is lost.
	s := newNorm(t, 0)
	s.push(step{0, 0, true, pFirst}, step{1, 1, false, plainSPS}, step{2, 1, false, plainPPS}, step{3, 1, false, idrSecond}, step{4, 1, true, idrFirst})
	s.want("0/0:.1M", "1/1:stap.7.8K", "2/1:.5", "3/1:.5M")
}

// TestNormalizeTruncates: a unit that lost a fragment ends there, and a picture
// that lost its end is ended.
func TestNormalizeTruncates(t *testing.T) {
	fu := func(start, end byte) []byte { return []byte{0x7c, start<<7 | end<<6 | 1, 0x9a, 1, 2, 3} }
	s := newNorm(t, 0)
	s.push(
		step{1, 1, false, fu(1, 0)}, step{3, 1, false, fu(0, 0)}, step{4, 1, true, fu(0, 1)}, // the second of four lost
		step{5, 2, false, fu(1, 0)}, step{7, 3, true, pFirst}, // the end lost
		step{9, 4, false, fu(0, 0)}, step{10, 4, true, fu(0, 1)}, // the beginning lost: nothing is left
		step{11, 5, true, pFirst},
	)
	s.want("1/1:fu.1", "2/1:.12MG", "3/2:fu.1", "4/2:.12MG", "5/3:.1MG", "6/5:.1MG")
	if got := s.n.Stats(); got.Lost != 3 || got.Dropped != 4 {
		t.Errorf("%+v", got)
	}
}

// TestNormalizeRestart: a source that starts over, by number or SSRC, goes on
// with a gap, and its first packet is in an access unit of its own.
func TestNormalizeRestart(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{100, 1, false, plainSPS}, step{101, 1, false, plainPPS}, step{102, 1, false, idrFirst})
	s.push(step{40000, 1, true, idrFirst})
	s.n.Push(&packet.Packet{Header: packet.Header{Seq: 40001, Timestamp: 1, SSRC: 10}, Payload: idrFirst})
	s.want("100/1:stap.7.8K", "101/1:.5", "102/1:stap.7.8KG", "103/1:.5M", "104/1:stap.7.8KG", "105/1:.5")
}

// TestNormalizeSplits: what is above the MTU becomes FU-A, also when it was
// FU-A with larger fragments.
func TestNormalizeSplits(t *testing.T) {
	big := append(bytes.Clone(idrFirst), make1(0, 1300)...)
	s := newNorm(t, 500)
	s.n.Sets().Add(plainSPS)
	s.n.Sets().Add(plainPPS)
	s.push(step{1, 1, true, big})
	s.want("1/1:stap.7.8K", "2/1:fu.5", "3/1:fu.5", "4/1:fu.5M")

	var payloads [][]byte
	s.n.emit = func(p *packet.Packet) { payloads = append(payloads, bytes.Clone(p.Payload)) }
	fragments := appendFragments(nil, big, 800)
	for i, f := range fragments {
		s.push(step{uint16(2 + i), 2, i == len(fragments)-1, f})
	}
	s.push(step{9, 3, true, pFirst})
	got := assemble(payloads[:len(payloads)-1])
	if len(got) != 1 || got[0].Damaged || !bytes.Equal(got[0].Data, AppendAnnexB(nil, plainSPS, plainPPS, big)) {
		t.Errorf("%d access units", len(got))
	}
	if st := s.n.Stats(); st.Split != 3 {
		t.Errorf("%+v", st)
	}
}

// TestNormalizeManySets: all PPS of the SPS are passed on, that of the slice
// first; what does not fit one packet goes in several.
func TestNormalizeManySets(t *testing.T) {
	pps := func(id, sps uint32, size int) []byte {
		var w bitWriter
		w.ue(id)
		w.ue(sps)
		w.trailing()
		return append(appendNALUnit(nil, 0x68, w.buf), make1(1, size)...)
	}
	s := newNorm(t, 0)
	for _, nal := range [][]byte{plainSPS, pps(2, 0, 10), pps(1, 3, 10), plainPPS} {
		if _, err := s.n.Sets().Add(nal); err != nil {
			t.Fatal(err)
		}
	}
	s.push(step{1, 1, true, idrFirst})
	s.want("1/1:stap.7.8.8K", "2/1:.5M")
	s.n.Sets().Add(pps(4, 0, 1000))
	s.n.Sets().Add(pps(5, 0, 1000))
	s.push(step{2, 2, true, idrFirst})
	s.want("3/2:.7K", "4/2:.8", "5/2:.8", "6/2:.8", "7/2:.8", "8/2:.5M")
	if _, err := s.n.Sets().Add(append(bytes.Clone(plainSPS), make([]byte, 2000)...)); err == nil {
		t.Error("kept a set of 2000 bytes")
	}
	// One that cannot be kept is passed on.
	s.push(step{3, 3, false, []byte{0x67, 1, 2}}, step{4, 3, true, pFirst})
	s.want("9/3:.7", "10/3:.1M")
}

func TestNormalizeHeldSEI(t *testing.T) {
	s := newNorm(t, 0)
	for i := range uint16(6) { // four are kept
		s.push(step{i, 1, false, seiUnit})
	}
	s.push(step{6, 1, false, pFirst}, step{7, 1, true, seiUnit})
	s.want("0/1:.6", "1/1:.6", "2/1:.6", "3/1:.6", "4/1:.1", "5/1:.6M")
	s.push(step{8, 2, true, seiUnit}, step{9, 3, true, pFirst}) // of a picture that did not come
	s.want("6/3:.1M")
	s.push(step{10, 4, false, make1(6, 1100)}, step{11, 4, true, pFirst})
	s.want("7/4:.1M")
}

func TestNormalizeDoesNotAllocate(t *testing.T) {
	out := 0
	n := NewNormalizer(0, func(*packet.Packet) { out++ })
	unit := [][]byte{plainSPS, plainPPS, seiUnit, idrFirst, aggregate(nil, pFirst, pSecond), make1(0x41, 1400), layerUnit}
	h := packet.Header{}
	push := func() {
		for _, payload := range unit {
			h.Seq++
			n.Push(&packet.Packet{Header: h, Payload: payload})
		}
		h.Timestamp++
	}
	push()
	if avg := testing.AllocsPerRun(100, push); avg != 0 {
		t.Errorf("%v allocations a picture", avg)
	}
	if out < 600 {
		t.Errorf("%d packets", out)
	}
}

// FuzzNormalizer pushes packets cut out of bytes: numbering holds, payloads fit
// and keyframes begin with an SPS.
func FuzzNormalizer(f *testing.F) {
	var seed []byte
	for _, nal := range [][]byte{plainSPS, plainPPS, seiUnit, idrFirst, aggregate(nil, pFirst, layerUnit), {0x7c, 0x85, 0x88, 0x84, 0x21}} {
		seed = append(append(seed, byte(len(nal)), 1), nal...)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		var last packet.Packet
		first, inGap, outGap := true, 0, 0
		n := NewNormalizer(64, func(p *packet.Packet) {
			if !first {
				d := packet.SeqDiff(p.Seq, last.Seq)
				if d < 1 {
					t.Fatalf("%d behind %d", p.Seq, last.Seq)
				}
				outGap += d - 1
			}
			if len(p.Payload) == 0 || len(p.Payload) > 64 {
				t.Fatalf("payload of %d bytes", len(p.Payload))
			}
			if w := Walk(p.Payload); p.Keyframe && (!w.Next() || w.Unit.Type() != TypeSPS) {
				t.Fatalf("keyframe of %x", p.Payload)
			}
			last, first = *p, false
		})
		var h packet.Header
		for i := 0; len(data) > 2; i++ {
			size := min(int(data[0]), len(data)-2)
			if gap := int(data[1] >> 4 & 3); i > 0 {
				h.Seq += uint16(gap)
				inGap += gap
			}
			h.Seq++
			h.Timestamp += uint32(data[1] >> 7)
			h.Marker = data[1]&1 == 0
			n.Push(&packet.Packet{Header: h, Payload: data[2 : 2+size]})
			data = data[2+size:]
		}
		if outGap > inGap || n.Stats().Lost != uint64(inGap) {
			t.Fatalf("gaps of %d came out as %d", inGap, outGap)
		}
	})
}

func BenchmarkNormalize(b *testing.B) {
	n := NewNormalizer(0, func(*packet.Packet) {})
	for _, bench := range []struct {
		name    string
		payload []byte
	}{
		{"slice", make1(0x41, 1190)},
		{"fragment", append([]byte{0x7c, 0x01}, make([]byte, 1180)...)},
		{"split", append([]byte{0x7c, 0x01}, make([]byte, 1400)...)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			p := packet.Packet{Payload: bench.payload}
			for b.Loop() {
				p.Seq++
				n.Push(&p)
			}
		})
	}
}
