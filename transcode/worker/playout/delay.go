// Package playout turns the packets of one sender, as the network delivers
// them, into an even stream of samples at 48 kHz: an adaptive jitter buffer
// with loss concealment that follows the sender's clock. Time is an argument
// everywhere, in nanoseconds.
package playout

import "math"

const ms = int64(1_000_000)

// Bounds of the delay that is aimed at.
const (
	minTarget = 20 * ms
	maxTarget = 200 * ms
)

const (
	bin       = 5 * ms
	bins      = 48     // 240 ms
	forget    = 0.998  // for each packet: a memory of about ten seconds
	inTime    = 0.995  // share of packets that shall come in time
	margin    = 5 * ms // for what the histogram's bins do not resolve
	window    = 2_000 * ms
	windows   = 4
	forgotten = math.MaxInt64
)

// delay learns how unevenly packets come. The fastest packets of the last
// seconds give the base; each packet's delay is what it took beyond that.
// Looking at a short past only makes the base follow the sender's clock.
type delay struct {
	jitter   float64 // RFC 3550 6.4.1, nanoseconds
	previous int64   // transit
	fastest  [windows]int64
	since    int64 // begin of fastest[0]
	shares   [bins]float64
	total    float64
	origin   int64 // base that the shares are counted from
	begun    bool
}

// packet takes in that media of time at (ns on the sender's clock) came now.
func (d *delay) packet(at, now int64) {
	transit := now - at
	if !d.begun {
		*d = delay{begun: true, previous: transit, since: now, origin: transit}
		for i := range d.fastest {
			d.fastest[i] = forgotten
		}
	}
	d.roll(now)
	d.fastest[0] = min(d.fastest[0], transit)
	d.jitter += (math.Abs(float64(transit-d.previous)) - d.jitter) / 16
	d.previous = transit
	d.shift(d.base())
	late := min(max((transit-d.origin)/bin, 0), bins-1)
	for i := range d.shares {
		d.shares[i] *= forget
	}
	d.shares[late]++
	d.total = d.total*forget + 1
}

func (d *delay) roll(now int64) {
	if now-d.since < window {
		return
	}
	copy(d.fastest[1:], d.fastest[:])
	d.fastest[0], d.since = forgotten, now
}

// shift counts the shares from another base, after the network or the
// sender's clock has moved. When it leaps, what was learnt is void.
func (d *delay) shift(base int64) {
	by := int((base - d.origin) / bin)
	if by == 0 {
		return
	}
	d.origin += int64(by) * bin
	old := d.shares
	d.shares = [bins]float64{}
	if by < -bins {
		d.total = 0
		return
	}
	for i, s := range old {
		d.shares[min(max(i-by, 0), bins-1)] += s
	}
}

// base is the transit of the fastest packets.
func (d *delay) base() int64 {
	b := int64(forgotten)
	for _, f := range d.fastest {
		b = min(b, f)
	}
	if b == forgotten { // nothing came for long
		return d.previous
	}
	return b
}

// target is the delay that nearly all packets keep to.
func (d *delay) target() int64 {
	if !d.begun {
		return minTarget
	}
	sum, at := 0.0, bins-1
	for i, s := range d.shares {
		if sum += s; sum >= inTime*d.total {
			at = i
			break
		}
	}
	seen := int64(at)*bin + margin
	return min(max(seen, int64(2*d.jitter), minTarget), maxTarget)
}
