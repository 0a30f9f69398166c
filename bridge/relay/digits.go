package relay

import (
	"encoding/binary"
	"strings"

	"github.com/roombridge/roombridge/bridge/packet"
)

// digitEvents are the events 0 to 15 of RFC 4733 table 3.
const digitEvents = "0123456789*#ABCD"

// digitReader finds the presses in a row of telephone-event packets. Each
// press has one timestamp, in all of its packets; it counts with the first
// that arrives, so no bit of the others is waited for.
type digitReader struct {
	timestamp uint32
	started   bool
}

// read takes a payload (RFC 4733 2.3) and gives the digit that was pressed,
// or false when there is none or it was told before.
func (r *digitReader) read(timestamp uint32, payload []byte) (rune, bool) {
	if len(payload) < 4 {
		return 0, false
	}
	// Packets of an older press that were overtaken are not a new one.
	if r.started && packet.TimeDiff(timestamp, r.timestamp) <= 0 && packet.TimeDiff(timestamp, r.timestamp) > -1<<20 {
		return 0, false
	}
	r.timestamp, r.started = timestamp, true
	if int(payload[0]) >= len(digitEvents) {
		return 0, false
	}
	return rune(digitEvents[payload[0]]), true
}

// digitEvent gives the event number of a digit.
func digitEvent(d rune) (uint8, bool) {
	if d >= 'a' && d <= 'd' {
		d -= 'a' - 'A'
	}
	i := strings.IndexRune(digitEvents, d)
	return uint8(i), i >= 0
}

// digitPayload writes a telephone-event payload. Volume 10 is -10 dBm0.
func digitPayload(b *[4]byte, event uint8, end bool, duration uint32) {
	b[0], b[1] = event, 10
	if end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], uint16(min(duration, 0xffff)))
}
