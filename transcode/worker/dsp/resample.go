// Package dsp holds the pieces of sound processing that the mixer is made of:
// resampling, limiting, concealment and level metering. Each is a small state
// machine over samples, without goroutine, clock or logger.
package dsp

import (
	"math"
	"sync"
)

const (
	phases    = 96 // filter tables between two input samples, a multiple of 6; more are interpolated
	halfTaps  = 32 // zero crossings on each side of the filter
	halfSame  = 16 // enough between equal rates, where Nyquist is beyond hearing
	passband  = 0.92
	passSame  = 0.97
	kaiser    = 8.0 // about 80 dB
	maxAdjust = 0.05
)

// Resampler converts a stream from one sample rate to another with a windowed
// sinc filter: flat to about nine tenths of the lower Nyquist frequency and
// free of aliases and images. The ratio can be moved a little while it runs,
// which is how a sender's clock is followed.
type Resampler struct {
	step    float64 // input samples for one output sample
	nominal float64
	pos     float64 // where the next output sample lies in buf
	taps    int
	bank    *bank
	buf     []float32
}

// bank is a filter for each phase, one behind the other, and one more so that
// the last can be interpolated too.
type bank struct {
	taps   int
	coeffs []float32
}

// bankKey is what a bank depends on.
type bankKey struct {
	taps   int
	cutoff float64
}

// banks holds those that were made: they never change, and all streams of
// equal rates share one.
var banks sync.Map

func bankFor(taps int, cutoff float64) *bank {
	key := bankKey{taps, cutoff}
	if b, ok := banks.Load(key); ok {
		return b.(*bank)
	}
	b, _ := banks.LoadOrStore(key, newBank(taps, cutoff))
	return b.(*bank)
}

func newBank(taps int, cutoff float64) *bank {
	b := &bank{taps: taps, coeffs: make([]float32, (phases+1)*taps)}
	half := float64(taps) / 2
	for p := 0; p <= phases; p++ {
		row := b.coeffs[p*taps : (p+1)*taps]
		sum := 0.0
		for i := range row {
			x := float64(i) - (half - 1) - float64(p)/phases
			v := cutoff * sinc(cutoff*x) * window(x/half)
			row[i] = float32(v)
			sum += v
		}
		for i := range row { // the same gain at 0 Hz in each phase
			row[i] /= float32(sum)
		}
	}
	return b
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// window is Kaiser's, over -1 to 1.
func window(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(kaiser*math.Sqrt(1-x*x)) / bessel(kaiser)
}

// bessel is the modified Bessel function of the first kind, order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}

// NewResampler converts from one rate to another, both in Hz.
func NewResampler(from, to int) *Resampler {
	ratio := float64(from) / float64(to)
	stretch := max(ratio, 1)
	half, cutoff := float64(halfTaps), passband/stretch
	if from == to {
		half, cutoff = halfSame, passSame
	}
	taps := (int(math.Ceil(2*half*stretch)) + 7) &^ 7
	r := &Resampler{step: ratio, nominal: ratio, taps: taps, bank: bankFor(taps, cutoff)}
	r.Reset()
	return r
}

// Reset forgets the stream so far.
func (r *Resampler) Reset() {
	r.buf = append(r.buf[:0], make([]float32, r.taps-1)...)
	r.pos = 0
}

// Adjust makes the input run faster by this share: 0.001 takes 1001 input
// samples where 1000 would be taken. 0 is the nominal ratio.
func (r *Resampler) Adjust(by float64) {
	r.step = r.nominal * (1 + min(max(by, -maxAdjust), maxAdjust))
}

// Delay is how long a sample stays in the filter, in input samples.
func (r *Resampler) Delay() float64 { return float64(len(r.buf)) - r.pos - float64(r.taps)/2 }

// Need is how many more input samples are needed before n can be read.
func (r *Resampler) Need(n int) int {
	if n == 0 {
		return 0
	}
	last := int(r.pos + float64(n-1)*r.step)
	return max(last+r.taps-len(r.buf), 0)
}

// Write adds input.
func (r *Resampler) Write(in []float32) { r.buf = append(r.buf, in...) }

// Read fills out as far as the input goes and tells how many samples it wrote.
func (r *Resampler) Read(out []float32) int {
	n := 0
	for n < len(out) {
		at := int(r.pos)
		if at+r.taps > len(r.buf) {
			break
		}
		out[n] = r.sample(r.buf[at:at+r.taps], r.pos-float64(at))
		r.pos += r.step
		n++
	}
	r.compact()
	return n
}

// compact drops input that no filter reaches any more.
func (r *Resampler) compact() {
	at := min(int(r.pos), len(r.buf))
	r.buf = r.buf[:copy(r.buf, r.buf[at:])]
	r.pos -= float64(at)
}

func (r *Resampler) sample(x []float32, frac float64) float32 {
	f := frac * phases
	p := int(f)
	w := float32(f - float64(p))
	if w > 1-1e-6 {
		p, w = p+1, 0
	}
	row := r.bank.coeffs[p*r.taps:][:len(x)]
	a := dot(x, row)
	if w < 1e-6 {
		return a
	}
	next := r.bank.coeffs[(p+1)*r.taps:][:len(x)]
	return a + w*(dot(x, next)-a)
}

// dot multiplies two vectors whose length is a multiple of eight. Four sums
// keep the processor's pipelines busy. Most of the mixer's time is spent here;
// the race detector, which would make it ten times as much, learns nothing
// from it.
//
//go:norace
func dot(x, y []float32) float32 {
	y = y[:len(x)]
	var a, b, c, d float32
	for len(x) >= 8 && len(y) >= 8 {
		a += x[0]*y[0] + x[4]*y[4]
		b += x[1]*y[1] + x[5]*y[5]
		c += x[2]*y[2] + x[6]*y[6]
		d += x[3]*y[3] + x[7]*y[7]
		x, y = x[8:], y[8:]
	}
	return a + b + (c + d)
}

// Clone gives a second resampler that stands at the same place of the stream.
func (r *Resampler) Clone() *Resampler {
	c := *r
	c.buf = append([]float32(nil), r.buf...)
	return &c
}
