package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

// Padding goes out among retransmissions, so that no number or time of a
// picture's packets depends on it.
func TestSlotPads(t *testing.T) {
	s, f, now := boundSlot(t, 109, 3)
	if !s.pads() {
		t.Fatal("the slot sends no padding")
	}
	s.Send(packet.Header{PT: 108, Seq: 7, Timestamp: 9000}, []byte{1})
	s.Flush()
	first, ok := s.pad(cluster{packets: 3, size: 255}, *now)
	s.Send(packet.Header{PT: 108, Seq: 8, Timestamp: 9000}, []byte{2})
	s.Flush()
	got := f.take()
	if !ok || first != 2 || len(got) != 5 || got[0].SequenceNumber != 7 || got[4].SequenceNumber != 8 {
		t.Fatalf("%d packets, padding from %d, %v", len(got), first, ok)
	}
	for i, p := range got[1:4] {
		if p.SSRC != s.rtxSSRC || p.PayloadType != 109 || !p.Padding || p.PaddingSize != 255 || len(p.Payload) != 0 || p.Timestamp != 9000 ||
			p.SequenceNumber != got[1].SequenceNumber+uint16(i) || p.GetExtension(3) == nil {
			t.Errorf("%+v", p)
		}
	}
	if r := s.report(*now, 5); r.PacketCount != 2 || r.OctetCount != 2 {
		t.Errorf("reported as pictures: %+v", r)
	}
	for _, c := range []struct{ rtx, twcc uint8 }{{0, 3}, {109, 0}} {
		s, f, now := boundSlot(t, c.rtx, c.twcc)
		if _, ok := s.pad(cluster{1, 1}, *now); ok || s.pads() || len(f.take()) != 0 {
			t.Errorf("padding without retransmissions or numbers: %+v", c)
		}
	}
}

// What a trial shows follows from the packets of its cluster and whatever
// went out between them.
func TestTrialRates(t *testing.T) {
	heard := func(lost ...uint16) *trial {
		r := &trial{on: true, parts: trialParts, first: 65534, last: 5}
		for i := range uint16(9) { // one before, and eight of the cluster: two each 5 ms
			seq := 65533 + i
			left := int64(1000 + (int(i)-1)/2*5000)
			came := true
			for _, l := range lost {
				came = came && l != seq
			}
			r.heard(seq, 250, left, 7_000_000+int64(i)*4000, came)
		}
		return r
	}
	r := heard()
	sent, came, lost := r.rates()
	if !r.over || sent != 6*250*8*1000/15 || came != 7*250*8*1000/28 || lost != 0 {
		t.Errorf("%v: %d and %d bit/s, %.2f lost", r.over, sent, came, lost)
	}
	if _, _, lost = heard(65535, 0).rates(); lost != 0.25 {
		t.Errorf("%.2f lost", lost)
	}
	if _, _, lost = (&trial{parts: trialParts}).rates(); lost != 1 {
		t.Errorf("of one that nothing is known of %.2f lost", lost)
	}
}
