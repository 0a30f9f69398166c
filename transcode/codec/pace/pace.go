// Package pace plans the bits of a stream of pictures in time. It reads no
// clock: pictures come with their times.
package pace

// Clock is the unit of times, Hz.
const Clock = 90000

// Pace follows one stream. It is used by one goroutine.
type Pace struct {
	bitrate, fps float64
	started      bool
	last         int64   // when the last picture was
	interval     float64 // mean time between pictures
	debt         float64 // bits that were sent and not due yet; below 0 what was saved
}

// Seconds of the bit rate: how far the stream may be ahead before a picture is
// left out, and how much it may save up.
const (
	mostDebt    = 0.8
	mostSavings = 0.2
)

// What Drive makes of a second that was saved or is owed. Little can be saved, since
// it is spent above the rate; but an encoder that lags behind a higher rate saves at once.
const (
	perSaved   = 2.5
	perOwed    = 0.7
	leastDrive = 0.75
)

// Weight of a new interval between pictures in their mean.
const weight = 1.0 / 8

// New plans for a bit rate, bit/s, and a rate of pictures.
func New(bitrate, fps int) *Pace {
	p := &Pace{interval: Clock / float64(fps)}
	p.Adjust(bitrate, fps)
	return p
}

// Adjust changes the plan. What is owed at the old rate stays owed, but no more than a
// stream at the new one may owe.
func (p *Pace) Adjust(bitrate, fps int) {
	if float64(fps) != p.fps {
		p.interval = Clock / float64(fps)
	}
	p.bitrate, p.fps = float64(bitrate), float64(fps)
	p.debt = min(p.debt, mostDebt*p.bitrate)
}

// Arrive takes the time of a picture and tells whether there are bits for it.
func (p *Pace) Arrive(at int64) bool {
	if p.started {
		passed := min(max(float64(at-p.last), 0), Clock)
		p.interval += weight * (passed - p.interval)
		p.debt = max(p.debt-p.bitrate*passed/Clock, -mostSavings*p.bitrate)
	}
	p.started, p.last = true, at
	return p.debt < mostDebt*p.bitrate
}

// Spent tells what a picture took.
func (p *Pace) Spent(bytes int) { p.debt += float64(8 * bytes) }

// Debt gives the bits that were sent before they were due.
func (p *Pace) Debt() float64 { return p.debt }

// Drive is by how much an encoder with a rate control of its own should be driven up or
// down, so that what was saved is spent and what is owed is paid back.
func (p *Pace) Drive() float64 {
	seconds := p.debt / p.bitrate
	if seconds < 0 {
		return 1 - perSaved*seconds
	}
	return max(1-perOwed*seconds, leastDrive)
}

// FPS is the rate at which pictures really come, between a tenth of what is planned and a quarter above it.
func (p *Pace) FPS() float64 {
	return min(max(Clock/max(p.interval, 1), p.fps/10, 1), p.fps*1.25)
}

// Due gives the bits that the next picture may have on average.
func (p *Pace) Due() float64 { return p.bitrate / p.FPS() }
