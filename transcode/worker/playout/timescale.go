package playout

import "math"

// period finds the lag within x at which it is most like itself, between 2.5
// and 12 ms: a pitch period of voice, or several. It is 0 when x is too short.
func period(x []float32, rate int) int {
	shortest, longest := rate/400, rate*12/1000
	n := len(x) - longest
	if n < shortest {
		return 0
	}
	best, lag := float32(math.Inf(-1)), 0
	for l := shortest; l <= longest; l++ {
		var xy, yy float32
		y := x[l:][:n]
		for i, s := range x[:n] {
			xy += s * y[i]
			yy += y[i] * y[i]
		}
		if s := xy / float32(math.Sqrt(float64(yy)+1e-9)); s > best {
			best, lag = s, l
		}
	}
	return lag
}

// shorten leaves one period out: the start of x blends into what is a period
// later. It appends to dst.
func shorten(dst, x []float32, lag int) []float32 {
	return blend(dst, x, x[lag:], len(x)-lag)
}

// lengthen plays one period twice: after the first, x blends back into its start.
func lengthen(dst, x []float32, lag int) []float32 {
	dst = append(dst, x[:lag]...)
	return blend(dst, x[lag:], x, len(x)-lag)
}

// blend goes from one sound to another over n samples, then goes on with the other.
func blend(dst, from, to []float32, n int) []float32 {
	for i := range n {
		w := float32(i+1) / float32(n+1)
		dst = append(dst, from[i]*(1-w)+to[i]*w)
	}
	return append(dst, to[n:]...)
}
