package g7221

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

var (
	_ codec.Concealer = (*Decoder)(nil)
	_ codec.Encoder   = (*Encoder)(nil)
)

// A tone comes out as loud as it went in, in all of the band, quiet or loud.
func TestLevel(t *testing.T) {
	for _, m := range modes {
		top := 6500.0
		if m.rate == 32000 {
			top = 13500
		}
		for _, hz := range []float64{100, 440, 1000, 3000, 5000, top} {
			for _, level := range []float64{0.003, 0.1, 0.99} {
				in := tone(m.rate, m.rate/2, hz, level)
				out := m.through(t, in)
				if d := decibel(energy(out[m.rate/10:]) / energy(in[m.rate/10:])); math.Abs(d) > 1 {
					t.Errorf("%v, %v Hz at %v: level changes by %.2f dB", m, hz, level, d)
				}
			}
		}
	}
}

// How near sound like speech comes to itself. The reference does not come
// nearer by more than a tenth of a dB.
func TestVoice(t *testing.T) {
	want := map[coding]float64{{16000, 24000}: 14.5, {16000, 32000}: 16, {32000, 24000}: 13.5, {32000, 32000}: 15, {32000, 48000}: 16}
	for _, m := range modes {
		in := voice(m.rate, m.rate)
		got := likeness(in, m.through(t, in))
		t.Logf("%v: %.1f dB", m, got)
		if got < want[m] {
			t.Errorf("%v: %.1f dB, want %.1f", m, got, want[m])
		}
	}
}

// What the integer arithmetic of the Recommendation made of voice, both ways.
// It has noise of its own, at 16 kHz 54 dB below the sound; the cosines that it
// has for Annex C alone are of angles that are off by up to 2 %, which is 39 dB.
func TestReference(t *testing.T) {
	for _, m := range modes {
		file := fmt.Sprintf("testdata/reference/%d-%d.", m.rate/1000, m.bitrate/1000)
		frames, err := os.ReadFile(file + "frames")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file + "pcm")
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, len(raw)/2)
		for i := range want {
			want[i] = codec.Float(int16(binary.LittleEndian.Uint16(raw[2*i:])))
		}
		e, d := m.ends(t)
		got := make([]float32, len(want))
		if n, err := d.Decode(got, frames); n != len(want) || err != nil {
			t.Fatalf("%d samples, %v", n, err)
		}
		near := 50.0
		if m.rate == 32000 {
			near = 38
		}
		if db := likeness(want, got); db < near {
			t.Errorf("%v: decoded with a difference %.1f dB below, want %.0f", m, db, near)
		}
		ours, _ := e.Encode(nil, voice(m.rate, len(want)))
		if a, b := envelopes(d, ours), envelopes(d, frames); a != b {
			t.Errorf("%v: our envelopes differ:\n%v\n%v", m, a, b)
		}
	}
}

// envelopes writes the powers of frames in steps of 6 dB: those of the
// reference are rounded a little otherwise.
func envelopes(d *Decoder, frames []byte) string {
	var out bytes.Buffer
	for ; len(frames) > 0; frames = frames[d.mode.bytes:] {
		var p powers
		p.read(&d.mode, &reader{data: frames})
		fmt.Fprintln(&out, (p[1]+1)/2, (p[3]+1)/2)
	}
	return out.String()
}

// A packet may hold several frames (RFC 5577 3).
func TestFramesInAPacket(t *testing.T) {
	for _, m := range modes {
		e, d := m.ends(t)
		_, d2 := m.ends(t)
		packet, err := e.Encode([]byte("x"), voice(m.rate, 3*m.rate/50+7))
		packet = packet[1:]
		if err != nil || len(packet) != 3*m.frameBytes() {
			t.Fatalf("%d bytes, %v", len(packet), err)
		}
		all, one := make([]float32, codec.MaxFrame), make([]float32, codec.MaxFrame)
		n, err := d.Decode(all, packet)
		if n != 3*m.rate/50 || err != nil {
			t.Fatalf("%d samples, %v", n, err)
		}
		for i := range 3 {
			n, _ := d2.Decode(one, packet[i*m.frameBytes():][:m.frameBytes()])
			if likeness(all[i*n:(i+1)*n], one[:n]) < 100 {
				t.Errorf("%v: frame %d is another one alone", m, i)
			}
		}
		if n, err := d.Decode(all[:m.rate/50+1], packet); n != m.rate/50 || err != nil {
			t.Errorf("%d samples in a short buffer, %v", n, err)
		}
		for _, bad := range []int{0, 1, m.frameBytes() - 1, m.frameBytes() + 1} {
			if n, err := d.Decode(all, make([]byte, bad)); n != 0 || err == nil {
				t.Errorf("%v: %d bytes give %d samples", m, bad, n)
			}
		}
	}
}

func TestCodings(t *testing.T) {
	for _, m := range []coding{{16000, 48000}, {8000, 24000}, {32000, 64000}, {0, 0}, {48000, 0}, {16000, -1}} {
		if _, err := NewDecoder(m.rate, m.bitrate); err == nil {
			t.Errorf("%v has a decoder", m)
		}
		if _, err := NewEncoder(m.rate, m.bitrate); err == nil {
			t.Errorf("%v has an encoder", m)
		}
	}
	for rate, bytes := range map[int]int{16000: 80, 32000: 120} {
		e, d := coding{rate, 0}.ends(t)
		if p, _ := e.Encode(nil, make([]float32, rate/50)); len(p) != bytes || e.Rate() != rate || d.Rate() != rate {
			t.Errorf("%d Hz: %d bytes", rate, len(p))
		}
		e.Close()
		d.Close()
	}
}

// Whoever changes to a copied encoder hears nothing of it.
func TestClone(t *testing.T) {
	e, _ := coding{32000, 32000}.ends(t)
	_, _ = e.Encode(nil, voice(32000, 6400))
	c, err := e.Clone()
	if err != nil {
		t.Fatal(err)
	}
	next := tone(32000, 640, 700, 0.5)
	a, _ := e.Encode(nil, next)
	if b, _ := c.Encode(nil, next); !bytes.Equal(a, b) {
		t.Error("the copy goes on otherwise")
	}
}

func TestAllocations(t *testing.T) {
	for _, m := range modes {
		e, d := m.ends(t)
		in, out, packet := voice(m.rate, m.rate/50), make([]float32, codec.MaxFrame), make([]byte, 0, 200)
		n := testing.AllocsPerRun(20, func() {
			packet, _ = e.Encode(packet[:0], in)
			_, _ = d.Decode(out, packet)
			_ = d.Conceal(out[:100])
		})
		if n != 0 {
			t.Errorf("%v: %v allocations a frame", m, n)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, m := range modes {
		b.Run(fmt.Sprintf("%d-%d", m.rate/1000, m.bitrate/1000), func(b *testing.B) {
			e, _ := m.ends(b)
			pcm, out := voice(m.rate, m.rate/50), []byte(nil)
			for b.Loop() {
				out, _ = e.Encode(out[:0], pcm)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, m := range modes {
		b.Run(fmt.Sprintf("%d-%d", m.rate/1000, m.bitrate/1000), func(b *testing.B) {
			e, d := m.ends(b)
			packet, _ := e.Encode(nil, voice(m.rate, m.rate/50))
			out := make([]float32, codec.MaxFrame)
			for b.Loop() {
				_, _ = d.Decode(out, packet)
			}
		})
	}
}
