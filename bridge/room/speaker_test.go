package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

func TestSpeaker(t *testing.T) {
	now := int64(1) << 60
	s := &speaker{now: func() int64 { return now }}
	if _, ok := s.PayloadType(media.Format{Codec: media.Opus}); ok {
		t.Error("a payload type before anything was negotiated")
	}
	s.Send(packet.Header{}, nil)
	w := &audioWire{wireWriter{keep: true}}
	if _, err := s.Bind(w); err != nil {
		t.Fatal(err)
	}
	if pt, ok := s.PayloadType(media.Format{Codec: media.Opus}); pt != 109 || !ok {
		t.Errorf("%d %v", pt, ok)
	}
	s.Send(packet.Header{PT: 109, Seq: 5, Timestamp: 960, Marker: true}, []byte{1, 2})
	s.Flush()
	if p := w.sent[0]; p.SSRC != 1234 || p.PayloadType != 109 || p.SequenceNumber != 5 || !p.Marker {
		t.Errorf("%+v", p.Header)
	}
	if r := s.report(now+500e6, 1); r == nil || r.RTPTime != 960+24000 || r.OctetCount != 2 {
		t.Errorf("%+v", r)
	}
	_ = s.Unbind(nil)
	s.Send(packet.Header{}, nil)
	if len(w.sent) != 1 {
		t.Error("sent after the end")
	}
}
