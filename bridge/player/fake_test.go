package player

import (
	"bytes"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

const millisecond = int64(time.Millisecond)

// sentPacket is what a fakeOut was given, with the time of the test's clock.
type sentPacket struct {
	packet.Header
	payload []byte
	at      int64
}

// fakeOut is a relay.Out that keeps everything.
type fakeOut struct {
	now     int64
	sent    []sentPacket
	flushed int // packets
}

func (f *fakeOut) Send(h packet.Header, payload []byte) {
	f.sent = append(f.sent, sentPacket{h, bytes.Clone(payload), f.now})
}

func (f *fakeOut) Flush() { f.flushed = len(f.sent) }

func (f *fakeOut) PayloadType(media.Format) (uint8, bool) { return 0, false }

// run steps a sender through virtual time, as the seat's goroutine would.
func (f *fakeOut) run(from, to int64, step func(now int64) int64) {
	for f.now = from; f.now < to; {
		next := step(f.now)
		if next <= f.now {
			panic("the sender wants to run again at once")
		}
		f.now = next
	}
}

// frames groups packets by timestamp.
func (f *fakeOut) frames() [][]sentPacket {
	var list [][]sentPacket
	for i, p := range f.sent {
		if i == 0 || p.Timestamp != f.sent[i-1].Timestamp {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], p)
	}
	return list
}
