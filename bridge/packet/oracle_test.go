package packet

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
)

// randomPacket makes a packet of pion's with any of the parts that a header
// may have, and tells the audio level it put under id 5.
func randomPacket(t *testing.T, r *rand.Rand) (raw []byte, want rtp.Packet, level int8) {
	t.Helper()
	h := rtp.Header{
		Version: 2, Marker: r.IntN(2) == 1, PayloadType: uint8(r.IntN(128)), SequenceNumber: uint16(r.Uint32()),
		Timestamp: r.Uint32(), SSRC: r.Uint32(),
	}
	for range r.IntN(16) {
		h.CSRC = append(h.CSRC, r.Uint32())
	}
	level = NoLevel
	if form := r.IntN(4); form > 0 {
		h.Extension, h.ExtensionProfile = true, 0xbede
		if form == 2 {
			h.ExtensionProfile = 0x1000
		}
		for _, id := range r.Perm(14)[:r.IntN(6)] {
			data := randomBytes(r, 1+r.IntN(16))
			if err := h.SetExtension(uint8(id+1), data); err != nil {
				t.Fatal(err)
			}
			if id+1 == 5 {
				level = int8(data[0] & 0x7f)
			}
		}
	}
	want = rtp.Packet{Header: h, Payload: randomBytes(r, r.IntN(50))}
	if r.IntN(3) == 0 {
		want.Padding = true
		want.PaddingSize = byte(1 + r.IntN(255))
	}
	raw, err := want.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw, want, level
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestParseRandom reads what pion writes.
func TestParseRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	levels := 0
	for i := range 5000 {
		raw, want, level := randomPacket(t, r)
		var p Packet
		if err := ParseLevel(raw, &p, 5); err != nil {
			t.Fatalf("%d: %v: %x", i, err, raw)
		}
		compare(t, raw, &p)
		if !bytes.Equal(p.Payload, want.Payload) || p.Audio != level {
			t.Fatalf("%d: payload %x, level %d; want %x, %d", i, p.Payload, p.Audio, want.Payload, level)
		}
		if level != NoLevel {
			levels++
		}
	}
	if levels < 200 {
		t.Errorf("only %d packets had a level", levels)
	}
}

// TestParseRandomCut cuts and breaks packets: there is an error, or a packet
// within the bytes that came.
func TestParseRandomCut(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	refused := 0
	for i := range 5000 {
		raw, _, _ := randomPacket(t, r)
		raw = raw[:r.IntN(len(raw)+1)]
		for range r.IntN(3) {
			if len(raw) > 0 {
				raw[r.IntN(min(len(raw), 24))] ^= 1 << r.IntN(8)
			}
		}
		var p Packet
		if err := ParseLevel(raw, &p, uint8(r.IntN(256))); err != nil {
			refused++
			continue
		}
		if len(p.Payload) > len(raw)-HeaderSize || p.Audio < NoLevel {
			t.Fatalf("%d: %+v of %x", i, p, raw)
		}
	}
	if refused < 500 {
		t.Errorf("only %d packets were refused", refused)
	}
}

// TestClassifyAll goes through all first two bytes (RFC 7983 7, RFC 5761 4).
func TestClassifyAll(t *testing.T) {
	for first := range 256 {
		for second := range 256 {
			want := Unknown
			switch {
			case first < 4:
				want = STUN
			case first >= 20 && first < 64:
				want = DTLS
			case first>>6 == 2 && second >= 192 && second < 224:
				want = RTCP
			case first>>6 == 2:
				want = RTP
			}
			if got := Classify([]byte{byte(first), byte(second)}); got != want {
				t.Fatalf("%#x %#x: %v, want %v", first, second, got, want)
			}
		}
	}
}
