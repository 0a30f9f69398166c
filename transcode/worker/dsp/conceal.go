package dsp

import "math"

// Concealer fills gaps for codecs that cannot do it themselves, in the spirit
// of ITU-T G.711 Appendix I: it repeats the last pitch period of what was
// heard, makes it quieter after 10 ms and silent after 60 ms, and blends with
// the sound when it comes back.
type Concealer struct {
	rate     int
	history  []float32 // the last samples that were played
	cycle    []float32 // repeated while a gap lasts
	at       int       // in cycle
	gone     int       // samples filled in this gap so far
	blending int       // samples of the return that are still to be blended
}

const (
	historyMS = 50
	minPitch  = 400 // Hz
	maxPitch  = 66
	matchMS   = 20 // length of the pieces that are compared
	holdMS    = 10 // at full volume
	fadeMS    = 50 // then to nothing
	blendMS   = 5
)

// NewConcealer makes one for a sample rate.
func NewConcealer(rate int) *Concealer {
	return &Concealer{rate: rate, history: make([]float32, rate*historyMS/1000), cycle: make([]float32, 0, rate/maxPitch+1)}
}

// Good passes decoded sound: it is remembered, and blended in when it follows a gap.
func (c *Concealer) Good(pcm []float32) {
	if c.gone > 0 {
		c.blending = c.rate * blendMS / 1000
		if c.gain() == 0 {
			c.cycle = c.cycle[:0]
		}
	}
	total := c.rate * blendMS / 1000
	for i := 0; i < len(pcm) && c.blending > 0; i++ {
		w := float32(c.blending) / float32(total)
		pcm[i] = pcm[i]*(1-w) + c.next()*w
		c.blending--
	}
	if c.blending == 0 {
		c.cycle = c.cycle[:0]
	}
	c.gone = 0
	c.remember(pcm)
}

// Heard takes in sound that needs no blending: the gap before it, if there
// was one, was filled by somebody else.
func (c *Concealer) Heard(pcm []float32) {
	c.gone, c.blending = 0, 0
	c.remember(pcm)
}

// Fill makes up sound for a gap.
func (c *Concealer) Fill(pcm []float32) {
	if c.gone == 0 && c.blending == 0 {
		c.begin()
	}
	c.blending = 0
	for i := range pcm {
		pcm[i] = c.next()
		c.gone++
	}
	c.remember(pcm)
}

// Filling tells whether a gap lasts.
func (c *Concealer) Filling() bool { return c.gone > 0 }

// Faded tells whether a gap has lasted so long that only silence is left.
func (c *Concealer) Faded() bool { return c.gone > 0 && c.gain() == 0 }

func (c *Concealer) gain() float32 {
	hold, fade := c.rate*holdMS/1000, c.rate*fadeMS/1000
	return min(max(1-float32(c.gone-hold)/float32(fade), 0), 1)
}

func (c *Concealer) next() float32 {
	if len(c.cycle) == 0 {
		return 0
	}
	s := c.cycle[c.at] * c.gain()
	c.at = (c.at + 1) % len(c.cycle)
	return s
}

func (c *Concealer) remember(pcm []float32) {
	if len(pcm) >= len(c.history) {
		copy(c.history, pcm[len(pcm)-len(c.history):])
		return
	}
	copy(c.history, c.history[len(pcm):])
	copy(c.history[len(c.history)-len(pcm):], pcm)
}

// begin takes the last pitch period as the cycle. Its end is blended with what
// came before its start, so that it repeats without a step.
func (c *Concealer) begin() {
	lag := c.pitch()
	h := c.history
	c.cycle = append(c.cycle[:0], h[len(h)-lag:]...)
	overlap := lag / 4
	for i := range overlap {
		w := float32(i+1) / float32(overlap+1)
		at := lag - overlap + i
		c.cycle[at] = c.cycle[at]*(1-w) + h[len(h)-lag-overlap+i]*w
	}
	c.at = 0
}

// pitch finds the lag at which the history is most like itself: first with
// every few samples only, then around the best with all of them.
func (c *Concealer) pitch() int {
	stride := max(c.rate/16000, 1)
	coarse := c.search(c.rate/minPitch, c.rate/maxPitch, stride)
	if stride == 1 {
		return coarse
	}
	return c.search(max(coarse-stride, c.rate/minPitch), min(coarse+stride, c.rate/maxPitch), 1)
}

func (c *Concealer) search(from, to, stride int) int {
	n := c.rate * matchMS / 1000
	recent := c.history[len(c.history)-n:]
	best, bestLag := float32(math.Inf(-1)), to
	for lag := from; lag <= to; lag += stride {
		past := c.history[len(c.history)-n-lag:][:n]
		if s := likeness(recent, past, stride); s > best {
			best, bestLag = s, lag
		}
	}
	return bestLag
}

// likeness is the normalised cross-correlation of every so many samples.
func likeness(x, y []float32, stride int) float32 {
	y = y[:len(x)]
	var xy, yy float32
	for i := 0; i < len(x); i += stride {
		xy += x[i] * y[i]
		yy += y[i] * y[i]
	}
	if yy <= 0 {
		return 0
	}
	return xy / float32(math.Sqrt(float64(yy)))
}
