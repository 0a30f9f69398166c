package room

import (
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v2/packetio"
)

// repeated makes a retransmission of a packet.
func repeated(t *testing.T, seq uint16, ssrc uint32, rrid string) []byte {
	p := rtp.Packet{
		Header:  rtp.Header{Marker: true, PayloadType: 97, SequenceNumber: 1, Timestamp: 90, SSRC: ssrc},
		Payload: append([]byte{byte(seq >> 8), byte(seq)}, "payload"...),
	}
	if rrid != "" {
		_ = p.SetExtension(11, []byte(rrid))
	}
	return marshal(t, p)
}

func boxes(t *testing.T, o *offer) *inboxes {
	t.Helper()
	a := newInboxes(func([]byte) { t.Error("RTCP was overheard") })
	a.offered(o)
	return a
}

func TestInboxRepairsByName(t *testing.T) {
	a := boxes(t, &offer{apt: map[uint8]uint8{97: 96}, ridID: 10, rridID: 11})
	media := a.make(packetio.RTPBufferPacket, 1)
	again := a.make(packetio.RTPBufferPacket, 2)
	first := rtp.Packet{Header: rtp.Header{PayloadType: 96, SequenceNumber: 700, SSRC: 1}, Payload: []byte("x")}
	_ = first.SetExtension(10, []byte("h"))
	_, _ = media.Write(marshal(t, first))
	_, _ = again.Write(repeated(t, 701, 2, "h"))
	_, _ = again.Write(repeated(t, 702, 2, "")) // the name is known now
	b := make([]byte, 1500)
	for _, want := range []uint16{700, 701, 702} {
		n, err := media.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		var p rtp.Packet
		if err := p.Unmarshal(b[:n]); err != nil || p.SequenceNumber != want || p.SSRC != 1 || p.PayloadType != 96 {
			t.Errorf("%+v %v", p.Header, err)
		}
		if want != 700 && (string(p.Payload) != "payload" || !p.Marker || p.Timestamp != 90) {
			t.Errorf("%+v %q", p.Header, p.Payload)
		}
	}
	_ = media.Close()
	if _, err := media.Read(b); err == nil {
		t.Error("more packets")
	}
}

func TestInboxRepairsBySource(t *testing.T) {
	a := boxes(t, &offer{apt: map[uint8]uint8{97: 96}, fid: map[uint32]uint32{2: 1}})
	media := a.make(packetio.RTPBufferPacket, 1)
	again := a.make(packetio.RTPBufferPacket, 2)
	_, _ = again.Write(repeated(t, 5, 2, ""))
	b := make([]byte, 1500)
	if n, err := media.Read(b); err != nil || n == 0 || b[3] != 5 {
		t.Errorf("%d %v", n, err)
	}
}

// Chromium probes with retransmissions of its first packet, many of them
// before the second.
func TestInboxKeepsRepetitionsOutOfTheStream(t *testing.T) {
	a := boxes(t, &offer{apt: map[uint8]uint8{97: 96}, fid: map[uint32]uint32{2: 1}})
	media := a.make(packetio.RTPBufferPacket, 1)
	again := a.make(packetio.RTPBufferPacket, 2)
	for _, seq := range []uint16{65535, 0} {
		_, _ = media.Write(marshal(t, rtp.Packet{Header: rtp.Header{PayloadType: 96, SequenceNumber: seq, SSRC: 1}, Payload: []byte("x")}))
		for range 20 {
			_, _ = again.Write(repeated(t, seq, 2, "h"))
		}
	}
	_, _ = again.Write(repeated(t, 1, 2, "")) // this one was lost
	_ = media.Close()
	_ = again.Close()
	b := make([]byte, 1500)
	for _, want := range []byte{255, 0, 1} {
		if n, err := media.Read(b); err != nil || n == 0 || b[3] != want {
			t.Errorf("sequence number %d: %d %v", want, b[3], err)
		}
	}
	if _, err := media.Read(b); err == nil {
		t.Error("a repetition is in the stream")
	}
	probes := 0
	for {
		n, err := again.Read(b)
		if err != nil {
			break
		}
		var p rtp.Packet
		if err := p.Unmarshal(b[:n]); err != nil || len(p.Payload) != 0 || string(p.GetExtension(11)) != "h" {
			t.Fatalf("%v %v", p, err)
		}
		probes++
	}
	if probes != 40 {
		t.Errorf("%d probes are left to be counted, want 40", probes)
	}
}

func TestInboxLeavesProbes(t *testing.T) {
	a := boxes(t, &offer{apt: map[uint8]uint8{97: 96}, fid: map[uint32]uint32{2: 1, 4: 3}})
	a.make(packetio.RTPBufferPacket, 1)
	again := a.make(packetio.RTPBufferPacket, 2)
	probe := marshal(t, rtp.Packet{Header: rtp.Header{Padding: true, PayloadType: 97, SSRC: 2}, PaddingSize: 200})
	_, _ = again.Write(probe)
	orphan := a.make(packetio.RTPBufferPacket, 4)
	_, _ = orphan.Write(repeated(t, 5, 4, "")) // what it repairs was never heard
	b := make([]byte, 1500)
	for _, box := range []interface{ Read([]byte) (int, error) }{again, orphan} {
		if n, err := box.Read(b); err != nil || n == 0 {
			t.Errorf("%d %v", n, err)
		}
	}
}

func TestInboxesAreBounded(t *testing.T) {
	a := boxes(t, &offer{})
	for i := range uint32(1000) {
		a.make(packetio.RTPBufferPacket, i)
	}
	if len(a.rtp) != 2*maxSSRCs {
		t.Errorf("%d inboxes", len(a.rtp))
	}
	dead := a.make(packetio.RTPBufferPacket, 5000)
	if n, err := dead.Write(make([]byte, 100)); n != 100 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func TestInboxOverhears(t *testing.T) {
	heard := 0
	a := newInboxes(func([]byte) { heard++ })
	a.sends(9)
	pli, _ := (&rtcp.PictureLossIndication{MediaSSRC: 9}).Marshal()
	for _, ssrc := range []uint32{9, 10} {
		_, _ = a.make(packetio.RTCPBufferPacket, ssrc).Write(pli)
	}
	if heard != 1 {
		t.Errorf("overheard %d", heard)
	}
}
