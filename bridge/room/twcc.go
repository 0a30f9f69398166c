package room

import "encoding/binary"

// walkTWCC reads a packet of transport-wide feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): for each packet
// its number and, if it was received, when, in microseconds of the receiver's clock.
func walkTWCC(b []byte, f func(seq uint16, at int64, received bool)) {
	if len(b) < 20 {
		return
	}
	seq, count := binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	at := int64(uint24(b[16:])) * 64_000
	chunks := b[20:]
	n := 0 // length of the chunks; arrival times follow
	for covered := 0; covered < count; n += 2 {
		if len(chunks) < n+2 {
			return
		}
		covered += symbols(binary.BigEndian.Uint16(chunks[n:]))
	}
	for times := chunks[n:]; n > 0; n, chunks = n-2, chunks[2:] {
		c := binary.BigEndian.Uint16(chunks)
		for i := range min(symbols(c), count) {
			symbol := symbolAt(c, i)
			switch {
			case symbol == 1 && len(times) >= 1:
				at += int64(times[0]) * 250
				times = times[1:]
			case symbol == 2 && len(times) >= 2:
				at += int64(int16(binary.BigEndian.Uint16(times))) * 250
				times = times[2:]
			case symbol == 1 || symbol == 2:
				return
			}
			f(seq, at, symbol == 1 || symbol == 2)
			seq++
			count--
		}
	}
}

// symbols is how many packets a status chunk tells of (3.1.3, 3.1.4).
func symbols(chunk uint16) int {
	switch chunk >> 14 {
	case 2:
		return 14
	case 3:
		return 7
	}
	return int(chunk & 0x1fff)
}

// symbolAt is what a chunk says of its i-th packet: 1 and 2 are received.
func symbolAt(chunk uint16, i int) uint16 {
	switch chunk >> 14 {
	case 2:
		return chunk >> (13 - i) & 1
	case 3:
		return chunk >> (12 - 2*i) & 3
	}
	return chunk >> 13 & 3
}

// delayBase finds the queueing delay in one-way delays whose origin is
// unknown: what they are above the least of the last while.
type delayBase struct {
	smooth  float64 // microseconds, 0 before the first
	started bool
	least   [2]int64 // of this and of the last period
	since   int64
}

const delayPeriod = 30e9

// queue takes the delays of one feedback message and gives the queueing
// delay in milliseconds.
func (d *delayBase) queue(delays []int64, now int64) float64 {
	if len(delays) == 0 {
		return 0
	}
	if !d.started {
		d.started, d.since = true, now
		d.least = [2]int64{delays[0], delays[0]}
		d.smooth = float64(delays[0])
	}
	if now-d.since > delayPeriod {
		d.least[1], d.least[0], d.since = d.least[0], delays[0], now
	}
	share := float64(min(4*len(delays), 16)) // of few packets each says more
	for _, x := range delays {
		d.least[0] = min(d.least[0], x)
		d.smooth += (float64(x) - d.smooth) / share
	}
	return (d.smooth - float64(min(d.least[0], d.least[1]))) / 1000
}
