package g7221

import "github.com/roombridge/roombridge/transcode/codec"

// Encoder encodes one stream.
type Encoder struct {
	mode   mode
	mlt    *transform
	before [maxSize]float32 // the last frame's samples
	frame  [maxSize]float32
	coef   [maxSize]float32
	powers powers
	share  categories
	costs  [maxRegions]int
}

// NewEncoder makes an encoder for a sample rate of 16000 or 32000 Hz and a bit
// rate, 0 being the usual one.
func NewEncoder(rate, bitrate int) (*Encoder, error) {
	m, err := modeOf(rate, bitrate)
	if err != nil {
		return nil, err
	}
	return &Encoder{mode: m, mlt: newTransform(m.size)}, nil
}

// Rate is 16000 or 32000.
func (e *Encoder) Rate() int { return e.mode.rate }

// Encode gives a frame for each whole 20 ms.
func (e *Encoder) Encode(dst []byte, pcm []float32) ([]byte, error) {
	n := e.mode.size
	for ; len(pcm) >= n; pcm = pcm[n:] {
		for i, s := range pcm[:n] {
			e.frame[i] = codec.Float(codec.Int16(s)) * e.mode.full
		}
		e.mlt.analyse(e.coef[:n], e.before[:n], e.frame[:n])
		e.before = e.frame
		dst = e.write(dst)
	}
	return dst, nil
}

// write appends the frame of the coefficients.
func (e *Encoder) write(dst []byte) []byte {
	m := &e.mode
	var data [maxBytes]byte
	w := writer{data: data[:m.bytes]}
	e.powers.measure(m, e.coef[:])
	e.powers.write(m, &w)
	left := 8*m.bytes - w.pos - m.controlBits
	e.share.share(m, &e.powers, left)
	w.bits(uint32(e.control(left)), m.controlBits)
	for r := range m.regions {
		writeRegion(&w, e.region(r), e.share.of[r], e.powers[r])
	}
	w.finish()
	return append(dst, w.data...)
}

func (e *Encoder) region(r int) []float32 { return e.coef[r*perRegion : (r+1)*perRegion] }

// price gives what a region costs now, and keeps it.
func (e *Encoder) price(r int) int {
	e.costs[r] = cost(e.region(r), e.share.of[r], e.powers[r])
	return e.costs[r]
}

// control finds the finest of the ways to share out the bits that fits, from
// the middle on. When none does, the decoder makes noise of what is cut off.
func (e *Encoder) control(left int) int {
	control := 0
	for ; control < e.mode.controls()/2-1; control++ {
		e.share.coarsen(control)
	}
	sum := 0
	for r := range e.mode.regions {
		sum += e.price(r)
	}
	for sum < left && control > 0 {
		control--
		r := e.share.steps[control]
		sum -= e.costs[r]
		e.share.of[r]--
		sum += e.price(r)
	}
	for sum > left && control < e.mode.controls()-1 {
		r := e.share.steps[control]
		sum -= e.costs[r]
		e.share.coarsen(control)
		sum += e.price(r)
		control++
	}
	return control
}

// Clone copies the frame before, which the next one overlaps.
func (e *Encoder) Clone() (codec.Encoder, error) {
	c := *e
	c.mlt = newTransform(e.mode.size)
	return &c, nil
}

// Close does nothing.
func (e *Encoder) Close() {}
