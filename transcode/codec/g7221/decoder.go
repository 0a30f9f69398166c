package g7221

import (
	"errors"

	"github.com/roombridge/roombridge/transcode/codec"
)

var errSize = errors.New("g7221: the packet is not of whole frames")

// Decoder decodes one stream.
type Decoder struct {
	mode    mode
	mlt     *transform
	coef    [maxSize]float32
	last    [maxRegions * perRegion]float32 // coefficients of the last frame, for one that is lost
	overlap [maxSize / 2]float32
	powers  powers
	share   categories
	random  random
	rest    codec.Rest
}

// NewDecoder makes a decoder for a sample rate of 16000 or 32000 Hz and a bit
// rate, 0 being the usual one.
func NewDecoder(rate, bitrate int) (*Decoder, error) {
	m, err := modeOf(rate, bitrate)
	if err != nil {
		return nil, err
	}
	return &Decoder{mode: m, mlt: newTransform(m.size), random: newRandom()}, nil
}

// Rate is 16000 or 32000.
func (d *Decoder) Rate() int { return d.mode.rate }

// Decode gives 20 ms for each frame. A frame that cannot be is made up like a
// lost one.
func (d *Decoder) Decode(pcm []float32, packet []byte) (int, error) {
	if len(packet) == 0 || len(packet)%d.mode.bytes != 0 {
		return 0, errSize
	}
	n := 0
	for ; len(packet) > 0 && n+d.mode.size <= len(pcm); packet = packet[d.mode.bytes:] {
		if d.read(packet[:d.mode.bytes]) {
			copy(d.last[:], d.coef[:])
		} else {
			d.repeat()
		}
		d.synthesize(pcm[n : n+d.mode.size])
		n += d.mode.size
	}
	d.rest.Blend(pcm[:n])
	return n, nil
}

// read gets the coefficients of a frame, and tells whether it can be one.
func (d *Decoder) read(frame []byte) bool {
	m := &d.mode
	r := reader{data: frame}
	if !d.powers.read(m, &r) {
		return false
	}
	control := r.bits(m.controlBits)
	d.share.share(m, &d.powers, r.left())
	for step := range control {
		d.share.coarsen(step)
	}
	whole := d.regions(&r)
	if !whole {
		return control == m.controls()-1
	}
	for r.left() > 0 {
		if r.bit() == 0 {
			return false
		}
	}
	return true
}

// regions reads all regions. From the one on for which there were not enough
// bits they are noise.
func (d *Decoder) regions(r *reader) (whole bool) {
	whole = true
	for i := range d.mode.regions {
		c := d.coef[i*perRegion : (i+1)*perRegion]
		category, level := d.share.of[i], root(d.powers[i])
		if whole && category < noise {
			whole = readRegion(r, c, category, d.powers[i])
		}
		switch {
		case !whole || category == noise:
			clear(c)
			d.random.fill(c, noiseFill*level)
		case quantizers[category].fill > 0:
			d.random.fill(c, quantizers[category].fill*level)
		}
	}
	return whole
}

// repeat takes the last frame's coefficients again, once; then it is silence.
func (d *Decoder) repeat() {
	copy(d.coef[:], d.last[:])
	clear(d.last[:])
}

func (d *Decoder) synthesize(pcm []float32) {
	n := d.mode.size
	clear(d.coef[d.mode.regions*perRegion : n])
	d.mlt.synthesize(pcm, d.coef[:n], d.overlap[:n/2])
	for i, s := range pcm {
		pcm[i] = min(max(s/d.mode.full, -1), 1)
	}
}

// Conceal makes up lost frames: the last one once more, then silence.
func (d *Decoder) Conceal(pcm []float32) error {
	d.rest.Fill(pcm, d.mode.size, func(frame []float32) {
		d.repeat()
		d.synthesize(frame)
	})
	return nil
}

// Close does nothing.
func (d *Decoder) Close() {}
