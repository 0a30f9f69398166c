package relay

import (
	"net/netip"
	"testing"

	"github.com/pion/rtcp"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// benchBatch is eight packets of a picture in one batch.
func benchBatch() []packet.Packet {
	batch := make([]packet.Packet, 8)
	for i := range batch {
		batch[i].Payload = make([]byte, 1100)
		batch[i].Payload[0] = 0x41
	}
	return batch
}

func BenchmarkAdmission(b *testing.B) {
	for _, c := range []struct {
		name string
		from netip.AddrPort
		ssrc uint32
	}{
		{"source", netip.AddrPortFrom(farAddr, 5000), 7},
		{"stranger", netip.AddrPortFrom(other, 5000), 8},
	} {
		b.Run(c.name, func(b *testing.B) {
			x := newBench(b, media.Video, media.SuiteNone, media.SuiteNone)
			defer x.close()
			in := new(inbox)
			now := Clock()
			b.ReportAllocs()
			for i := range b.N {
				d := x.buf[:1112]
				packet.Write(d, packet.Header{PT: 97, Seq: uint16(i + 5), SSRC: c.ssrc})
				x.in.rx.receive(d, c.from, now, in)
				in.n = 0
			}
		})
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, sinks := range []int{1, 10, 50} {
		b.Run(map[int]string{1: "1", 10: "10", 50: "50"}[sinks], func(b *testing.B) {
			tr := NewTrack(TrackConfig{ID: "a", Kind: media.Video, Format: h264Format})
			for range sinks {
				tr.Attach(&discard{})
			}
			batch := benchBatch()
			b.ReportAllocs()
			for range b.N {
				tr.Publish(batch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/packet")
		})
	}
}

// discard is a sink that does nothing. It is not empty, so that two differ.
type discard struct{ n int }

func (d *discard) WriteRTP(*packet.Packet) { d.n++ }
func (d *discard) Flush()                  {}

func BenchmarkSplice(b *testing.B) {
	s := newSource("a", h264Format, Clock)
	splice := NewSplice(SpliceConfig{Out: &drain{}, Kind: media.Video})
	splice.Select(s.track)
	s.key()
	batch := benchBatch()
	b.ReportAllocs()
	for range b.N {
		for i := range batch {
			s.h.Seq++
			batch[i].Header = s.h
		}
		s.track.Publish(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/packet")
}

// drain is an Out that takes everything.
type drain struct{ n int }

func (d *drain) Send(packet.Header, []byte)               { d.n++ }
func (d *drain) Flush()                                   {}
func (d *drain) PayloadType(f media.Format) (uint8, bool) { return f.PT, true }

func BenchmarkSend(b *testing.B) {
	for _, suite := range []media.Suite{media.SuiteNone, media.AEADGCM128, media.AESCM80} {
		b.Run(suite.String(), func(b *testing.B) {
			x := newBench(b, media.Video, media.SuiteNone, suite)
			defer x.close()
			seq, _, _ := x.out.Position()
			h := packet.Header{PT: 97, Seq: seq, Timestamp: 1}
			b.ReportAllocs()
			for i := range b.N {
				h.Seq++
				x.out.Send(h, x.payload)
				if i%8 == 7 {
					x.out.Flush()
				}
			}
		})
	}
}

func BenchmarkRTCP(b *testing.B) {
	x := newBench(b, media.Video, media.SuiteNone, media.SuiteNone)
	defer x.close()
	data := append(marshal(&rtcp.SenderReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{SSRC: x.in.tx.ssrc}}}), marshalPLI()...)
	from := netip.AddrPortFrom(farAddr, 5001)
	b.ReportAllocs()
	for range b.N {
		x.in.receiveControl(data, from, false, Clock())
	}
}
