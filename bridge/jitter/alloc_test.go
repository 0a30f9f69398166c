//go:build !race

// The race detector has sync.Pool drop buffers at random.

package jitter

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/packet"
)

func TestDoesNotAllocate(t *testing.T) {
	var n int
	b := New(Config{Emit: func(*packet.Packet, int) { n++ }})
	p := packet.Packet{Payload: make([]byte, 1200)}
	var now int64
	push := func(seq uint16) {
		p.Seq = seq
		now += ms
		b.Push(&p, now)
	}
	seq := uint16(0)
	if avg := testing.AllocsPerRun(1000, func() {
		push(seq)
		push(seq + 2)
		push(seq + 1)
		push(seq + 4) // 3 is lost
		seq += 5
	}); avg > 0.01 { // the collector may empty the pool
		t.Errorf("%v allocations", avg)
	}
	if n < 3000 {
		t.Errorf("%d packets", n)
	}
}
