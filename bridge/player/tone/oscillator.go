package tone

import "math"

const fullScale = 32768

// Sine gives n samples of a tone at a level in dBFS.
func Sine(hz float64, rate, n int, dbfs float64) []int16 {
	amplitude := math.Pow(10, dbfs/20) * fullScale
	pcm := make([]int16, n)
	for i := range pcm {
		v := amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		pcm[i] = int16(min(max(math.Round(v), math.MinInt16), math.MaxInt16))
	}
	return pcm
}
