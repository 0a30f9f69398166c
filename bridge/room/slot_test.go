package room

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// wireWriter stands for pion's side of a track.
type wireWriter struct {
	sent []rtp.Packet
	keep bool
}

func (w *wireWriter) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if w.keep {
		w.sent = append(w.sent, rtp.Packet{Header: h.Clone(), Payload: bytes.Clone(payload)})
	}
	return len(payload), nil
}

func (w *wireWriter) Write(b []byte) (int, error) { return len(b), nil }

func (w *wireWriter) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{{PayloadType: 108, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264}}}
}
func (w *wireWriter) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter { return nil }
func (w *wireWriter) SSRC() webrtc.SSRC                                      { return 1234 }
func (w *wireWriter) WriteStream() webrtc.TrackLocalWriter                   { return w }
func (w *wireWriter) ID() string                                             { return "x" }
func (w *wireWriter) RTCPReader() interceptor.RTCPReader                     { return nil }

func boundSlot(t testing.TB, rtx, twcc uint8) (*slot, *wireWriter, *int64) {
	t.Helper()
	now := int64(1) << 60
	l := newLink(func() int64 { return now })
	s := newSlot(slotOffer{mid: "3", twcc: twcc, formats: []slotFormat{
		{Format: media.Format{Codec: media.H264, PT: 108, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Mode: 1}}, rtx: rtx},
	}}, l)
	w := &wireWriter{keep: true}
	s.Send(packet.Header{}, nil) // not bound yet: nothing happens
	if _, err := s.Bind(w); err != nil {
		t.Fatal(err)
	}
	return s, w, &now
}

func nackOf(seqs ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{MediaSSRC: 1234, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)}
}

// entries are the body of a NACK.
func entries(seqs ...uint16) []byte {
	var b []byte
	for _, p := range rtcp.NackPairsFromSequenceNumbers(seqs) {
		b = binary.BigEndian.AppendUint16(b, p.PacketID)
		b = binary.BigEndian.AppendUint16(b, uint16(p.LostPackets))
	}
	return b
}

func TestSlotSends(t *testing.T) {
	s, w, _ := boundSlot(t, 109, 3)
	for i := range uint16(3) {
		s.Send(packet.Header{PT: 108, Marker: i == 2, Seq: 65534 + i, Timestamp: 9000}, []byte{byte(i)})
	}
	s.Flush()
	for i, p := range w.sent {
		ext := binary.BigEndian.Uint16(p.GetExtension(3))
		if p.SSRC != 1234 || p.PayloadType != 108 || p.SequenceNumber != 65534+uint16(i) || p.Marker != (i == 2) || ext != uint16(i+1) {
			t.Errorf("%+v, transport-wide number %d", p.Header, ext)
		}
	}
	if pt, ok := s.PayloadType(media.Format{Codec: media.H264, H264: media.H264Params{Profile: 66, Mode: 1}}); pt != 108 || !ok {
		t.Errorf("payload type %d", pt)
	}
	if r := s.report(s.link.now()+1e9, 5); r == nil || r.PacketCount != 3 || r.RTPTime != 9000+90000 || r.SSRC != 1234 {
		t.Errorf("%+v", r)
	}
	_ = s.Unbind(nil)
	s.Send(packet.Header{}, nil)
	if len(w.sent) != 3 {
		t.Error("sent after the end")
	}
}

func TestSlotRetransmits(t *testing.T) {
	s, w, now := boundSlot(t, 109, 3)
	for i := range uint16(40) {
		s.Send(packet.Header{PT: 108, Marker: true, Seq: 100 + i, Timestamp: 9000 * uint32(i)}, []byte{byte(i), 7})
	}
	w.sent = nil
	s.repeat(entries(105, 110, 111, 90, 200), *now)
	s.repeat(entries(105), *now) // again at once: it is on its way
	if len(w.sent) != 3 {
		t.Fatalf("%d packets were sent again", len(w.sent))
	}
	for i, seq := range []uint16{105, 110, 111} {
		p := w.sent[i]
		if p.SSRC != s.rtxSSRC || p.PayloadType != 109 || binary.BigEndian.Uint16(p.Payload) != seq || p.Payload[2] != byte(seq-100) ||
			p.Timestamp != 9000*uint32(seq-100) || p.SequenceNumber != w.sent[0].SequenceNumber+uint16(i) {
			t.Errorf("%+v %x", p.Header, p.Payload)
		}
		if n := binary.BigEndian.Uint16(p.GetExtension(3)); n != 41+uint16(i) {
			t.Errorf("transport-wide number %d", n)
		}
	}
	*now += 1e9
	s.repeat(entries(105), *now)
	if len(w.sent) != 4 {
		t.Error("not sent a second time")
	}
}

// Without RFC 4588 a packet goes out as it was, to the last bit: another
// header under the same sequence number would use a nonce of AES-GCM twice.
func TestSlotRepeatsTheSamePacket(t *testing.T) {
	s, w, now := boundSlot(t, 0, 3)
	for i := range uint16(4) {
		s.Send(packet.Header{PT: 108, Seq: i, Marker: i == 2, Timestamp: 5}, []byte{byte(i)})
	}
	s.repeat(entries(2), *now)
	first, _ := w.sent[2].Marshal()
	again, _ := w.sent[4].Marshal()
	if !bytes.Equal(first, again) {
		t.Errorf("%x\n%x", first, again)
	}
}

func TestSlotHostileNack(t *testing.T) {
	s, w, now := boundSlot(t, 109, 3)
	for i := range uint16(200) {
		s.Send(packet.Header{PT: 108, Seq: i}, []byte{1})
	}
	w.sent = nil
	var n []byte
	for i := range 1000 {
		n = append(n, byte(i>>8), byte(i), 0xff, 0xff)
	}
	s.repeat(n, *now)
	if len(w.sent) > 17*maxNackPairs {
		t.Errorf("%d packets for one NACK", len(w.sent))
	}
}

func TestSlotSendDoesNotAllocate(t *testing.T) {
	s, w, _ := boundSlot(t, 109, 3)
	w.keep, w.sent = false, nil
	payload := make([]byte, 1200)
	h := packet.Header{PT: 108}
	n := testing.AllocsPerRun(1000, func() {
		h.Seq++
		s.Send(h, payload)
		s.Flush()
	})
	if n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func BenchmarkSlotSend(b *testing.B) {
	s, w, _ := boundSlot(b, 109, 3)
	w.keep = false
	payload := make([]byte, 1200)
	h := packet.Header{PT: 108}
	b.ReportAllocs()
	for b.Loop() {
		h.Seq++
		s.Send(h, payload)
		s.Flush()
	}
}

func packetHeader(seq uint16) packet.Header { return packet.Header{PT: 108, Seq: seq} }

// audioWire is a wireWriter of a sound.
type audioWire struct{ wireWriter }

func (w *audioWire) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{
		{PayloadType: 109, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}},
		{PayloadType: 13, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/CN", ClockRate: 8000}},
	}
}

func (w *audioWire) WriteStream() webrtc.TrackLocalWriter { return &w.wireWriter }
