package room

import "github.com/pion/rtcp"

// walkTWCC reads transport-wide feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1): for each packet
// its number and, if it was received, when, in microseconds of the receiver's clock.
func walkTWCC(fb *rtcp.TransportLayerCC, f func(seq uint16, at int64, received bool)) {
	seq, left := fb.BaseSequenceNumber, int(fb.PacketStatusCount)
	at := int64(fb.ReferenceTime) * 64_000
	deltas := fb.RecvDeltas
	one := func(symbol uint16) bool {
		if left == 0 {
			return false
		}
		left--
		received := symbol == rtcp.TypeTCCPacketReceivedSmallDelta || symbol == rtcp.TypeTCCPacketReceivedLargeDelta
		if received {
			if len(deltas) == 0 {
				return false
			}
			at += deltas[0].Delta
			deltas = deltas[1:]
		}
		f(seq, at, received)
		seq++
		return true
	}
	for _, c := range fb.PacketChunks {
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			for range c.RunLength {
				if !one(c.PacketStatusSymbol) {
					return
				}
			}
		case *rtcp.StatusVectorChunk:
			for _, s := range c.SymbolList {
				if !one(s) {
					return
				}
			}
		}
	}
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
	for _, x := range delays {
		d.least[0] = min(d.least[0], x)
		d.smooth += (float64(x) - d.smooth) / 16
	}
	return (d.smooth - float64(min(d.least[0], d.least[1]))) / 1000
}
