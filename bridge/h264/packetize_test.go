package h264

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"

	"github.com/roombridge/roombridge/bridge/packet"
)

// randomNALs makes an access unit of units that cannot be mistaken for others.
func randomNALs(r *rand.Rand) [][]byte {
	nals := [][]byte{plainSPS, plainPPS}
	for range 1 + r.IntN(5) {
		nal := make([]byte, 1+r.IntN(1<<r.IntN(14)))
		for i := range nal {
			nal[i] = byte(1 + r.IntN(255))
		}
		nal[0] = 0x65
		nals = append(nals, nal)
	}
	return nals
}

// assemble runs payloads through an Assembler as one access unit.
func assemble(payloads [][]byte) (out []AccessUnit) {
	a := NewAssembler(0, func(au *AccessUnit) {
		c := *au
		c.Data = bytes.Clone(au.Data)
		out = append(out, c)
	})
	for i, p := range payloads {
		a.Push(&packet.Packet{Header: packet.Header{Seq: uint16(i), Timestamp: 5, Marker: i == len(payloads)-1}, Payload: p, Arrived: int64(i + 1)})
	}
	a.Flush()
	return out
}

func TestPacketize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		nals := randomNALs(r)
		mtu := 100 + r.IntN(1400)
		payloads, err := Packetize(nals, 1, mtu)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range payloads {
			if len(p) > mtu || len(p) == 0 {
				t.Fatalf("payload of %d bytes with an MTU of %d", len(p), mtu)
			}
		}
		if Type(payloads[0]) != TypeSTAPA {
			t.Fatal("parameter sets do not stand together")
		}
		want := AppendAnnexB(nil, nals...)
		got := assemble(payloads)
		if len(got) != 1 || !bytes.Equal(got[0].Data, want) || got[0].Damaged || !got[0].Keyframe || got[0].NALs != len(nals) || got[0].Arrived != 1 {
			t.Fatalf("assembled %d units", len(got))
		}
		if theirs := pionAssembles(t, payloads); !bytes.Equal(theirs, want) {
			t.Fatal("pion assembles something else")
		}
	}
}

func pionAssembles(t *testing.T, payloads [][]byte) (out []byte) {
	t.Helper()
	var d codecs.H264Packet
	for _, p := range payloads {
		b, err := d.Unmarshal(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b...)
	}
	return out
}

// TestAssemblePion takes apart what pion's packetiser makes.
func TestAssemblePion(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for range 100 {
		stream := AppendAnnexB(nil, randomNALs(r)...)
		got := assemble(new(codecs.H264Payloader).Payload(1200, stream))
		if len(got) != 1 || got[0].Damaged || !bytes.Equal(got[0].Data, stream) {
			t.Fatal("assembled something else")
		}
	}
}

func TestPacketizeMode0(t *testing.T) {
	nals := [][]byte{plainSPS, plainPPS, bytes.Repeat([]byte{0x65}, 1200)}
	got, err := Packetize(nals, 0, 0)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d payloads, %v", len(got), err)
	}
	for i := range got {
		if !bytes.Equal(got[i], nals[i]) {
			t.Errorf("payload %d is not the NAL unit", i)
		}
	}
	if _, err := Packetize([][]byte{make([]byte, 1201)}, 0, 0); err == nil {
		t.Error("a NAL unit above the MTU")
	}
}

func TestPacketizeRefuses(t *testing.T) {
	if _, err := Packetize([][]byte{plainSPS, {}}, 1, 0); !errors.Is(err, ErrSyntax) {
		t.Errorf("an empty unit: %v", err)
	}
	if _, err := Packetize([][]byte{plainSPS}, 1, minMTU-1); err == nil {
		t.Error("an MTU of no use")
	}
	if got, err := Packetize(nil, 1, 0); err != nil || got != nil {
		t.Errorf("nothing: %v, %v", got, err)
	}
}

func TestPacketizeSetsTooLarge(t *testing.T) {
	large := append([]byte{0x68}, make([]byte, 1190)...)
	got, err := Packetize([][]byte{plainSPS, large, {0x65, 1}}, 1, 0)
	if err != nil || len(got) != 3 || Type(got[0]) != TypeSPS || Type(got[1]) != TypePPS {
		t.Errorf("%d payloads, %v", len(got), err)
	}
}

func TestAggregateHeader(t *testing.T) {
	for _, c := range []struct {
		nals [][]byte
		want byte
	}{
		{[][]byte{{0x06}, {0x41}}, 0x40 | TypeSTAPA},
		{[][]byte{{0x67}, {0x06}}, 0x60 | TypeSTAPA},
		{[][]byte{{0x01}}, TypeSTAPA},
		{[][]byte{{0x81}, {0x21}}, 0xa0 | TypeSTAPA}, // F if one has it (RFC 6184 5.3)
	} {
		if got := aggregate(nil, c.nals...)[0]; got != c.want {
			t.Errorf("%x: header %#x, want %#x", c.nals, got, c.want)
		}
	}
}

// script pushes packets given as (sequence number, timestamp, marker, payload).
type step struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte
}

