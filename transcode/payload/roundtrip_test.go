package payload

import (
	"bytes"
	"errors"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
)

// roundtrips are the clips and the options they are sent with.
var roundtrips = []struct {
	name, clip string
	options    Options
}{
	{"H.264 mode 1", "h264", Options{Mode: 1}},
	{"H.264 mode 1 small", "h264", Options{Mode: 1, MTU: 100}},
	{"H.264 mode 0", "h264 sliced", Options{}},
	{"VP8", "vp8", Options{}},
	{"VP8 small", "vp8", Options{MTU: 100}},
	{"VP9", "vp9", Options{}},
	{"VP9 small", "vp9", Options{MTU: 100}},
	{"H.265", "h265", Options{}},
	{"H.265 small", "h265", Options{MTU: 100}},
	{"AV1", "av1", Options{}},
	{"AV1 small", "av1", Options{MTU: 100}},
	{"RFC 2190", "h263", Options{}},
	{"RFC 2190 small", "h263", Options{MTU: 700}},
	{"RFC 2190 GOBs", "h263 gobs", Options{}},
	{"RFC 2190 4CIF", "h263 4cif", Options{}},
	{"RFC 4629", "h263p", Options{}},
	{"RFC 4629 GOBs", "h263p gobs", Options{MTU: 500}},
	{"RFC 4587", "h261", Options{}},
	{"RFC 4587 small", "h261", Options{MTU: 700}},
	{"RFC 4587 QCIF", "h261 qcif", Options{}},
}

// sameFrames holds that all frames came as they were sent.
func sameFrames(t *testing.T, c *clip, got []Frame) {
	t.Helper()
	if len(got) != len(c.encoded) {
		t.Fatalf("%d frames of %d", len(got), len(c.encoded))
	}
	for i, f := range got {
		e := c.encoded[i]
		if !bytes.Equal(f.Data, whole(c.codec, e)) {
			t.Errorf("frame %d: %d bytes, sent %d", i, len(f.Data), len(whole(c.codec, e)))
		}
		if f.Damaged || f.Key != e.Key || f.Timestamp != uint32(i)*3600 {
			t.Errorf("frame %d: damaged %t, key %t (sent %t), time %d", i, f.Damaged, f.Key, e.Key, f.Timestamp)
		}
	}
	if c.keys < 2 || c.keys == clipFrames {
		t.Errorf("%d keyframes in the clip", c.keys)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, r := range roundtrips {
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			sent := packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)
			mtu := r.options.MTU
			if mtu == 0 {
				mtu = DefaultMTU
			}
			for i, p := range sent {
				if len(p.payload) > mtu {
					t.Fatalf("packet %d has %d bytes", i, len(p.payload))
				}
			}
			sameFrames(t, c, assemble(newTestAssembler(t, c.codec), sent))
		})
	}
}

// TestMarkersMissing holds that frames end where the next begins. The last has no next.
func TestMarkersMissing(t *testing.T) {
	for _, r := range roundtrips {
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			sent := packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)
			for i := range sent[:len(sent)-1] {
				sent[i].marker = false
			}
			sameFrames(t, c, assemble(newTestAssembler(t, c.codec), sent))
		})
	}
}

// TestOneMarkerMissing holds that nothing is late for longer than it must be.
func TestOneMarkerMissing(t *testing.T) {
	c := load(t, "vp8")
	p := newTestPacketizer(t, c.codec, Options{MTU: 60000}) // every frame is one packet
	sent := packets(t, p, c.encoded)
	sent[3].marker = false
	a := newTestAssembler(t, c.codec)
	for i, s := range sent {
		_, first := a.Push(s.seq, s.timestamp, s.marker, s.payload)
		_, second := a.Next()
		if first == (i == 3) || second != (i == 4) {
			t.Errorf("packet %d: a frame %t, another %t", i, first, second)
		}
	}
}

// TestMarkersEverywhere holds that a sender that marks every packet is seen through.
func TestMarkersEverywhere(t *testing.T) {
	for _, r := range roundtrips {
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			sent := packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)
			for i := range sent {
				sent[i].marker = true
			}
			got := assemble(newTestAssembler(t, c.codec), append(sent, packet{seq: sent[len(sent)-1].seq + 1, timestamp: 1e6}))
			good := 0
			for i := range got {
				e := c.encoded[got[i].Timestamp/3600]
				if bytes.Equal(got[i].Data, whole(c.codec, e)) {
					good++
				}
			}
			if good < clipFrames-misledAfter {
				t.Errorf("%d of %d frames are whole", good, clipFrames)
			}
		})
	}
}

