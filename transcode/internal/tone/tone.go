// Package tone makes tones and finds them again in sound. Tests of codecs,
// jitter buffer and mixer measure with it.
package tone

import "math"

// Generator makes one tone of endless length.
type Generator struct {
	Hz        float64
	Amplitude float64 // 1 is full scale
	Rate      int
	n         int
}

// Fill writes the next samples.
func (g *Generator) Fill(x []float32) {
	for i := range x {
		x[i] = float32(g.Amplitude * math.Sin(2*math.Pi*g.Hz*float64(g.n)/float64(g.Rate)))
		g.n++
	}
}

// Make gives samples of a tone.
func Make(hz, amplitude float64, rate, samples int) []float32 {
	x := make([]float32, samples)
	(&Generator{Hz: hz, Amplitude: amplitude, Rate: rate}).Fill(x)
	return x
}

// Amplitude gives how much of a tone there is in x, by Goertzel's algorithm
// behind a Hann window.
func Amplitude(x []float32, hz float64, rate int) float64 {
	coeff := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	var s1, s2, weight float64
	for i, v := range x {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(x)))
		weight += w
		s1, s2 = float64(v)*w+coeff*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - coeff*s1*s2
	return 2 * math.Sqrt(max(power, 0)) / weight
}

// DB is an amplitude relative to full scale.
func DB(amplitude float64) float64 { return 20 * math.Log10(amplitude+1e-12) }

// Level is Amplitude in dB.
func Level(x []float32, hz float64, rate int) float64 { return DB(Amplitude(x, hz, rate)) }

// RMS is the root of the mean square.
func RMS(x []float32) float64 {
	var sum float64
	for _, s := range x {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(max(len(x), 1)))
}

// SNR compares the tone in x with all the rest of x, in dB.
func SNR(x []float32, hz float64, rate int) float64 {
	var in, quad, all float64
	for i, s := range x {
		a := 2 * math.Pi * hz * float64(i) / float64(rate)
		in += float64(s) * math.Sin(a)
		quad += float64(s) * math.Cos(a)
		all += float64(s) * float64(s)
	}
	signal := 2 * (in*in + quad*quad) / float64(len(x))
	return 10 * math.Log10(signal/max(all-signal, 1e-12))
}

// Present gives the share of pieces of x, of so many samples each, in which
// the tone is at least within drop dB of its level.
func Present(x []float32, hz float64, rate, piece int, level, drop float64) float64 {
	found, all := 0, 0
	for ; len(x) >= piece; x = x[piece:] {
		all++
		if Level(x[:piece], hz, rate) >= level-drop {
			found++
		}
	}
	return float64(found) / float64(max(all, 1))
}