func TestAssembler(t *testing.T) {
	slice, idr := []byte{0x41, 0x9a, 1}, []byte{0x65, 0x88, 2}
	fuStart, fuMid, fuEnd := []byte{0x7c, 0x85, 7}, []byte{0x7c, 0x05, 8}, []byte{0x7c, 0x45, 9}
	whole := AppendAnnexB(nil, []byte{0x65, 7, 8, 9})
	type unit struct {
		data          []byte
		damaged, idr_ bool
	}
	for name, c := range map[string]struct {
		steps []step
		want  []unit
	}{
		"marker": {
			[]step{{1, 1, true, slice}, {2, 2, true, idr}},
			[]unit{{AppendAnnexB(nil, slice), false, false}, {AppendAnnexB(nil, idr), false, true}},
		},
		"timestamp": {
			[]step{{1, 1, false, slice}, {2, 2, false, idr}},
			[]unit{{AppendAnnexB(nil, slice), false, false}, {AppendAnnexB(nil, idr), false, true}},
		},
		"fragments": {
			[]step{{1, 1, false, fuStart}, {2, 1, false, fuMid}, {3, 1, true, fuEnd}},
			[]unit{{whole, false, true}},
		},
		"middle lost": {
			[]step{{1, 1, false, slice}, {2, 1, false, fuStart}, {4, 1, true, fuEnd}},
			[]unit{{AppendAnnexB(nil, slice), true, false}},
		},
		"beginning lost": {
			[]step{{1, 1, true, slice}, {3, 2, false, fuMid}, {4, 2, false, fuEnd}, {5, 2, true, slice}},
			[]unit{{AppendAnnexB(nil, slice), false, false}, {AppendAnnexB(nil, slice), true, false}},
		},
		"end lost": {
			[]step{{1, 1, false, fuStart}, {2, 1, false, slice}, {3, 2, true, slice}},
			[]unit{{AppendAnnexB(nil, slice), true, false}, {AppendAnnexB(nil, slice), false, false}},
		},
		"all of it lost": {
			[]step{{1, 1, false, fuMid}, {2, 1, true, fuEnd}},
			nil,
		},
		"end lost at the marker": {
			[]step{{1, 1, true, fuStart}, {2, 2, true, slice}},
			[]unit{{AppendAnnexB(nil, slice), false, false}},
		},
		"aggregate cut": {
			[]step{{1, 1, true, append(aggregate(nil, slice), 0, 9)}},
			[]unit{{AppendAnnexB(nil, slice), true, false}},
		},
		"sequence over the end": {
			[]step{{65535, 1, false, fuStart}, {0, 1, true, fuEnd}},
			[]unit{{AppendAnnexB(nil, []byte{0x65, 7, 9}), false, true}},
		},
	} {
		var got []unit
		a := NewAssembler(0, func(au *AccessUnit) {
			got = append(got, unit{bytes.Clone(au.Data), au.Damaged, au.Keyframe})
		})
		for _, s := range c.steps {
			a.Push(&packet.Packet{Header: packet.Header{Seq: s.seq, Timestamp: s.ts, Marker: s.marker}, Payload: s.payload})
		}
		a.Flush()
		if !slices.EqualFunc(got, c.want, func(a, b unit) bool {
			return bytes.Equal(a.data, b.data) && a.damaged == b.damaged && a.idr_ == b.idr_
		}) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, c.want)
		}
	}
}

func TestAssemblerBound(t *testing.T) {
	var got []AccessUnit
	a := NewAssembler(2000, func(au *AccessUnit) { got = append(got, *au) })
	for i := range uint16(100) {
		a.Push(&packet.Packet{Header: packet.Header{Seq: i}, Payload: make1(0x41, 900)})
	}
	for i := range uint16(100) {
		h := byte(0x05)
		if i == 0 {
			h = 0x85
		}
		a.Push(&packet.Packet{Header: packet.Header{Seq: 100 + i, Timestamp: 1}, Payload: append([]byte{0x7c, h}, make([]byte, 900)...)})
	}
	a.Flush()
	if len(got) != 1 || len(got[0].Data) > 2000 || !got[0].Damaged || got[0].NALs != 2 || cap(got[0].Data) > 8000 {
		t.Errorf("%d units; %d bytes, %d NAL units", len(got), len(got[0].Data), got[0].NALs)
	}
}

func make1(header byte, n int) []byte {
	b := bytes.Repeat([]byte{0x55}, n)
	b[0] = header
	return b
}

func FuzzPacketize(f *testing.F) {
	f.Add(AppendAnnexB(nil, plainSPS, plainPPS, make1(0x65, 3000)), uint16(1200))
	f.Fuzz(func(t *testing.T, stream []byte, mtu uint16) {
		nals := SplitAnnexB(stream)
		for _, nal := range nals {
			if n := Type(nal); n == 0 || n >= TypeSTAPA {
				return // these are no NAL units
			}
		}
		payloads, err := Packetize(nals, 1, int(mtu))
		if err != nil || len(nals) == 0 {
			return
		}
		got := assemble(payloads)
		if len(got) != 1 || got[0].Damaged || !bytes.Equal(got[0].Data, AppendAnnexB(nil, nals...)) {
			t.Fatalf("%x with an MTU of %d", stream, mtu)
		}
	})
}

// FuzzAssembler takes packets cut out of bytes: units are bounded and well formed.
func FuzzAssembler(f *testing.F) {
	f.Add([]byte{5, 0, 0x65, 0x88, 1, 2, 3, 4, 1, 0x7c, 0x85, 1, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 200
		a := NewAssembler(limit, func(au *AccessUnit) {
			if len(au.Data) > limit || au.NALs == 0 || !bytes.HasPrefix(au.Data, []byte{0, 0, 0, 1}) {
				t.Fatalf("%+v", au)
			}
		})
		var h packet.Header
		for len(data) > 2 {
			n := min(int(data[0]%64), len(data)-2)
			h.Seq += 1 + uint16(data[1]>>6&1)
			h.Timestamp += uint32(data[1] >> 7)
			h.Marker = data[1]&1 == 1
			a.Push(&packet.Packet{Header: h, Payload: data[2 : 2+n]})
			data = data[2+n:]
		}
		a.Flush()
	})
}
