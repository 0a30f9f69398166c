package tone

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// transform is a radix-2 Fourier transform of one size with a Hann window.
type transform struct {
	window  []float64
	twiddle []complex128
	work    []complex128
}

// newTransform makes one of n samples; n is a power of two.
func newTransform(n int) *transform {
	t := &transform{
		window:  make([]float64, n),
		twiddle: make([]complex128, n/2),
		work:    make([]complex128, n),
	}
	for i := range t.window {
		t.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
	}
	for i := range t.twiddle {
		t.twiddle[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	return t
}

// power puts the squared magnitude of each bin below half the rate into dst,
// scaled such that the bins of one sine add up to its squared amplitude.
func (t *transform) power(dst []float64, pcm []int16) {
	n := len(t.work)
	shift := 64 - bits.TrailingZeros(uint(n))
	for i, s := range pcm {
		t.work[bits.Reverse64(uint64(i))>>shift] = complex(float64(s)*t.window[i], 0)
	}
	t.butterflies()
	// A sine of amplitude a puts 3/32*(a*n)^2 into the bins of its side.
	scale := 32 / (3 * float64(n) * float64(n))
	for i := range dst {
		re, im := real(t.work[i]), imag(t.work[i])
		dst[i] = (re*re + im*im) * scale
	}
}

func (t *transform) butterflies() {
	n := len(t.work)
	for size := 2; size <= n; size <<= 1 {
		half, step := size/2, n/size
		for start := 0; start < n; start += size {
			low, high := t.work[start:start+half], t.work[start+half:start+size]
			for k := range low {
				odd := high[k] * t.twiddle[k*step]
				low[k], high[k] = low[k]+odd, low[k]-odd
			}
		}
	}
}
