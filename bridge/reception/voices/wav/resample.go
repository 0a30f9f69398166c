package wav

import "math"

// zeroes is how many zero crossings of the filter are on each side of a sample.
const zeroes = 24

// mostPhases is how many filters are kept; rates that need more have odd ratios.
const mostPhases = 1024

// Resample brings a whole sound from one rate to another, Hz, with a windowed sinc filter that cuts
// at nine tenths of what the lower rate carries.
func Resample(pcm []int16, from, to int) []int16 {
	if from == to {
		return pcm
	}
	k := newFilter(float64(from) / float64(to))
	phases := to / divisor(from, to)
	var kept [][]float64
	if phases <= mostPhases {
		kept = make([][]float64, phases)
	}
	out := make([]int16, int(int64(len(pcm))*int64(to)/int64(from)))
	for i := range out {
		at, phase := i*from/to, i%phases
		var taps []float64
		if kept != nil {
			taps = kept[phase]
		}
		if taps == nil {
			taps = k.taps(float64(i*from%to) / float64(to))
		}
		if kept != nil {
			kept[phase] = taps
		}
		first := at - k.reach
		skip := max(-first, 0)
		sum := 0.0
		for n, v := range pcm[first+skip : max(min(at+k.reach+1, len(pcm)), first+skip)] {
			sum += taps[skip+n] * float64(v)
		}
		out[i] = Clip(sum)
	}
	return out
}

// filter is the low pass between two rates.
type filter struct {
	cutoff, half float64 // of the rate that comes in; samples on each side
	reach        int     // half, rounded up
}

func newFilter(ratio float64) filter {
	stretch := max(ratio, 1)
	half := zeroes * stretch / 0.9
	return filter{0.9 / stretch, half, int(math.Ceil(half))}
}

// taps are the weights of the samples from reach before one up to reach behind it, for the
// point that lies so much behind it.
func (f filter) taps(behind float64) []float64 {
	list := make([]float64, 2*f.reach+1)
	for i := range list {
		if x := behind - float64(i-f.reach); math.Abs(x) <= f.half {
			list[i] = f.cutoff * sinc(f.cutoff*x) * hann(x/f.half)
		}
	}
	return list
}

// divisor is the greatest that two numbers share.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
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
