//go:build cgo && !nocodecs

package g729

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

var (
	_ codec.Concealer = (*Decoder)(nil)
	_ codec.Encoder   = (*Encoder)(nil)
)

func ends(t testing.TB) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	t.Cleanup(d.Close)
	return e, d
}

func tone(n int, hz float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(0.3 * math.Sin(2*math.Pi*hz*float64(i)/sampleRate))
	}
	return out
}

// decibel is the loudness of sound.
func decibel(pcm []float32) float64 {
	sum := 1e-12
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(sum/float64(len(pcm)))
}

// A codec for voices keeps the level of tones that a voice has.
func TestLevel(t *testing.T) {
	for hz, most := range map[float64]float64{200: 1, 440: 1, 1000: 1, 2000: 2, 3000: 2} {
		e, d := ends(t)
		in := tone(sampleRate/2, hz)
		packet, err := e.Encode(nil, in)
		if err != nil || len(packet) != 500 {
			t.Fatalf("%d bytes, %v", len(packet), err)
		}
		out := make([]float32, len(in))
		if n, err := d.Decode(out, packet); n != len(in) || err != nil {
			t.Fatalf("%d samples, %v", n, err)
		}
		if off := decibel(out[800:]) - decibel(in[800:]); math.Abs(off) > most {
			t.Errorf("%v Hz: level changes by %.2f dB", hz, off)
		}
	}
}

func TestSizes(t *testing.T) {
	e, d := ends(t)
	pcm := make([]float32, codec.MaxFrame)
	if p, err := e.Encode([]byte("x"), make([]float32, 239)); len(p) != 21 || err != nil {
		t.Errorf("%d bytes, %v", len(p), err)
	}
	for size, want := range map[int]int{10: 80, 20: 160, 2: 80, 12: 160, 1000: 5760, 0: -1, 1: -1, 3: -1, 11: -1, 15: -1} {
		n, err := d.Decode(pcm, make([]byte, size))
		if want < 0 && err == nil || want >= 0 && n != want {
			t.Errorf("%d bytes give %d samples, %v", size, n, err)
		}
	}
	if n, _ := d.Decode(pcm[:159], make([]byte, 20)); n != 80 {
		t.Errorf("%d samples in a buffer of 159", n)
	}
}

// Lost frames are filled in and fade; after a frame that describes silence its
// noise goes on.
func TestConceal(t *testing.T) {
	e, d := ends(t)
	packet, _ := e.Encode(nil, tone(1600, 300))
	pcm := make([]float32, codec.MaxFrame)
	_, _ = d.Decode(pcm, packet)
	loud := decibel(pcm[800:1600])
	first, later := make([]float32, 120), make([]float32, 4000)
	_ = d.Conceal(first)
	_ = d.Conceal(later)
	if off := decibel(first) - loud; off < -6 || off > 3 {
		t.Errorf("what is made up has %+.1f dB", off)
	}
	if off := decibel(later[3000:]) - loud; off > -30 {
		t.Errorf("after half a second there are still %+.1f dB", off)
	}
	silence := []byte{0x2c, 0x5c} // some spectrum, some gain
	if n, err := d.Decode(pcm, silence); n != 80 || err != nil {
		t.Fatalf("%d samples, %v", n, err)
	}
	_ = d.Conceal(later)
	if level := decibel(later[2000:]); level < -90 || level > -20 {
		t.Errorf("silence is filled with %.0f dB", level)
	}
}

// Whoever changes to a copied encoder hears hardly anything of it.
func TestClone(t *testing.T) {
	e, d := ends(t)
	in := tone(6400, 440)
	packet, _ := e.Encode(nil, in[:3200])
	pcm := make([]float32, codec.MaxFrame)
	_, _ = d.Decode(pcm, packet)
	before := decibel(pcm[1600:3200])
	c, err := e.Clone()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	packet, _ = c.Encode(nil, in[3200:])
	_, _ = d.Decode(pcm, packet)
	for i := 0; i < 3200; i += 160 {
		if off := decibel(pcm[i:i+160]) - before; math.Abs(off) > 3 {
			t.Errorf("%d ms after: %+.1f dB", i/8, off)
		}
	}
}

func TestAllocations(t *testing.T) {
	e, d := ends(t)
	in, out, packet := tone(160, 400), make([]float32, codec.MaxFrame), make([]byte, 0, 20)
	if n := testing.AllocsPerRun(20, func() {
		packet, _ = e.Encode(packet[:0], in)
		_, _ = d.Decode(out, packet)
		_ = d.Conceal(out[:100])
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// No packets may bring the decoder down.
func FuzzDecode(f *testing.F) {
	e, _ := ends(f)
	packet, _ := e.Encode(nil, tone(160, 400))
	f.Add(packet, 100)
	f.Add(append(packet[:10:10], 1, 2), 0)
	f.Add([]byte{0xff, 0xff}, 80)
	f.Fuzz(func(t *testing.T, packet []byte, lost int) {
		_, d := ends(t)
		pcm := make([]float32, codec.MaxFrame)
		for range 3 {
			_, _ = d.Decode(pcm, packet[:len(packet)/10*10])
			_ = d.Conceal(pcm[:min(max(lost, 0), len(pcm))])
			_, _ = d.Decode(pcm, packet)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e, _ := ends(b)
	pcm, out := tone(160, 400), []byte(nil)
	for b.Loop() {
		out, _ = e.Encode(out[:0], pcm)
	}
}

func BenchmarkDecode(b *testing.B) {
	e, d := ends(b)
	packet, _ := e.Encode(nil, tone(160, 400))
	out := make([]float32, codec.MaxFrame)
	for b.Loop() {
		_, _ = d.Decode(out, packet)
	}
}
