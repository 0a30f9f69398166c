package pcm

import "math"

// lobes is how many zero crossings of the sinc function are kept on each side.
const lobes = 12

// Resample gives the sound at another rate: a windowed sinc, cut at half the
// lower of the two rates. It is meant for files that are played again and
// again, not for streams.
func (s *Sound) Resample(rate int) *Sound {
	if rate == s.Rate || len(s.Samples) == 0 {
		return &Sound{Rate: rate, Samples: s.Samples}
	}
	n := int(int64(len(s.Samples)) * int64(rate) / int64(s.Rate))
	out := make([]int16, max(n, 1))
	cut := min(1, float64(rate)/float64(s.Rate)) // of the input's bandwidth
	reach := lobes / cut
	for i := range out {
		at := float64(i) * float64(s.Rate) / float64(rate)
		out[i] = s.interpolate(at, cut, reach)
	}
	return &Sound{Rate: rate, Samples: out}
}

func (s *Sound) interpolate(at, cut, reach float64) int16 {
	first := max(int(math.Ceil(at-reach)), 0)
	last := min(int(math.Floor(at+reach)), len(s.Samples)-1)
	var sum float64
	for j := first; j <= last; j++ {
		x := at - float64(j)
		sum += float64(s.Samples[j]) * sinc(x*cut) * (0.5 + 0.5*math.Cos(math.Pi*x/reach))
	}
	return int16(min(max(math.Round(sum*cut), math.MinInt16), math.MaxInt16))
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
