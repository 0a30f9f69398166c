package wav

import "math"

// zeroes is how many zero crossings of the filter are on each side of a sample.
const zeroes = 24

// Resample brings a whole sound from one rate to another, Hz, with a windowed sinc filter that cuts
// at nine tenths of what the lower rate carries.
func Resample(pcm []int16, from, to int) []int16 {
	if from == to {
		return pcm
	}
	ratio := float64(from) / float64(to)
	stretch := max(ratio, 1)
	cutoff, half := 0.9/stretch, zeroes*stretch/0.9
	out := make([]int16, int(int64(len(pcm))*int64(to)/int64(from)))
	for i := range out {
		at := float64(i) * ratio
		sum := 0.0
		for n := max(int(math.Ceil(at-half)), 0); n <= min(int(at+half), len(pcm)-1); n++ {
			x := at - float64(n)
			sum += sinc(cutoff*x) * hann(x/half) * float64(pcm[n])
		}
		out[i] = Clip(sum * cutoff)
	}
	return out
}

func sinc(x float64) float64 {
	if math.Abs(x) < 1e-9 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func hann(x float64) float64 {
	c := math.Cos(math.Pi / 2 * x)
	return c * c
}

// Clip rounds to what 16 bits hold.
func Clip(v float64) int16 { return int16(min(max(math.Round(v), -32768), 32767)) }
