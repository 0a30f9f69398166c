package room

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"github.com/roombridge/roombridge/bridge/packet"
)

func marshal(t testing.TB, p rtp.Packet) []byte {
	t.Helper()
	p.Version = 2
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func samplePacket(ext bool) rtp.Packet {
	p := rtp.Packet{
		Header:  rtp.Header{Marker: true, PayloadType: 111, SequenceNumber: 4711, Timestamp: 1 << 31, SSRC: 77, CSRC: []uint32{1, 2}},
		Payload: []byte("payload"),
	}
	if ext {
		_ = p.SetExtension(3, []byte("mid"))
		_ = p.SetExtension(5, []byte{0x80 | 42})
	}
	return p
}

func TestParseRTP(t *testing.T) {
	for _, ext := range []bool{false, true} {
		var p packet.Packet
		if err := parseRTP(marshal(t, samplePacket(ext)), 5, &p); err != nil {
			t.Fatal(err)
		}
		want := packet.Header{PT: 111, Marker: true, Seq: 4711, Timestamp: 1 << 31, SSRC: 77}
		if p.Header != want || string(p.Payload) != "payload" {
			t.Errorf("%+v %q", p.Header, p.Payload)
		}
		if level := int8(-1); ext {
			if p.Audio != 42 {
				t.Errorf("level %d", p.Audio)
			}
		} else if p.Audio != level {
			t.Errorf("level %d of no extension", p.Audio)
		}
	}
}

func TestParseRTPPadding(t *testing.T) {
	p := samplePacket(false)
	p.Padding, p.PaddingSize = true, 9
	var got packet.Packet
	if err := parseRTP(marshal(t, p), 0, &got); err != nil || string(got.Payload) != "payload" {
		t.Errorf("%q %v", got.Payload, err)
	}
	p.Payload = nil
	if err := parseRTP(marshal(t, p), 0, &got); err != nil || len(got.Payload) != 0 {
		t.Errorf("padding alone: %q %v", got.Payload, err)
	}
}

func TestParseRTPTwoByteExtensions(t *testing.T) {
	p := samplePacket(false)
	p.Extension, p.ExtensionProfile = true, 0x1000
	_ = p.SetExtension(2, nil)
	_ = p.SetExtension(40, bytes.Repeat([]byte{1}, 30))
	_ = p.SetExtension(5, []byte{17})
	var got packet.Packet
	if err := parseRTP(marshal(t, p), 5, &got); err != nil || got.Audio != 17 {
		t.Errorf("level %d %v", got.Audio, err)
	}
}

// Every prefix is an error or a packet with less payload, never a panic.
func TestParseRTPTruncated(t *testing.T) {
	b := marshal(t, samplePacket(true))
	var p packet.Packet
	for n := range b {
		if err := parseRTP(b[:n], 5, &p); err == nil && n < len(b)-len("payload") {
			t.Errorf("%d of %d bytes were taken", n, len(b))
		}
	}
	b[0] = 0x40
	if parseRTP(b, 0, &p) == nil {
		t.Error("version 1 was taken")
	}
}

func FuzzParseRTP(f *testing.F) {
	f.Add(marshal(f, samplePacket(true)), uint8(5))
	f.Add(marshal(f, samplePacket(false)), uint8(0))
	f.Fuzz(func(t *testing.T, b []byte, id uint8) {
		var p packet.Packet
		if parseRTP(bytes.Clone(b), id, &p) != nil {
			return
		}
		var q rtp.Packet
		if err := q.Unmarshal(b); err != nil {
			return // pion refuses some malformed extensions that we pass over
		}
		if q.SSRC != p.SSRC || q.SequenceNumber != p.Seq || !bytes.Equal(q.Payload, p.Payload) {
			t.Errorf("%x: payload %x, pion has %x", b, p.Payload, q.Payload)
		}
		if at, end, ok := payloadBounds(b); ok && end-at >= 2 {
			restore(bytes.Clone(b), at, 96, 1)
		}
	})
}
