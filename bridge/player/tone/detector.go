package tone

import (
	"math"
	"slices"
)

// How tones are told from noise.
const (
	floorDBFS   = -60.0 // quieter is silence
	rangeDB     = 30.0  // quieter than the strongest of the block by more than this is not a tone
	maxPeaks    = 6     // of one block
	maxTracks   = 48    // frequencies kept apart
	maxReported = 6
)

// Tone is a frequency that stood out.
type Tone struct {
	Hz    float64
	DBFS  float64 // mean while it was heard
	Share float64 // of the time in which anything was received, 0 to 1
}

// Detector finds the tones in a stream of samples, an eighth of a second at a time.
type Detector struct {
	rate   int
	fft    *transform
	bins   []float64
	block  []int16
	blocks int
	tracks []track
	square float64 // sum over all samples
	count  int
}

type track struct {
	hz     float64
	energy float64 // sum of squared amplitudes
	blocks int
}

type peak struct{ hz, power float64 }

// NewDetector makes a detector for sound of one sampling rate.
func NewDetector(rate int) *Detector {
	n := 256
	for n < rate/8 {
		n <<= 1
	}
	return &Detector{
		rate: rate, fft: newTransform(n), bins: make([]float64, n/2), block: make([]int16, 0, n),
	}
}

// Write takes the next samples.
func (d *Detector) Write(pcm []int16) {
	for _, s := range pcm {
		d.square += float64(s) * float64(s)
	}
	d.count += len(pcm)
	for len(pcm) > 0 {
		n := min(len(pcm), cap(d.block)-len(d.block))
		d.block = append(d.block, pcm[:n]...)
		pcm = pcm[n:]
		if len(d.block) == cap(d.block) {
			d.analyse()
			d.block = d.block[:0]
		}
	}
}

// DBFS is the level of all sound so far; -Inf when all was silent.
func (d *Detector) DBFS() float64 {
	if d.count == 0 {
		return math.Inf(-1)
	}
	return decibel(2 * d.square / float64(d.count))
}

// Tones gives the strongest tones so far, strongest first.
func (d *Detector) Tones() []Tone {
	list := slices.Clone(d.tracks)
	slices.SortFunc(list, func(a, b track) int {
		switch {
		case a.energy > b.energy:
			return -1
		case a.energy < b.energy:
			return 1
		}
		return 0
	})
	tones := make([]Tone, 0, maxReported)
	for _, t := range list[:min(len(list), maxReported)] {
		tones = append(tones, Tone{
			Hz: t.hz, DBFS: decibel(t.energy / float64(t.blocks)), Share: float64(t.blocks) / float64(d.blocks),
		})
	}
	return tones
}

func decibel(squaredAmplitude float64) float64 {
	return 10 * math.Log10(squaredAmplitude/(fullScale*fullScale))
}

func (d *Detector) analyse() {
	d.blocks++
	d.fft.power(d.bins, d.block)
	for _, p := range d.peaks() {
		d.follow(p)
	}
}

// peaks gives the block's tones, strongest first.
func (d *Detector) peaks() []peak {
	var found []peak
	for k := 3; k < len(d.bins)-3; k++ {
		// The main lobe of the window is four bins wide; the tone lies at its
		// centre of gravity.
		if d.bins[k] <= max(d.bins[k-2], d.bins[k-1]) || d.bins[k] < max(d.bins[k+1], d.bins[k+2]) {
			continue
		}
		var sum, moment float64
		for i := k - 2; i <= k+2; i++ {
			sum += d.bins[i]
			moment += d.bins[i] * float64(i)
		}
		if decibel(sum) > floorDBFS {
			found = append(found, peak{moment / sum * float64(d.rate) / float64(2*len(d.bins)), sum})
		}
	}
	slices.SortFunc(found, func(a, b peak) int {
		if a.power > b.power {
			return -1
		}
		return 1
	})
	for i, p := range found {
		if i == maxPeaks || p.power < found[0].power*math.Pow(10, -rangeDB/10) {
			return found[:i]
		}
	}
	return found
}

// follow adds a peak to the track of its frequency.
func (d *Detector) follow(p peak) {
	width := 1.5 * float64(d.rate) / float64(2*len(d.bins))
	for i := range d.tracks {
		t := &d.tracks[i]
		if math.Abs(t.hz-p.hz) <= max(width, t.hz/100) {
			t.hz = (t.hz*t.energy + p.hz*p.power) / (t.energy + p.power)
			t.energy += p.power
			t.blocks++
			return
		}
	}
	fresh := track{p.hz, p.power, 1}
	if len(d.tracks) < maxTracks {
		d.tracks = append(d.tracks, fresh)
		return
	}
	least := 0
	for i, t := range d.tracks {
		if t.energy < d.tracks[least].energy {
			least = i
		}
	}
	if d.tracks[least].energy < p.power {
		d.tracks[least] = fresh
	}
}
