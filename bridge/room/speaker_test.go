package room

import (
	"testing"

	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

func TestSpeaker(t *testing.T) {
	now := int64(1) << 60
	s := &speaker{now: func() int64 { return now }, way: &way{}}
	f := newFar(t, s.way)
	if _, ok := s.PayloadType(media.Format{Codec: media.Opus}); ok {
		t.Error("a payload type before anything was negotiated")
	}
	s.Send(packet.Header{}, nil)
	s.Flush()
	if _, err := s.Bind(binding{codecs: []webrtc.RTPCodecParameters{
		{PayloadType: 109, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}},
		{PayloadType: 13, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/CN", ClockRate: 8000}},
	}}); err != nil {
		t.Fatal(err)
	}
	s.Send(packet.Header{}, nil) // without keys
	s.open(f.out)
	if pt, ok := s.PayloadType(media.Format{Codec: media.Opus}); pt != 109 || !ok {
		t.Errorf("%d %v", pt, ok)
	}
	s.Send(packet.Header{PT: 109, Seq: 5, Timestamp: 960, Marker: true}, []byte{1, 2})
	s.Flush()
	if got := f.take(); len(got) != 1 || got[0].SSRC != 1234 || got[0].PayloadType != 109 || got[0].SequenceNumber != 5 || !got[0].Marker || len(got[0].Payload) != 2 {
		t.Errorf("%+v", got)
	}
	if r := s.report(now+500e6, 1); r == nil || r.RTPTime != 960+24000 || r.OctetCount != 2 {
		t.Errorf("%+v", r)
	}
	for i := range uint16(40) {
		s.Send(packet.Header{PT: 109, Seq: 6 + i}, []byte{1})
	}
	s.Flush()
	if n := len(f.take()); n != 40 {
		t.Errorf("%d of 40 packets", n)
	}
	s.Send(packet.Header{PT: 109, Seq: 100}, []byte{1})
	s.close()
	s.Send(packet.Header{PT: 109, Seq: 101}, []byte{1})
	s.Flush()
	_ = s.Unbind(nil)
	if len(f.take()) != 0 {
		t.Error("sent after the end")
	}
}

func TestSpeakerDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	s := &speaker{now: func() int64 { return 1 }, way: &way{}, bound: true}
	f := newFar(t, s.way)
	f.sent.lose = true
	s.open(f.out)
	h, payload := packet.Header{PT: 109}, make([]byte, 80)
	if n := testing.AllocsPerRun(500, func() {
		h.Seq++
		s.Send(h, payload)
		s.Flush()
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}
