package playout

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/roombridge/roombridge/transcode/internal/tone"
)

// A period is found, so that leaving it out or playing it twice is not heard
// as a step.
func TestTimescale(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{120, 250, 440, 1000} {
			x := tone.Make(hz, 0.5, rate, rate/50)
			lag := period(x, rate)
			if lag < rate/400 || lag > rate*12/1000 {
				t.Fatalf("%d Hz, tone %v: period %d", rate, hz, lag)
			}
			short, long := shorten(nil, x, lag), lengthen(nil, x, lag)
			if len(short) != len(x)-lag || len(long) != len(x)+lag {
				t.Errorf("%d Hz, tone %v: %d samples become %d and %d, period %d", rate, hz, len(x), len(short), len(long), lag)
			}
			if end := math.Abs(float64(short[len(short)-1] - x[len(x)-1])); end > 0.02 || long[0] != x[0] || long[len(long)-1] != x[len(x)-1] {
				t.Errorf("%d Hz, tone %v: the ends do not fit their neighbours", rate, hz)
			}
			most := 0.5 * 2 * math.Pi * hz / float64(rate)
			for name, y := range map[string][]float32{"shortened": short, "lengthened": long} {
				for i := 1; i < len(y); i++ {
					if step := math.Abs(float64(y[i] - y[i-1])); step > 1.5*most+0.02 {
						t.Errorf("%d Hz, tone %v, %s: step of %.2f", rate, hz, name, step)
						break
					}
				}
			}
		}
	}
}

func TestPeriodOfOddSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]float32, 960)
	for i := range noise {
		noise[i] = r.Float32()*2 - 1
	}
	for name, x := range map[string][]float32{"noise": noise, "silence": make([]float32, 960)} {
		if lag := period(x, 48000); lag < 120 || lag > 576 {
			t.Errorf("%s: period %d", name, lag)
		}
	}
	for n := range 100 {
		if lag := period(make([]float32, n), 8000); lag != 0 && lag >= n {
			t.Errorf("period %d of %d samples", lag, n)
		}
	}
}
