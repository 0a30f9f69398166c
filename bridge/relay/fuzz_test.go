package relay

import (
	"net/netip"
	"testing"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// fuzzStream is a stream without a network, whose port is fed by hand.
func fuzzStream(f *testing.F, kind media.Kind) *Stream {
	p, err := NewPlane(PlaneConfig{Address: gateway, PortMin: 20000, PortMax: 20099,
		Listen: func(at netip.AddrPort) (wire.Socket, error) {
			return &nowhere{at: at}, nil
		}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { p.Close() })
	s, err := p.Open(StreamOptions{CallID: "fuzz", Kind: kind})
	if err != nil {
		f.Fatal(err)
	}
	st := plainTerms(kind)
	st.Feedback = media.NACK | media.TMMBR | media.PLI | media.FIR
	st.Mux = true
	if err := s.Apply(st); err != nil {
		f.Fatal(err)
	}
	return s
}

// FuzzRTCP holds that no compound packet makes the reader fail, or makes us
// do more than its bounds allow.
func FuzzRTCP(f *testing.F) {
	s := fuzzStream(f, media.Video)
	ours := s.tx.ssrc
	f.Add(receiverReport(9, 10, ours))
	f.Add(marshal(&rtcp.SenderReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{SSRC: ours}}}))
	f.Add(marshalPLI())
	f.Add(fir(1, ours))
	f.Add(marshalTuples(formatTMMBR, 9, bitrateTuple{ours, 1 << 30, 40}))
	f.Add(marshalTuples(formatTMMBN, 9))
	f.Add(marshal(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 9, Bitrate: 1e6, SSRCs: []uint32{ours}}))
	f.Add(marshal(&rtcp.TransportLayerNack{SenderSSRC: 9, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}}))
	f.Add(marshal(&rtcp.Goodbye{Sources: []uint32{9}, Reason: "bye"}))
	f.Add([]byte{0x81, 201, 0, 1, 0, 0, 0, 9})
	from := netip.AddrPortFrom(farAddr, 5000)
	f.Fuzz(func(t *testing.T, data []byte) {
		var h heard
		c := newControl("x", media.Video)
		c.terms = s.terms.Load()
		v := c.receive(append([]byte(nil), data...), from, farAddr, ours, Clock(), &h)
		if v != accepted && v != dropHeader {
			t.Fatalf("verdict %v", v)
		}
		if h.nackN > maxNACKs || h.limit < 0 || h.report.Lost < 0 || h.report.Lost > 1 {
			t.Fatalf("heard %+v", h)
		}
		s.receiveControl(append([]byte(nil), data...), from, true, Clock())
	})
}

// FuzzPort feeds whole batches into a picture's and a sound's port.
func FuzzPort(f *testing.F) {
	streams := []*Stream{fuzzStream(f, media.Video), fuzzStream(f, media.Audio)}
	for i, payload := range [][]byte{testSPS, testPPS, testIDR, testP, {0x7c, 0x85, 1, 2}, {0x78, 0, 2, 1, 2}} {
		f.Add(datagram(packet.Header{PT: 97, Seq: uint16(i), SSRC: 1}, payload), []byte{0x10, 1})
	}
	f.Add(datagram(packet.Header{PT: 101, Seq: 1, SSRC: 1}, []byte{1, 0x8a, 0, 160}), []byte{22, 254, 253})
	f.Add([]byte{0, 1, 0, 0}, []byte{})
	from := netip.AddrPortFrom(farAddr, 5000)
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, s := range streams {
			w := wire.Borrow()
			w.Append(a, from)
			w.Append(b, from)
			w.Append(a, netip.AddrPortFrom(other, 1))
			s.rtp.Receive(w, s.now())
			w.Release()
		}
	})
}

// FuzzVP8 holds that rewriting keeps the length and touches only the numbers.
func FuzzVP8(f *testing.F) {
	f.Add([]byte{0x90, 0xe0, 0x81, 0x23, 0x45, 0x20, 1, 2, 3})
	f.Add([]byte{0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		var v vp8Continuity
		v.splice()
		out := v.rewrite(b)
		if len(out) != len(b) {
			t.Fatalf("%d bytes became %d", len(b), len(out))
		}
		if d, ok := parseVP8(b); ok && string(out[d.size:]) != string(b[d.size:]) {
			t.Fatal("the frame changed")
		}
		inspectVP8(b)
		inspectVP9(b)
		inspectAV1(b)
		inspectH265(b)
	})
}
