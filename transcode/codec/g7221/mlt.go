package g7221

import (
	"math"
	"math/cmplx"
)

// transform is the modulated lapped transform of one frame size: a window
// over two frames, folded to one, and a cosine transform of type IV of that
// by way of a complex Fourier transform of half the size.
type transform struct {
	window  []float32   // the rising half
	twist   []complex64 // before and after the Fourier transform
	turn    []complex64 // roots of unity
	order   []int       // of what goes into the butterflies
	fifth   [5]complex64
	scratch []complex64
}

func newTransform(size int) *transform {
	n := size / 2
	t := &transform{window: make([]float32, size), twist: make([]complex64, n), turn: make([]complex64, n/2), order: reorder(n), scratch: make([]complex64, n)}
	for i := range t.window {
		t.window[i] = float32(math.Sin(math.Pi / 2 * (float64(i) + 0.5) / float64(size)))
	}
	scale := math.Pow(2/float64(size), 0.25) // twice
	for i := range t.twist {
		t.twist[i] = complex64(cmplx.Rect(scale, -math.Pi*(float64(i)+0.125)/float64(size)))
	}
	for i := range t.turn {
		t.turn[i] = unit(i, n)
	}
	for i := range t.fifth {
		t.fifth[i] = unit(i, 5)
	}
	return t
}

// unit is an n-th root of unity.
func unit(i, n int) complex64 { return complex64(cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))) }

// reorder gives the places of the samples of a transform: halved into even and
// odd ones down to five.
func reorder(n int) []int {
	if n == 5 {
		return []int{0, 1, 2, 3, 4}
	}
	half := reorder(n / 2)
	order := make([]int, 0, n)
	for _, i := range half {
		order = append(order, 2*i)
	}
	for _, i := range half {
		order = append(order, 2*i+1)
	}
	return order
}

// analyse makes the coefficients of the frame before and this one.
func (t *transform) analyse(c, before, frame []float32) {
	n := len(c)
	h, w := n/2, t.window
	for i := range h {
		c[i] = w[h-1-i]*before[h-1-i] + w[h+i]*before[h+i]
		c[h+i] = w[n-1-i]*frame[i] - w[i]*frame[n-1-i]
	}
	t.cosine(c)
}

// synthesize makes the samples of a frame of its coefficients, which it
// overwrites, and the half that overlaps from the frame before, which it
// replaces.
func (t *transform) synthesize(frame, c, overlap []float32) {
	n := len(c)
	h, w := n/2, t.window
	t.cosine(c)
	for i := range h {
		frame[i] = w[i]*c[h-1-i] + w[n-1-i]*overlap[i]
		frame[h+i] = w[h+i]*c[i] - w[h-1-i]*overlap[h-1-i]
	}
	copy(overlap, c[h:])
}

// cosine is the cosine transform of type IV, its own inverse.
func (t *transform) cosine(x []float32) {
	n, z := len(x), t.scratch
	for place, i := range t.order {
		z[place] = complex(x[2*i], x[n-1-2*i]) * t.twist[i]
	}
	t.fourier(z)
	for i, v := range z {
		v *= t.twist[i]
		x[2*i], x[n-1-2*i] = real(v), -imag(v)
	}
}

// fourier transforms samples that are in order.
func (t *transform) fourier(z []complex64) {
	for i := 0; i < len(z); i += 5 {
		t.five((*[5]complex64)(z[i:]))
	}
	for half := 5; half < len(z); half *= 2 {
		stride := len(z) / (2 * half)
		for at := 0; at < len(z); at += 2 * half {
			low, high := z[at:at+half], z[at+half:at+2*half]
			for i, a := range low {
				b := high[i] * t.turn[i*stride]
				low[i], high[i] = a+b, a-b
			}
		}
	}
}

func (t *transform) five(z *[5]complex64) {
	in := *z
	for k := range z {
		sum := in[0]
		for i := 1; i < 5; i++ {
			sum += in[i] * t.fifth[i*k%5]
		}
		z[k] = sum
	}
}
