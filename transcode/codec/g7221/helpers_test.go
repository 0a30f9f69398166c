package g7221

import (
	"math"
	"math/rand/v2"
	"testing"
)

// coding is one of the codings of the codec.
type coding struct{ rate, bitrate int }

var modes = []coding{{16000, 24000}, {16000, 32000}, {32000, 24000}, {32000, 32000}, {32000, 48000}}

func (c coding) ends(t testing.TB) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(c.rate, c.bitrate)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(c.rate, c.bitrate)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// frameBytes is a frame's length as RFC 5577 clause 3 has it.
func (c coding) frameBytes() int { return c.bitrate / 50 / 8 }

// through encodes and decodes sound, and takes out the codec's delay of a frame.
func (c coding) through(t testing.TB, pcm []float32) []float32 {
	t.Helper()
	e, d := c.ends(t)
	size := c.rate / 50
	out := make([]float32, len(pcm)+size)
	pcm = append(pcm[:len(pcm):len(pcm)], make([]float32, size)...)
	for i := 0; i < len(pcm); i += size {
		packet, err := e.Encode(nil, pcm[i:i+size])
		if err != nil || len(packet) != c.frameBytes() {
			t.Fatalf("%d bytes, %v", len(packet), err)
		}
		if n, err := d.Decode(out[i:i+size], packet); n != size || err != nil {
			t.Fatalf("%d samples, %v", n, err)
		}
	}
	return out[size:]
}

func tone(rate, n int, hz, level float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(level * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return out
}

// voice is sound like speech: syllables of a voice with formants, and hissing
// between them.
func voice(rate, n int) []float32 {
	out := make([]float32, n)
	rng := rand.New(rand.NewPCG(1, 2))
	phase := 0.0
	for i := range out {
		t := float64(i) / float64(rate)
		pitch := 120 + 40*math.Sin(2*math.Pi*0.7*t)
		phase += pitch / float64(rate)
		syllable := math.Pow(math.Sin(2*math.Pi*2.5*t), 2)
		s := 0.0
		for h := 1.0; h*pitch < 0.4*float64(rate) && h < 40; h++ {
			s += formants(h*pitch) * math.Sin(2*math.Pi*h*phase)
		}
		out[i] = float32(0.15*s*syllable + 0.01*rng.NormFloat64()*(1-syllable))
	}
	return out
}

func formants(hz float64) float64 {
	bell := func(at, width float64) float64 { return math.Exp(-math.Pow((hz-at)/width, 2)) }
	return bell(700, 400) + 0.5*bell(1700, 500) + 0.2*bell(3500, 900)
}

func energy(pcm []float32) (sum float64) {
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return sum
}

func decibel(ratio float64) float64 { return 10 * math.Log10(ratio) }

// likeness is the ratio of a signal to what another differs from it, in dB.
func likeness(want, got []float32) float64 {
	diff := make([]float32, len(want))
	for i := range want {
		diff[i] = want[i] - got[i]
	}
	return decibel(energy(want) / energy(diff))
}
