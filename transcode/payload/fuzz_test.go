package payload

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/h26x"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// Flags of a packet in the fuzzer's input, before its length of two bytes.
const (
	fuzzMarker = 1 << iota
	fuzzNewTime
	fuzzLost
	fuzzLate
)

// unpack makes packets of the fuzzer's bytes.
func unpack(b []byte) []packet {
	var all []packet
	var seq uint16
	var time uint32
	for len(b) >= 3 {
		flags, n := b[0], int(binary.BigEndian.Uint16(b[1:]))
		b = b[3:]
		n = min(n, len(b))
		seq++
		if flags&fuzzLost != 0 {
			seq += 3
		}
		if flags&fuzzLate != 0 {
			seq -= 2
		}
		if flags&fuzzNewTime != 0 {
			time += 3600
		}
		all = append(all, packet{seq, time, flags&fuzzMarker != 0, b[:n]})
		b = b[n:]
	}
	return all
}

// fuzzAssembler holds that frames are no larger than what they were made of, and that an assembler
// that was led astray is right again with the next keyframe.
func fuzzAssembler(f *testing.F, c media.Codec, key codec.Encoded) {
	f.Fuzz(func(t *testing.T, b []byte) {
		a := newTestAssembler(t, c)
		in := unpack(b)
		size := 0
		for _, frame := range assemble(a, in) {
			size += len(frame.Data)
		}
		if size > 6*len(b)+maxCarried {
			t.Fatalf("%d bytes of %d", size, len(b))
		}
		if key.Units == nil {
			return
		}
		last := packet{}
		if len(in) > 0 {
			last = in[len(in)-1]
		}
		var again []packet
		payloads, err := newTestPacketizer(t, c, Options{Mode: 1}).Payloads(key)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range payloads {
			again = append(again, packet{last.seq + 2000 + uint16(i), last.timestamp + 1, i == len(payloads)-1, p})
		}
		again = append(again, packet{last.seq + 2001 + uint16(len(payloads)), last.timestamp + 2, true, nil})
		for _, frame := range assemble(a, again) {
			if bytes.HasSuffix(frame.Data, picture(c, key)) && frame.Key && !frame.Damaged {
				return
			}
		}
		t.Fatal("a keyframe did not come through")
	})
}

func FuzzH264(f *testing.F) {
	fuzzAssembler(f, media.H264, codec.Encoded{Units: [][]byte{
		{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x05, 0x07, 0xe4}, {0x68, 0xce, 0x3c, 0x80}, append([]byte{0x65, 0x88}, bytes.Repeat([]byte{0x84}, 3000)...),
	}})
}

func FuzzH265(f *testing.F) { fuzzAssembler(f, media.H265, codec.Encoded{}) }

func FuzzAV1(f *testing.F) { fuzzAssembler(f, media.AV1, codec.Encoded{}) }

func FuzzVP8(f *testing.F) {
	fuzzAssembler(f, media.VP8, codec.Encoded{Units: [][]byte{append([]byte{0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1}, make([]byte, 3000)...)}})
}

func FuzzVP9(f *testing.F) {
	fuzzAssembler(f, media.VP9, codec.Encoded{Units: [][]byte{append([]byte{0x82, 0x49, 0x83, 0x42, 0, 0x27, 0xf0, 0x16, 0x70}, make([]byte, 3000)...)}})
}

func FuzzH263(f *testing.F) {
	fuzzAssembler(f, media.H263, codec.Encoded{Units: [][]byte{smallest263()}})
}

func FuzzH263P(f *testing.F) {
	fuzzAssembler(f, media.H263P, codec.Encoded{Units: [][]byte{smallest263()}})
}

func FuzzH261(f *testing.F) {
	fuzzAssembler(f, media.H261, codec.Encoded{Units: [][]byte{smallest261()}})
}

// bitString packs zeros and ones into bytes.
type bitString []byte

func (s *bitString) write(bits string) {
	for _, c := range bits {
		if c == '0' || c == '1' {
			*s = append(*s, byte(c-'0'))
		}
	}
}

func (s bitString) bytes() []byte {
	b := make([]byte, (len(s)+7)/8)
	for i, bit := range s {
		b[i/8] |= bit << (7 - i%8)
	}
	return b
}

// smallest263 is an intra picture of 128x96 that is grey.
func smallest263() []byte {
	var s bitString
	s.write("0000000000000000 100000 00000001 10000 001 0 0000 01000 0 0")
	for range 48 {
		s.write("1 0011 10000000 10000000 10000000 10000000 10000000 10000000")
	}
	return s.bytes()
}

// smallest261 is an intra picture of 176x144 that is grey.
func smallest261() []byte {
	var s bitString
	s.write("00000000000000010000 00001 000011 0")
	for _, gob := range []string{"0001", "0011", "0101"} {
		s.write("0000000000000001" + gob + "01000 0")
		for range 33 {
			s.write("1 0001")
			for range 6 {
				s.write("10000000 10")
			}
		}
	}
	return s.bytes()
}

// FuzzPacketizers holds that a frame, whatever it is, is refused or comes through whole
// in payloads that are small enough.
func FuzzPacketizers(f *testing.F) {
	f.Add(smallest263(), uint16(100))
	f.Add(smallest261(), uint16(64))
	f.Add([]byte{0x65, 0x88, 1, 2, 3}, uint16(1200))
	all := []struct {
		codec media.Codec
		old   bool
	}{{media.H264, false}, {media.VP8, false}, {media.VP9, false}, {media.H263, false}, {media.H263P, false}, {media.H263P, true}, {media.H261, false}}
	f.Fuzz(func(t *testing.T, b []byte, mtu uint16) {
		o := Options{Mode: 1, MTU: int(mtu)}
		if len(b) == 0 {
			return
		}
		for _, c := range all {
			o.Old = c.old
			payloads, err := newTestPacketizer(t, c.codec, o).Payloads(codec.Encoded{Units: [][]byte{b}})
			if err != nil {
				continue
			}
			var sent []packet
			for i, p := range payloads {
				if len(p) > max(o.MTU, minMTU, maxSingle) {
					t.Fatalf("%s: a payload of %d bytes", c.codec, len(p))
				}
				sent = append(sent, packet{uint16(i), 0, i == len(payloads)-1, p})
			}
			if c.codec == media.H264 && !isSlice(h264.Type(b)) || c.codec == media.H263P && begins263(b) > 1 {
				continue // no picture, or two
			}
			got := assemble(newTestAssembler(t, c.codec), sent)
			if len(got) != 1 || !bytes.Equal(got[0].Data, whole(c.codec, codec.Encoded{Units: [][]byte{b}})) {
				t.Fatalf("%s: %d payloads make %d frames", c.codec, len(payloads), len(got))
			}
		}
	})
}

// begins263 counts picture start codes.
func begins263(b []byte) int {
	n := 0
	for i := range b {
		if h26x.StartsPicture263(b[i:]) {
			n++
		}
	}
	return n
}
