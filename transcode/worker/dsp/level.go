package dsp

import "math"

// Silence is the level of no sound at all, in dBov.
const Silence = -127

// Meter measures loudness and tells voice from background noise, which it
// learns as it listens. One reading covers what was added since the last.
type Meter struct {
	sum   float64
	count int
	floor float64 // background noise, dBov
	hang  int     // readings for which voice is still assumed
	begun bool
}

const (
	lowestFloor  = -70.0 // quieter backgrounds are all the same
	highestFloor = -40.0 // louder sound is no background, however long it lasts
	floorRise    = 0.3   // dB for each reading: a fan that starts is background after a while
	overFloor    = 10.0  // dB that voice stands out
	softestVoice = -55.0 // dBov
	hangover     = 3     // readings
)

// Add takes samples in.
func (m *Meter) Add(x []float32) {
	m.sum += float64(Energy(x))
	m.count += len(x)
}

// Read gives the loudness since the last reading in dBov, -127 to 0, and
// whether it is voice.
func (m *Meter) Read() (dBov int, voice bool) {
	level := float64(Silence)
	if m.count > 0 && m.sum > 0 {
		level = max(10*math.Log10(m.sum/float64(m.count)), Silence)
	}
	m.sum, m.count = 0, 0
	loud := level > max(m.learn(level)+overFloor, softestVoice)
	if loud {
		m.hang = hangover
	} else if m.hang > 0 {
		m.hang--
	}
	return int(math.Round(min(level, 0))), m.hang > 0
}

// learn follows the noise floor: down quickly, up slowly.
func (m *Meter) learn(level float64) float64 {
	level = min(max(level, lowestFloor), highestFloor)
	switch {
	case !m.begun:
		m.floor, m.begun = lowestFloor, true
	case level < m.floor:
		m.floor += (level - m.floor) / 4
	default:
		m.floor = min(m.floor+floorRise, level)
	}
	return m.floor
}

// Energy gives the sum of squares.
func Energy(x []float32) float32 {
	var sum float32
	for _, s := range x {
		sum += s * s
	}
	return sum
}
