package g7221

import (
	"math"
	"testing"

	"github.com/roombridge/roombridge/transcode/codec"
)

// A lost frame is filled by the one before, a second one by silence, whatever
// pieces are asked for.
func TestConceal(t *testing.T) {
	for _, m := range modes {
		for _, piece := range []int{m.rate / 50, m.rate / 100, 7} {
			e, d := m.ends(t)
			size := m.rate / 50
			packet, _ := e.Encode(nil, tone(m.rate, 10*size, 440, 0.5))
			pcm := make([]float32, codec.MaxFrame)
			n, _ := d.Decode(pcm, packet)
			sound := energy(pcm[n-size : n])
			made := make([]float32, 4*size)
			for i := 0; i < len(made); i += piece {
				if err := d.Conceal(made[i:min(i+piece, len(made))]); err != nil {
					t.Fatal(err)
				}
			}
			if db := decibel(energy(made[:size]) / sound); math.Abs(db) > 4 {
				t.Errorf("%v: the first frame made up has %+.1f dB", m, db)
			}
			if energy(made[3*size:]) != 0 {
				t.Errorf("%v: no silence after three lost frames", m)
			}
		}
	}
}

// What was made up beyond what was heard goes over into what comes.
func TestBlend(t *testing.T) {
	e, d := coding{16000, 32000}.ends(t)
	packet, _ := e.Encode(nil, tone(16000, 3200, 500, 0.5))
	pcm := make([]float32, codec.MaxFrame)
	_, _ = d.Decode(pcm, packet)
	made := make([]float32, 160)
	_ = d.Conceal(made)
	next, _ := e.Encode(nil, tone(16000, 320, 500, 0.5))
	_, _ = d.Decode(pcm, next)
	if step := math.Abs(float64(pcm[0] - made[159])); step > 0.12 {
		t.Errorf("a step of %.2f", step)
	}
}

// Frames that cannot be are filled in like lost ones; what follows is good.
func TestDamage(t *testing.T) {
	for _, m := range modes {
		e, d := m.ends(t)
		size := m.rate / 50
		in := tone(m.rate, 20*size, 1000, 0.5)
		pcm := make([]float32, codec.MaxFrame)
		for i := 0; i < len(in); i += size {
			packet, _ := e.Encode(nil, in[i:i+size])
			if i == 10*size {
				clear(packet) // powers of nothing
			}
			if n, err := d.Decode(pcm, packet); n != size || err != nil {
				t.Fatalf("%d samples, %v", n, err)
			}
			if i == 0 {
				continue
			}
			if db := decibel(energy(pcm[:size]) / energy(in[:size])); math.Abs(db) > 3 {
				t.Errorf("%v: frame %d has %+.1f dB", m, i/size, db)
			}
		}
	}
}

// No packet may bring the decoder down or its output out of range.
func FuzzDecode(f *testing.F) {
	for i, m := range modes {
		e, _ := m.ends(f)
		packet, _ := e.Encode(nil, voice(m.rate, m.rate/25))
		f.Add(byte(i), packet, 100)
	}
	f.Add(byte(0), make([]byte, 60), 320)
	f.Fuzz(func(t *testing.T, which byte, packet []byte, lost int) {
		m := modes[int(which)%len(modes)]
		_, d := m.ends(t)
		pcm := make([]float32, codec.MaxFrame)
		whole := packet[:len(packet)/m.frameBytes()*m.frameBytes()]
		for range 2 {
			n, err := d.Decode(pcm, whole)
			if want := min(len(whole)/m.frameBytes(), codec.MaxFrame/(m.rate/50)) * m.rate / 50; n != want || (err == nil) != (n > 0) {
				t.Fatalf("%d samples, want %d: %v", n, want, err)
			}
			check(t, pcm[:n])
			lost := pcm[:min(max(lost, 0), len(pcm))]
			if err := d.Conceal(lost); err != nil {
				t.Fatal(err)
			}
			check(t, lost)
		}
		_, _ = d.Decode(pcm, packet)
	})
}

func check(t *testing.T, pcm []float32) {
	t.Helper()
	for _, s := range pcm {
		if !(s >= -1 && s <= 1) {
			t.Fatalf("sample %v", s)
		}
	}
}

// No sound may bring the encoder down, and what it makes is always a frame.
func TestEncodeAnything(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, m := range modes {
		for _, value := range []float32{0, 1, -1, 2, 1e30, inf, -inf, float32(math.NaN())} {
			e, d := m.ends(t)
			in := make([]float32, m.rate/10)
			for i := range in {
				in[i] = value
				if i%7 < 3 {
					in[i] = -value
				}
			}
			packet, _ := e.Encode(nil, in)
			for ; len(packet) > 0; packet = packet[m.frameBytes():] {
				if !d.read(packet[:m.frameBytes()]) {
					t.Errorf("%v, samples of %v: a frame that cannot be", m, value)
				}
			}
		}
	}
}
