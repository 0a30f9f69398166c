package relay

import (
	"time"

	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// Clock is the packet path's own clock: monotonic nanoseconds from some
// moment. Packet.Arrived and every now in this package are its readings
// unless a configuration gives another.
func Clock() int64 { return wire.Clock() }

func clockOr(now func() int64) func() int64 {
	if now == nil {
		return Clock
	}
	return now
}

// meter turns a counter that only rises into a rate over about a second.
type meter struct {
	at    int64
	total uint64
	rate  float64 // per second
}

// tick takes the counter's value at now.
func (m *meter) tick(now int64, total uint64) {
	d := now - m.at
	if m.at != 0 && d < int64(time.Second) {
		return
	}
	if m.at != 0 {
		m.rate = float64(total-m.total) * 1e9 / float64(d)
	}
	m.at, m.total = now, total
}
