package payload

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// TestFormatsMixedUp holds that RFC 2190 is understood where RFC 4629 was agreed, and the other way
// round, from the first packet on and when it changes.
func TestFormatsMixedUp(t *testing.T) {
	c := load(t, "h263 gobs")
	old, now := packets(t, &rfc2190{mtu: 1200}, c.encoded), packets(t, &rfc4629{mtu: 1200}, c.encoded)
	for _, agreed := range []media.Codec{media.H263, media.H263P} {
		sameFrames(t, c, assemble(newTestAssembler(t, agreed), old))
		sameFrames(t, c, assemble(newTestAssembler(t, agreed), now))
		var both []packet
		for _, p := range old {
			if p.timestamp < 12*3600 {
				both = append(both, p)
			}
		}
		seq := both[len(both)-1].seq
		for _, p := range now {
			if p.timestamp >= 12*3600 {
				seq++
				p.seq = seq
				both = append(both, p)
			}
		}
		sameFrames(t, c, assemble(newTestAssembler(t, agreed), both))
	}
}

// TestModeAForModeB holds that packets that begin at macroblocks may have the short header.
func TestModeAForModeB(t *testing.T) {
	c := load(t, "h263")
	sent := packets(t, &rfc2190{mtu: 1200}, c.encoded)
	short := 0
	for i, p := range sent {
		if p.payload[0]&0x80 != 0 {
			sent[i].payload = append([]byte{p.payload[0] & 0x3f, p.payload[1] & 0xe0, 0, 0}, p.payload[rfc2190ModeB:]...)
			short++
		}
	}
	if short < clipFrames {
		t.Errorf("%d packets in mode B", short)
	}
	sameFrames(t, c, assemble(newTestAssembler(t, media.H263), sent))
}

// TestModeC holds that the long header of PB-frames is passed.
func TestModeC(t *testing.T) {
	c := load(t, "h263")
	sent := packets(t, &rfc2190{mtu: 1200}, c.encoded)
	for i, p := range sent {
		if b := p.payload; b[0]&0x80 != 0 {
			sent[i].payload = append([]byte{b[0] | 0x40, b[1], b[2], b[3], b[4], b[5], b[6], b[7], 0, 0, 0, 0}, b[rfc2190ModeB:]...)
		}
	}
	sameFrames(t, c, assemble(newTestAssembler(t, media.H263), sent))
}

// TestZerosNotLeftOut holds that start codes of RFC 4629 may be whole, with P or without.
func TestZerosNotLeftOut(t *testing.T) {
	c := load(t, "h263p gobs")
	for _, first := range []byte{0, 4} {
		sent := packets(t, &rfc4629{mtu: 500}, c.encoded)
		for i, p := range sent {
			if p.payload[0] == 4 {
				sent[i].payload = append([]byte{first, 0, 0, 0}, p.payload[2:]...)
			}
		}
		sameFrames(t, c, assemble(newTestAssembler(t, media.H263P), sent))
	}
}

// TestExtraHeader restores a picture whose first packet is lost from a copy of its header.
func TestExtraHeader(t *testing.T) {
	c := load(t, "h263p gobs")
	const copied = 10
	sent := packets(t, &rfc4629{mtu: 500}, c.encoded)
	var got []packet
	cut := 0
	for i, p := range sent {
		if p.timestamp != 10*3600 {
			got = append(got, p)
			continue
		}
		if p.payload[0] == 4 && sent[i-1].timestamp == p.timestamp {
			cut++
			header := append([]byte{4 | copied>>5, copied << 3 & 0xff}, c.encoded[10].Units[0][2:2+copied]...)
			p.payload = append(header, p.payload[2:]...)
			got = append(got, p)
		}
	}
	frames := assemble(newTestAssembler(t, media.H263P), got)
	if len(frames) != clipFrames || cut == 0 {
		t.Fatalf("%d frames, %d copies", len(frames), cut)
	}
	f := frames[10]
	p, err := h26x.ParsePicture263(f.Data)
	if err != nil || !p.Intra || !f.Damaged || !f.Key || !bytes.HasPrefix(f.Data, c.encoded[10].Units[0][:2+copied]) {
		t.Errorf("%+v %v: damaged %t, key %t", p, err, f.Damaged, f.Key)
	}
}

// TestShifted holds that halves of bytes need not fit each other.
func TestShifted(t *testing.T) {
	whole := []byte{0xa5, 0x5a, 0xc3, 0x3c, 0x0f, 0xf1, 0x99}
	for at := range 56 {
		for shift := range 8 {
			var f building
			f.join(whole[:(at+7)/8], 0, (8-at%8)%8)
			rest := append(make([]byte, 0, 9), 0) // the rest, shift bits into a byte
			for i := range 56 - at {
				if i+shift >= len(rest)*8 {
					rest = append(rest, 0)
				}
				rest[(i+shift)/8] |= whole[(at+i)/8] >> (7 - (at+i)%8) & 1 << (7 - (i+shift)%8)
			}
			f.join(rest, shift, (8*len(rest)-(56-at)-shift)%8)
			if !bytes.Equal(f.data, whole) || f.free != 0 {
				t.Fatalf("cut at %d, shifted by %d: % x", at, shift, f.data)
			}
		}
	}
}

