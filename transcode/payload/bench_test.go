package payload

import (
	"bytes"
	"testing"
)

// BenchmarkAssemble and BenchmarkPacketize say what a packet costs.
func BenchmarkAssemble(b *testing.B) {
	for _, r := range roundtrips {
		b.Run(r.name, func(b *testing.B) {
			c := load(b, r.clip)
			sent := packets(b, newTestPacketizer(b, c.codec, r.options), c.encoded)
			a := newTestAssembler(b, c.codec)
			b.ReportAllocs()
			i, seq := 0, uint16(0)
			for b.Loop() {
				p := sent[i%len(sent)]
				a.Push(seq, p.timestamp, p.marker, p.payload)
				seq++
				i++
				b.SetBytes(int64(len(p.payload)))
			}
		})
	}
}

func BenchmarkPacketize(b *testing.B) {
	for _, r := range roundtrips {
		c := clips[r.clip].codec
		if _, others := newTestPacketizer(b, c, Options{}).(pionPacketizer); others {
			continue
		}
		b.Run(r.name, func(b *testing.B) {
			c := load(b, r.clip)
			p := newTestPacketizer(b, c.codec, r.options)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Payloads(c.encoded[i%clipFrames])
			}
		})
	}
}

// TestNoAllocation holds that nothing is allocated for a frame once buffers have grown.
func TestNoAllocation(t *testing.T) {
	for _, r := range roundtrips {
		c := load(t, r.clip)
		p := newTestPacketizer(t, c.codec, r.options)
		sent := packets(t, p, c.encoded)
		a := newTestAssembler(t, c.codec)
		seq := uint16(0)
		assembleAll := func() {
			for _, s := range sent {
				a.Push(seq, s.timestamp, s.marker, s.payload)
				seq++
			}
		}
		assembleAll()
		if n := testing.AllocsPerRun(5, assembleAll); n > 0 {
			t.Errorf("%s: assembling allocates %v times for %d frames", r.name, n, clipFrames)
		}
		if _, others := p.(pionPacketizer); others {
			continue
		}
		if n := testing.AllocsPerRun(5, func() {
			for _, e := range c.encoded {
				p.Payloads(e)
			}
		}); n > 0 {
			t.Errorf("%s: cutting allocates %v times for %d frames", r.name, n, clipFrames)
		}
	}
}

// TestValidUntilNextCall holds that a frame stays as it was given until the next call, also when
// that packet has begun another.
func TestValidUntilNextCall(t *testing.T) {
	c := load(t, "vp8")
	sent := packets(t, newTestPacketizer(t, c.codec, Options{}), c.encoded)
	a := newTestAssembler(t, c.codec)
	for _, s := range sent {
		if f, ok := a.Push(s.seq, s.timestamp, false, s.payload); ok && !bytes.Equal(f.Data, c.encoded[f.Timestamp/3600].Units[0]) {
			t.Errorf("frame %d", f.Timestamp/3600)
		}
	}
}
