package dsp

// The limiter's times, in samples at 48 kHz.
const (
	// LookAhead is how far the limiter sees, 2.5 ms: so much later sound leaves it.
	LookAhead = 120
	ceiling   = 0.89  // -1 dBFS
	release   = 0.985 // of what is left to full gain, for each LookAhead: about 160 ms
)

// Limiter keeps a mix below full scale without clipping. It sees peaks before
// they leave and turns the gain down on the way to them, then lets it rise
// slowly. Sound below the ceiling passes untouched.
type Limiter struct {
	delay [LookAhead]float32
	next  float32 // gain that the delayed block may have at most
	gain  float32 // gain at the end of the last block that left
}

// NewLimiter makes a limiter at rest.
func NewLimiter() *Limiter { return &Limiter{next: 1, gain: 1} }

// Process limits x in place. Its length is a multiple of LookAhead.
func (l *Limiter) Process(x []float32) {
	for ; len(x) >= LookAhead; x = x[LookAhead:] {
		l.block(x[:LookAhead])
	}
}

// block lets the delayed block out and keeps the new one. Between two blocks
// the gain is no higher than either may have, and within a block it goes in a
// straight line, so no sample of it passes the ceiling.
func (l *Limiter) block(x []float32) {
	allowed := float32(1)
	if p := Peak(x); p > ceiling {
		allowed = ceiling / p
	}
	target := min(1-(1-l.gain)*release, l.next, allowed)
	if target == 1 && l.gain == 1 {
		for i := range x {
			x[i], l.delay[i] = l.delay[i], x[i]
		}
	} else {
		step := (target - l.gain) / LookAhead
		g := l.gain
		for i := range x {
			g += step
			x[i], l.delay[i] = l.delay[i]*g, x[i]
		}
	}
	l.gain, l.next = target, allowed
	if l.gain > 0.9999 && allowed == 1 {
		l.gain = 1
	}
}

// Peak gives the largest magnitude.
func Peak(x []float32) float32 {
	var p float32
	for _, s := range x {
		p = max(p, s, -s)
	}
	return p
}