// TestParameterSets holds that sets come with each keyframe, whether they stood in signalling, in the
// stream once, or in a frame of their own.
func TestParameterSets(t *testing.T) {
	c := load(t, "h264")
	sps, pps := c.encoded[0].Units[0], c.encoded[0].Units[1]
	if h264.Type(sps) != h264.TypeSPS || h264.Type(pps) != h264.TypePPS {
		t.Fatal("no parameter sets")
	}
	bare := make([]codec.Encoded, len(c.encoded))
	for i, e := range c.encoded {
		bare[i] = e
		if e.Key {
			bare[i].Units = e.Units[len(e.Units)-1:]
		}
	}
	sets := codec.Encoded{Units: [][]byte{sps, pps}}
	encode := base64.StdEncoding.EncodeToString
	once := append([]codec.Encoded{{Units: append(sets.Units[:2:2], bare[0].Units...)}}, bare[1:]...)
	for name, c := range map[string]struct {
		a      Assembler
		frames []codec.Encoded
	}{
		"signalled":       {NewH264Assembler(encode(sps) + "," + encode(pps)), bare},
		"once":            {NewH264Assembler(""), once},
		"by themselves":   {NewH264Assembler(""), append([]codec.Encoded{sets}, bare...)},
		"unreadable sets": {NewH264Assembler("?,,=" + encode(sps)), append([]codec.Encoded{sets}, bare...)},
	} {
		got := assemble(c.a, packets(t, newTestPacketizer(t, media.H264, Options{Mode: 1}), c.frames))
		keys := 0
		for _, f := range got {
			if f.Key {
				keys++
				if !bytes.HasPrefix(f.Data, h264.AppendAnnexB(nil, sps, pps)) {
					t.Errorf("%s: a keyframe without parameter sets", name)
				}
			}
		}
		if len(got) != clipFrames || keys != 3 {
			t.Errorf("%s: %d frames, %d keyframes", name, len(got), keys)
		}
	}
}