// TestSameTimestamp holds that frames with one time are told apart by what is in them,
// where markers are missing too.
func TestSameTimestamp(t *testing.T) {
	for _, r := range roundtrips {
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			if c.codec == media.AV1 {
				return // nothing in its payloads tells
			}
			sent := packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)
			for i := range sent {
				sent[i].timestamp = 7
				sent[i].marker = i == len(sent)-1
			}
			got := assemble(newTestAssembler(t, c.codec), sent)
			for i := range got {
				got[i].Timestamp = uint32(i) * 3600
			}
			sameFrames(t, c, got)
		})
	}
}

// TestLoss takes one packet out of the stream, each or many in turn: frames are damaged
// from there on until the next keyframe that is whole, and not one longer.
func TestLoss(t *testing.T) {
	for _, r := range roundtrips {
		t.Run(r.name, func(t *testing.T) {
			c := load(t, r.clip)
			sent := packets(t, newTestPacketizer(t, c.codec, r.options), c.encoded)
			for out := 1; out < len(sent)-1; out += 1 + len(sent)/200 {
				without := append(append([]packet(nil), sent[:out]...), sent[out+1:]...)
				hit, good := int(sent[out].timestamp/3600), clipFrames
				for i := clipFrames - 1; i > hit; i-- {
					if c.encoded[i].Key {
						good = i
					}
				}
				for _, f := range assemble(newTestAssembler(t, c.codec), without) {
					i := int(f.Timestamp / 3600)
					if i == hit && !f.Damaged && bytes.HasSuffix(f.Data, picture(c.codec, c.encoded[i])) {
						good = i // parameter sets were lost that are known
					}
					if want := i >= hit && i < good; f.Damaged != want {
						t.Fatalf("packet %d of frame %d lost: frame %d damaged %t, whole again from %d", out, hit, i, f.Damaged, good)
					}
					if !f.Damaged && !bytes.HasSuffix(f.Data, picture(c.codec, c.encoded[i])) {
						t.Fatalf("frame %d differs, undamaged", i)
					}
				}
			}
		})
	}
}

func TestLateAndDoubled(t *testing.T) {
	c := load(t, "vp8")
	sent := packets(t, newTestPacketizer(t, c.codec, Options{}), c.encoded)
	var twice []packet
	for i, p := range sent {
		twice = append(twice, p, p)
		if i > 10 {
			twice = append(twice, sent[i-10])
		}
	}
	sameFrames(t, c, assemble(newTestAssembler(t, c.codec), twice))
}

// TestStartsOver holds that a sender that goes back a little in its numbers is heard again.
func TestStartsOver(t *testing.T) {
	c := load(t, "vp8")
	sent := packets(t, newTestPacketizer(t, c.codec, Options{MTU: 200}), c.encoded)
	again := append([]packet(nil), sent...)
	for i := range again {
		again[i].seq -= uint16(len(sent)) / 2
		again[i].timestamp += 1e6
	}
	got := assemble(newTestAssembler(t, c.codec), append(sent, again...))
	last := got[len(got)-1]
	if len(got) < 2*clipFrames-10 || last.Damaged || !bytes.Equal(last.Data, c.encoded[clipFrames-1].Units[0]) {
		t.Errorf("%d frames, the last one %d bytes, damaged %t", len(got), len(last.Data), last.Damaged)
	}
}

func TestUnsupported(t *testing.T) {
	if _, err := NewAssembler(media.Opus); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if _, err := NewPacketizer(media.H265, Options{}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// TestNothing holds that a frame that the encoder left out costs no packet.
func TestNothing(t *testing.T) {
	for _, r := range roundtrips {
		c := load(t, r.clip)
		p := newTestPacketizer(t, c.codec, r.options)
		if _, others := p.(pionPacketizer); others {
			continue
		}
		if out, err := p.Payloads(codec.Encoded{}); err != nil || len(out) > 0 {
			t.Errorf("%s: %d packets, %v", r.name, len(out), err)
		}
		if _, err := p.Payloads(codec.Encoded{Units: [][]byte{{}}}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}
