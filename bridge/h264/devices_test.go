package h264

import (
	"bytes"
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

// What devices are known to send (INTEROP section 5, field reports), one test
// each. The bits are ours, the order of the packets theirs.

// Huawei VP9660 and TE: packetization-mode 0, slices of 1100 bytes, SPS and
// PPS in packets of their own before each IDR picture.
func TestDeviceHuawei(t *testing.T) {
	s := newNorm(t, 0)
	slice := func(header byte) []byte { return append([]byte{header, 0x88, 0x84}, make1(1, 1097)...) }
	for i := range uint16(3) {
		at, ts := i*10, uint32(i)*3000
		s.push(step{at, ts, false, plainSPS}, step{at + 1, ts, false, plainPPS})
		for j := range uint16(8) {
			s.push(step{at + 2 + j, ts, j == 7, slice(0x65)})
		}
	}
	if st := s.n.Stats(); st.Keyframes != 3 || st.In != 30 || st.Out != 27 || st.Split != 0 {
		t.Errorf("%+v", st)
	}
	if s.last.Seq != 26 || !s.last.Marker {
		t.Errorf("%+v", s.last.Header)
	}
}

// Poly HDX and others begin with P pictures and send parameter sets once,
// with the first IDR picture; later ones come bare on request.
func TestDeviceSetsOnce(t *testing.T) {
	s := newNorm(t, 0)
	s.push(
		step{1, 1, true, pFirst}, step{2, 2, true, pFirst},
		step{3, 3, false, aggregate(nil, plainSPS, plainPPS)}, step{4, 3, true, idrFirst},
		step{5, 4, true, pFirst},
		step{6, 5, false, []byte{0x7c, 0x85, 0x88, 0x84, 0x21}}, step{7, 5, true, []byte{0x7c, 0x45, 1}},
	)
	s.want("1/1:.1M", "2/2:.1M", "3/3:stap.7.8K", "4/3:.5M", "5/4:.1M", "6/5:stap.7.8K", "7/5:fu.5", "8/5:fu.5M")
}

// Devices with gradual refresh: a recovery point SEI, and intra macroblocks in
// P pictures. There is never a keyframe to switch at.
func TestDeviceGradualRefresh(t *testing.T) {
	recovery := []byte{0x06, 0x06, 0x01, 0xc4, 0x80}
	s := newNorm(t, 0)
	for i := range uint16(10) {
		s.push(step{i * 2, uint32(i), false, recovery}, step{i*2 + 1, uint32(i), true, pFirst})
	}
	if st := s.n.Stats(); st.Keyframes != 0 || st.Undecodable != 0 || st.In != st.Out {
		t.Errorf("%+v", st)
	}
}

// Cisco with max-temp-layer-p2p and other SVC peers: prefix units before each
// slice, enhancement layers behind, the marker on the last of them.
func TestDeviceTemporalLayers(t *testing.T) {
	s := newNorm(t, 0)
	prefix := []byte{0x6e, 0x40, 0x80, 0x07}
	s.push(
		step{1, 1, false, aggregate(nil, plainSPS, []byte{0x6f, 0x53, 0, 31}, plainPPS, prefix, idrFirst)},
		step{2, 1, false, prefix}, step{3, 1, false, idrSecond},
		step{4, 1, false, layerUnit}, step{5, 1, true, layerUnit},
		step{6, 2, false, aggregate(nil, prefix, pFirst)}, step{7, 2, true, append([]byte{0x7c, 0x80 | 20}, 1, 2, 3)},
	)
	s.want("1/1:stap.7.8K", "2/1:.5", "3/1:.5", "4/1:.12M", "5/2:.1", "6/2:.12M")
}

// Encoders whose pictures have several PPS: P slices refer to others than the
// IDR slices do.
func TestDeviceSeveralPPS(t *testing.T) {
	var w bitWriter
	w.ue(1)
	w.ue(0)
	w.u(8, 0x5a)
	w.trailing()
	second := appendNALUnit(nil, 0x68, w.buf)
	s := newNorm(t, 0)
	s.push(step{1, 1, false, plainSPS}, step{2, 1, false, second}, step{3, 1, false, plainPPS}, step{4, 1, true, idrFirst})
	s.want("1/1:stap.7.8.8K", "2/1:.5M")
	var payload []byte
	s.n.emit = func(p *packet.Packet) {
		if p.Keyframe {
			payload = bytes.Clone(p.Payload)
		}
	}
	s.push(step{5, 2, true, idrFirst})
	if want := aggregate(nil, plainSPS, plainPPS, second); !bytes.Equal(payload, want) {
		t.Errorf("%x, want %x", payload, want)
	}
}

// A change of the picture size in mid-call, as after a layout change: the new
// sets replace the old ones.
func TestDeviceChangesSize(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, false, plainSPS}, step{2, 1, false, plainPPS}, step{3, 1, true, idrFirst})
	small := spsFields(66, func(w *bitWriter) { w.ue(0); w.ue(0); w.ue(2); tail(w, 11, 9) })
	s.push(step{4, 2, false, small}, step{5, 2, false, plainPPS})
	if w, h := s.n.Size(); w != 320 || h != 192 {
		t.Errorf("%dx%d before the picture is there", w, h)
	}
	s.push(step{6, 2, true, idrFirst}, step{7, 3, true, idrFirst})
	if w, h := s.n.Size(); w != 176 || h != 144 {
		t.Errorf("%dx%d", w, h)
	}
	if st := s.n.Stats(); st.Keyframes != 3 || st.Inserted != 1 {
		t.Errorf("%+v", st)
	}
}

// Encoders of constant bitrate stuff pictures with filler, which is not worth
// its way; its marker is.
func TestDeviceFiller(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, false, pFirst}, step{2, 1, false, make1(12, 1000)}, step{3, 1, true, make1(12, 1000)}, step{4, 2, true, pFirst})
	s.want("1/1:.1", "2/1:.12M", "3/2:.1M")
	if len(filler) != 3 {
		t.Error("the filler is not small")
	}
}

// Padding packets without payload, as bandwidth probes are.
func TestDevicePadding(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, true, pFirst}, step{2, 1, false, nil}, step{3, 1, false, nil}, step{4, 2, true, pFirst})
	s.want("1/1:.1M", "2/2:.1M")
}

// Recording follows the stream through its end of sequence.
func TestEndOfSequencePasses(t *testing.T) {
	s := newNorm(t, 0)
	s.push(step{1, 1, false, pFirst}, step{2, 1, true, []byte{TypeEndOfSeq}}, step{3, 2, true, []byte{TypeEndOfStr}})
	s.want("1/1:.1", "2/1:.10M", "3/2:.11M")
}
