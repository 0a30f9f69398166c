package wav

import "math"

// Usual is the level of prompts, dBov: root mean square of what is spoken, without pauses.
const Usual = -20.0

// What counts as silence, and how much of it stays around a sound.
const (
	quiet  = 90        // of 32768
	margin = Rate / 50 // 20 ms
	frame  = Rate / 50
	pause  = 20.0 // dB below the loudest frame
)

// Trim cuts the silence at both ends.
func Trim(pcm []int16) []int16 {
	first, last := len(pcm), 0
	for i, v := range pcm {
		if v > quiet || v < -quiet {
			first, last = min(first, i), i
		}
	}
	if first > last {
		return nil
	}
	return pcm[max(first-margin, 0):min(last+margin, len(pcm))]
}

// Loudness is the level of what is spoken, dBov.
func Loudness(pcm []int16) float64 {
	var powers []float64
	loudest := 0.0
	for ; len(pcm) > 0; pcm = pcm[min(frame, len(pcm)):] {
		sum := 0.0
		for _, v := range pcm[:min(frame, len(pcm))] {
			sum += float64(v) * float64(v)
		}
		p := sum / float64(min(frame, len(pcm)))
		powers, loudest = append(powers, p), max(loudest, p)
	}
	sum, n := 0.0, 0
	for _, p := range powers {
		if p > loudest*math.Pow(10, -pause/10) {
			sum += p
			n++
		}
	}
	return 10 * math.Log10((sum/float64(max(n, 1))+1e-9)/(32768*32768))
}

// ceiling is the highest sample that Level makes, -1 dBov.
const ceiling = 29200

// Level brings a sound to a level. Peaks beyond the ceiling are bent, which for a few of them nobody hears.
func Level(pcm []int16, dbov float64) []int16 {
	gain := math.Pow(10, (dbov-Loudness(pcm))/20)
	out := make([]int16, len(pcm))
	for i, v := range pcm {
		out[i] = Clip(bent(gain * float64(v)))
	}
	return out
}

// bent leaves what is below two thirds of the ceiling, and rounds the rest off towards it.
func bent(v float64) float64 {
	const knee = ceiling * 2 / 3
	if a := math.Abs(v); a > knee {
		return math.Copysign(knee+(ceiling-knee)*math.Tanh((a-knee)/(ceiling-knee)), v)
	}
	return v
}
