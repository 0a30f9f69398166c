package hmacsha1

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// ways are those that this processor has.
func ways() []bool {
	if lanes {
		return []bool{false, true}
	}
	return []bool{false}
}

func name(assembly bool) string {
	if assembly {
		return "lanes"
	}
	return "standard"
}

func each(t *testing.T, f func(t *testing.T, assembly bool)) {
	for _, w := range ways() {
		t.Run(name(w), func(t *testing.T) { f(t, w) })
	}
}

// oracle is HMAC of the standard library.
func oracle(key []byte, m *Message) (sum [Size]byte) {
	h := hmac.New(sha1.New, key)
	h.Write(m.Data)
	h.Write(binary.BigEndian.AppendUint32(nil, m.Word))
	return [Size]byte(h.Sum(nil))
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// TestLengths sums each length up to that of a datagram.
func TestLengths(t *testing.T) {
	each(t, func(t *testing.T, assembly bool) {
		r := rand.New(rand.NewPCG(1, 1))
		mem := random(r, 1700)
		for n := range 1600 {
			key := random(r, r.IntN(sha1.BlockSize+1))
			m := Message{Data: mem[n%64:][:n], Word: r.Uint32()}
			if newWith(assembly, key).Sum(&m); m.Sum != oracle(key, &m) {
				t.Fatalf("%d bytes: %x", n, m.Sum)
			}
		}
	})
}

// TestSumAll sums batches of any size, of messages that differ in length.
func TestSumAll(t *testing.T) {
	each(t, func(t *testing.T, assembly bool) {
		r := rand.New(rand.NewPCG(2, 2))
		key := random(r, 20)
		k := newWith(assembly, key)
		for round := range 600 {
			ms := make([]Message, r.IntN(20))
			for i := range ms {
				n := 1200
				switch round % 3 {
				case 1:
					n = r.IntN(1600)
				case 2:
					n = r.IntN(140)
				}
				ms[i] = Message{Data: random(r, n), Word: r.Uint32()}
			}
			k.SumAll(ms)
			for i := range ms {
				if ms[i].Sum != oracle(key, &ms[i]) {
					t.Fatalf("message %d of %d, of %d bytes", i, len(ms), len(ms[i].Data))
				}
			}
		}
	})
}

func TestWipe(t *testing.T) {
	each(t, func(t *testing.T, assembly bool) {
		k := newWith(assembly, bytes.Repeat([]byte{9}, 20))
		std := k.std
		k.Wipe()
		if *k != (Key{}) || std != nil && (std.hash != nil || std.inner != nil || std.outer != nil) {
			t.Error("something is left of the key")
		}
	})
}

func TestLongKey(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a key longer than a block was taken")
		}
	}()
	New(make([]byte, sha1.BlockSize+1))
}

func TestNoAllocation(t *testing.T) {
	each(t, func(t *testing.T, assembly bool) {
		k, ms := newWith(assembly, make([]byte, 20)), batch(7, 1200)
		if n := testing.AllocsPerRun(100, func() { k.Sum(&ms[0]) }); n != 0 {
			t.Errorf("one: %v allocations", n)
		}
		if n := testing.AllocsPerRun(100, func() { k.SumAll(ms) }); n != 0 {
			t.Errorf("batch: %v allocations", n)
		}
	})
}

func batch(n, size int) []Message {
	ms := make([]Message, n)
	for i := range ms {
		ms[i].Data = make([]byte, size)
	}
	return ms
}

// BenchmarkSum shows what hashing side by side brings: compare one at a time
// with seven, a burst of packets.
func BenchmarkSum(b *testing.B) {
	for _, size := range []int{200, 1200} {
		for _, w := range ways() {
			for _, n := range []int{1, 2, 3, 4, 7, 16} {
				b.Run(fmt.Sprintf("%d/%s/%d", size, name(w), n), func(b *testing.B) {
					k, ms := newWith(w, make([]byte, 20)), batch(n, size)
					b.ReportAllocs()
					for b.Loop() {
						k.SumAll(ms)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/packet")
				})
			}
		}
	}
}
