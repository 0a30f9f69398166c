package load

import (
	"bytes"
	"testing"

	"github.com/roombridge/roombridge/bridge/h264"
	"github.com/roombridge/roombridge/bridge/packet"
)

// What sources send is H.264 that the gateway's own reader of it accepts and
// leaves as it is.
func TestPicturesAreH264(t *testing.T) {
	sps, err := h264.ParseSPS(SPS)
	if err != nil || sps.Width != 1280 || sps.Height != 720 {
		t.Fatalf("%+v, %v", sps, err)
	}
	if _, err := h264.ParsePPS(PPS); err != nil {
		t.Fatal(err)
	}
	l := &Loop{cfg: Config{Packets: 7, Rate: 30, Size: 1200}, ticks: 3000}
	s := &Source{PT: 97, leg: &Leg{loop: l, ssrc: 7}, id: 7, header: headerSize, canvas: newCanvas(7, 1200, headerSize)}
	var seqs []uint32
	n := h264.NewNormalizer(0, func(p *packet.Packet) {
		if st, ok := readStamp(p.Payload); ok {
			seqs = append(seqs, st.seq)
		}
	})
	const bursts = 30
	for range bursts {
		for i, b := range s.draw(1) {
			var p packet.Packet
			if err := packet.Parse(b, &p); err != nil {
				t.Fatal(err)
			}
			if p.Marker != (i == 6) || p.PT != 97 || p.SSRC != 7 {
				t.Fatalf("packet %d of burst %d: %+v", i, s.burst, p.Header)
			}
			if i > 0 && len(b) != 1200 {
				t.Errorf("packet %d has %d bytes", i, len(b))
			}
			if bytes.Contains(p.Payload[2:], []byte{0, 0}) && i > 0 {
				t.Errorf("packet %d holds what emulation prevention forbids", i)
			}
			n.Push(&p)
		}
		s.seq += 7
		s.burst++
		s.wanted = s.burst == 20
	}
	st := n.Stats()
	if st.Keyframes != 2 || st.Dropped != 0 || st.Lost != 0 || st.Undecodable != 0 || st.In != 7*bursts || st.Out != st.In {
		t.Errorf("the normaliser says %+v", st)
	}
	if len(seqs) != 7*bursts-2 {
		t.Errorf("%d packets came through with their stamps, want %d", len(seqs), 7*bursts-2)
	}
	if w, h := n.Size(); w != 1280 || h != 720 {
		t.Errorf("the size is %d by %d", w, h)
	}
}

// A browser's packets carry its header extensions and are as long as others.
func TestBrowserHeader(t *testing.T) {
	l := &Loop{cfg: Config{Packets: 7, Rate: 30, Size: 1200}, ticks: 3000}
	s := &Source{PT: 97, MID: '1', MIDID: 3, TWCCID: 4, leg: &Leg{loop: l}, header: headerSize + 12, canvas: newCanvas(7, 1200, headerSize+12)}
	s.seq, s.burst, s.keyAt = 0x0102, 1, 1
	b := s.draw(99)[0]
	if len(b) != 1200 || !bytes.Equal(b[12:24], []byte{0xbe, 0xde, 0, 2, 0x30, '1', 0x41, 1, 2, 0, 0, 0}) {
		t.Errorf("%d bytes, extensions %x", len(b), b[12:24])
	}
	var p packet.Packet
	if err := packet.Parse(b, &p); err != nil || len(p.Payload) != 1200-24 {
		t.Errorf("%v, payload of %d", err, len(p.Payload))
	}
	if st, ok := readStamp(p.Payload); !ok || st.plan != 99 || st.seq != 0x0102 {
		t.Errorf("stamp %+v, %v", st, ok)
	}
}
