package room

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

// A room looks at everything ten times a second.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{2, 10, 100} {
		b.Run(fmt.Sprintf("%d terminals", n), func(b *testing.B) {
			r := newRig(b, nil)
			var seats []bridge.Seat
			var boxes []*box
			for i := range n {
				x := newBox(b, media.Video, ours)
				s, err := r.engine.Seat(b.Context(), bridge.Terminal{CallID: fmt.Sprint(i), Room: "1001", Name: fmt.Sprint(i), Video: x.stream})
				r.must(err)
				seats, boxes = append(seats, s), append(boxes, x)
			}
			b.Cleanup(func() {
				for _, s := range seats {
					s.Leave()
				}
			})
			now := relay.Clock()
			for _, x := range boxes {
				x.shows(now)
			}
			rm := r.engine.rooms["1001"].room
			b.ReportAllocs()
			for b.Loop() {
				rm.mu.Lock()
				rm.evaluate(now)
				rm.mu.Unlock()
				now += ms
				if now%(500*ms) < ms {
					for _, x := range boxes {
						x.shows(now)
					}
				}
			}
		})
	}
}

// shows lets a picture of the terminal's arrive.
func (b *box) shows(now int64) {
	nals := stills.Sizes[3].NALs()
	frame := b.plain
	for i, nal := range nals {
		b.plain = append(append([]byte(nil), frame[:packet.HeaderSize]...), nal...)
		b.speak(1, now, func(p []byte, _ int) {
			binary.BigEndian.PutUint32(p[4:], uint32(now/1e6)*90)
			if p[1] = 97; i == len(nals)-1 {
				p[1] |= 0x80
			}
		})
	}
	b.plain = frame
}
