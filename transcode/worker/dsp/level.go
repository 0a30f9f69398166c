package dsp

import "math"

// Silence is the level of no sound at all, in dBov.
const Silence = -127

// Meter measures loudness and tells voice from background noise, which it
// learns as it listens. One reading covers what was added since the last; the
// figures below are for readings twenty times a second. Pauses between
// syllables are silence here: who asks for speakers bridges them.
type Meter struct {
	sum   float64
	count int
	floor float64 // background noise, dBov
	begun bool
}

const (
	lowestFloor  = -70.0 // quieter backgrounds are all the same
	highestFloor = -40.0 // louder sound is no background, however long it lasts
	floorRise    = 0.15  // dB for each reading: a fan that starts is background after a while
	floorFall    = 0.13  // of the distance for each reading
	overFloor    = 10.0  // dB that voice stands out
	softestVoice = -55.0 // dBov
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
	voice = level > max(m.learn(level)+overFloor, softestVoice)
	return int(math.Round(min(level, 0))), voice
}

// learn follows the noise floor: down quickly, up slowly.
func (m *Meter) learn(level float64) float64 {
	level = min(max(level, lowestFloor), highestFloor)
	switch {
	case !m.begun:
		m.floor, m.begun = lowestFloor, true
	case level < m.floor:
		m.floor += (level - m.floor) * floorFall
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