// TestInterleaved reads packets of the interleaved mode, and start codes in payloads.
func TestInterleaved(t *testing.T) {
	key := []byte{0x65, 0x88, 0x84, 0x21}
	want := h264.AppendAnnexB(nil, key)
	for name, c := range map[string]struct {
		payloads [][]byte
		want     []byte
	}{
		"STAP-B":                {[][]byte{{0x79, 0, 1, 0, 4, 0x65, 0x88, 0x84, 0x21}}, want},
		"MTAP16":                {[][]byte{{0x7a, 0, 1, 0, 4, 0, 0, 0, 0x65, 0x88, 0x84, 0x21}}, want},
		"MTAP24":                {[][]byte{{0x7b, 0, 1, 0, 4, 0, 0, 0, 0, 0x65, 0x88, 0x84, 0x21}}, want},
		"FU-B":                  {[][]byte{{0x7d, 0x85, 0, 1, 0x88}, {0x7c, 0x45, 0x84, 0x21}}, want},
		"start code":            {[][]byte{{0, 0, 0, 1, 0x65, 0x88, 0x84, 0x21}}, want},
		"short start code":      {[][]byte{{0, 0, 1, 0x65, 0x88, 0x84, 0x21}}, want},
		"layers left out":       {[][]byte{{0x6e, 1, 2}, key, {0x74, 1, 2, 3}, {0x6f, 1}}, want},
		"filler left out":       {[][]byte{key, {0x0c, 0xff, 0x80}}, want},
		"MTAP16 cut":            {[][]byte{{0x7a, 0, 1, 0, 9, 0, 0, 0, 0x65}, key}, want},
		"types beyond":          {[][]byte{key, {0x7e, 1, 2}, {0x7f}, {0x79}, {}}, want},
		"beginning of FU lost":  {[][]byte{{0x7c, 0x05, 0x88}, {0x7c, 0x45, 0x84, 0x21}, key}, want},
		"end of FU not marked":  {[][]byte{{0x7c, 0x85, 0x88, 0x84, 0x21}}, want},
		"FU of layers left out": {[][]byte{{0x7c, 0x94, 1, 2}, {0x7c, 0x54, 1, 2}, key}, want},
	} {
		var in []packet
		for i, p := range c.payloads {
			in = append(in, packet{uint16(i), 0, i == len(c.payloads)-1, p})
		}
		got := assemble(NewH264Assembler(""), in)
		if len(got) != 1 || !bytes.Equal(got[0].Data, c.want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestIntraWithoutIDR holds that a terminal that answers with pictures of I slices is understood.
func TestIntraWithoutIDR(t *testing.T) {
	a := NewH264Assembler("")
	for i, c := range []struct {
		payload      byte // slice type 5 and 7: P, I
		key, damaged bool
	}{{0x9a, false, true}, {0x88, true, false}, {0x9a, false, false}} {
		f, ok := a.Push(uint16(i), uint32(i), true, []byte{0x61, c.payload, 0x84})
		if !ok || f.Key != c.key || f.Damaged != c.damaged {
			t.Errorf("frame %d: %+v", i, f)
		}
	}
}

// TestGradualRefresh holds that a stream without keyframes mends where its recovery point says.
func TestGradualRefresh(t *testing.T) {
	const after = 3
	a := NewH264Assembler("")
	seq, now := uint16(0), uint32(0)
	push := func(recovery, key, damaged bool) {
		t.Helper()
		if recovery { // recovery_frame_cnt 3 behind another message
			a.Push(seq, now, false, []byte{0x06, 5, 2, 0xff, 0xff, recoveryPoint, 1, 0x24, 0x80})
			seq++
		}
		f, ok := a.Push(seq, now, true, []byte{0x61, 0x9a, 0x84})
		if !ok || f.Key != key || f.Damaged != damaged {
			t.Errorf("packet %d: key %t, damaged %t", seq, f.Key, f.Damaged)
		}
		seq++
		now++
	}
	push(false, false, true)
	for range 2 {
		push(true, true, true)
		for range after - 1 {
			push(false, false, true)
		}
		push(false, false, false)
		push(false, false, false)
		push(true, true, false) // the next turn begins while all is well
		for range after + 1 {
			push(false, false, false)
		}
		seq++ // lost
		push(false, false, true)
	}
}

// TestVP9Layers makes superframes of spatial layers, and keeps those that are whole.
func TestVP9Layers(t *testing.T) {
	key := []byte{0x82, 0x49, 0x83, 0x42, 0, 1, 2, 3}
	layers := []packet{
		{1, 0, false, append([]byte{0x80 | 0x20 | 0x08, 0x81, 0x01, 0x00, 7}, key[:4]...)},
		{2, 0, false, append([]byte{0x80 | 0x20 | 0x04, 0x81, 0x01, 0x00, 7}, key[4:]...)},
		{3, 0, false, []byte{0x80 | 0x20 | 0x08, 0x81, 0x01, 0x03, 7, 9, 9}},
		{4, 0, true, []byte{0x80 | 0x20 | 0x04, 0x81, 0x01, 0x03, 7, 9}},
	}
	index := []byte{0xd9, 8, 0, 0, 0, 3, 0, 0, 0, 0xd9}
	got := assemble(newTestAssembler(t, media.VP9), layers)
	if want := append(append(bytes.Clone(key), 9, 9, 9), index...); len(got) != 1 || !bytes.Equal(got[0].Data, want) || got[0].Damaged || !got[0].Key {
		t.Errorf("both layers: %+v", got)
	}
	layers[2].seq = 99
	got = assemble(newTestAssembler(t, media.VP9), append(layers[:2:2], layers[3]))
	if len(got) != 1 || !bytes.Equal(got[0].Data, key) || !got[0].Damaged || !got[0].Key {
		t.Errorf("the lower layer: %+v", got)
	}
}

// TestTooLarge holds that frames are bounded.
func TestTooLarge(t *testing.T) {
	for _, c := range []struct {
		codec       media.Codec
		first, more []byte
	}{
		{media.H264, []byte{0x7c, 0x85, 0x88}, []byte{0x7c, 0x05}},
		{media.H265, []byte{0x62, 1, 0x93, 0x80}, []byte{0x62, 1, 0x13}},
		{media.VP8, []byte{0x10, 0}, []byte{0}}, {media.VP9, []byte{0x08, 0x80}, []byte{0}},
		{media.AV1, []byte{0x58, 0x30}, []byte{0xd0}},
		{media.H263, []byte{0, 0x60, 0, 0, 0, 0, 0x80, 2, 0x0c}, []byte{0x80, 0x60, 0, 0, 0, 0, 0, 0}},
		{media.H261, []byte{1, 0, 0, 0, 0, 1, 0, 0x0e}, []byte{1, 0x10, 0, 0}},
	} {
		a := newTestAssembler(t, c.codec)
		a.Push(0, 0, false, c.first)
		more := append(c.more, make([]byte, 60000)...)
		seq := uint16(1)
		for ; seq < 100; seq++ {
			a.Push(seq, 0, false, more)
		}
		f, ok := a.Push(seq, 0, true, more)
		if len(f.Data) > MaxFrame || ok && !f.Damaged {
			t.Errorf("%s: %d bytes, damaged %t", c.codec, len(f.Data), f.Damaged)
		}
	}
}
