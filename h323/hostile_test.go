package h323_test

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/roombridge/roombridge/h323/per"
	"github.com/roombridge/roombridge/h323/per/pertest"
)

// Whatever 64 kB of hostile input claims, decoding it takes little time, and memory
// that is a multiple of its size.
func TestHostileInput(t *testing.T) {
	const size, slow = 64 << 10, 2 * time.Second
	random := rand.New(rand.NewPCG(1, 1))
	var inputs [][]byte
	for o := range 256 {
		inputs = append(inputs, bytes.Repeat([]byte{byte(o)}, size))
	}
	for range 200 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		inputs = append(inputs, b)
	}
	var before, after runtime.MemStats
	var most uint64
	var longest time.Duration
	for typ := range roots {
		for _, b := range inputs {
			runtime.ReadMemStats(&before)
			start := time.Now()
			_ = per.Unmarshal(b, pdu{typ: typ}.fresh())
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			for range 2 { // what another process disturbed is measured again
				if took > slow {
					start = time.Now()
					_ = per.Unmarshal(b, pdu{typ: typ}.fresh())
					took = time.Since(start)
				}
			}
			longest = max(longest, took)
			most = max(most, after.TotalAlloc-before.TotalAlloc)
		}
	}
	t.Logf("at most %d kB and %v", most>>10, longest)
	if most > 2*256*size {
		t.Errorf("%d octets allocated for %d of input", most, size)
	}
	if longest > slow {
		t.Errorf("%v for %d octets", longest, size)
	}
}

// A recorded message with any octet changed or cut off is decoded or refused, and what
// is decoded is stable.
func TestDamagedCorpus(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	decoded, all := 0, 0
	for _, p := range corpus(t) {
		for range 60 {
			b := bytes.Clone(p.data[:1+random.IntN(len(p.data))])
			if len(b) > len(p.data)/2 {
				b = bytes.Clone(p.data)
			}
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
			all++
			if pertest.Stable(t, b, p.fresh) {
				decoded++
			}
		}
	}
	t.Logf("%d of %d damaged messages still mean something", decoded, all)
}
