// Package hmacsha1 is HMAC-SHA1 (RFC 2104) as SRTP uses it: over a packet and
// a 32-bit word behind it, without allocation, several packets at a time.
//
// The states behind the two pads are made once for a key. On amd64 with the SHA
// extensions four messages are hashed side by side: the instructions wait for
// one another, so that one message alone leaves the unit idle for two thirds
// of the time. Seven packets of 1200 bytes cost 0.33 µs each on a Zen 5, and
// 0.66 µs one after the other. Sixteen lanes of AVX-512 do no better for seven
// packets, and twice as well for sixteen, which one stream seldom has at once.
//
// Everywhere else, and with the build tag purego, the states are put into
// crypto/sha1.
package hmacsha1

import (
	"crypto/sha1"
	"encoding/binary"
)

// Size is the length of a sum in bytes.
const Size = sha1.Size

// A Message is Data and then Word in network order.
type Message struct {
	Data []byte
	Word uint32
	Sum  [Size]byte // the result
}

// Key is a key of at most a block. It belongs to one goroutine at a time.
type Key struct {
	inner, outer state     // behind the pads
	std          *standard // nil where there is assembly
}

// state is what SHA-1 chains from block to block (FIPS 180-4 6.1).
type state [5]uint32

var start = state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}

// New makes a key. It panics when it is longer than a block: SRTP's has 20 bytes.
func New(key []byte) *Key { return newWith(lanes, key) }

func newWith(assembly bool, key []byte) *Key {
	if len(key) > sha1.BlockSize {
		panic("hmacsha1: key is longer than a block")
	}
	inner, outer := pad(key, 0x36), pad(key, 0x5c)
	if !assembly {
		return &Key{std: newStandard(&inner, &outer)}
	}
	k := &Key{inner: start, outer: start}
	blocks1(&k.inner, &inner[0], 1)
	blocks1(&k.outer, &outer[0], 1)
	return k
}

func pad(key []byte, with byte) (block [sha1.BlockSize]byte) {
	copy(block[:], key)
	for i := range block {
		block[i] ^= with
	}
	return block
}

// Sum computes m.Sum.
func (k *Key) Sum(m *Message) {
	if k.std != nil {
		k.std.sum(m)
		return
	}
	h, whole := k.inner, len(m.Data)&^(sha1.BlockSize-1)
	if whole > 0 {
		blocks1(&h, &m.Data[0], whole/sha1.BlockSize)
	}
	var t tail
	blocks1(&h, &t[0], t.inner(m))
	t.outer(&h)
	h = k.outer
	blocks1(&h, &t[0], 1)
	h.put(m.Sum[:])
}

// SumAll computes the sums of all messages.
func (k *Key) SumAll(ms []Message) {
	if k.std != nil || len(ms) < 2 {
		for i := range ms {
			k.Sum(&ms[i])
		}
		return
	}
	sumAll(k, ms)
}

// Clone gives the same key for another goroutine.
func (k *Key) Clone() *Key {
	d := *k
	if k.std != nil {
		d.std = k.std.clone()
	}
	return &d
}

// Wipe forgets the key, which must not be used afterwards.
func (k *Key) Wipe() {
	if k.std != nil {
		*k.std = standard{}
	}
	*k = Key{}
}

func (h *state) put(b []byte) {
	for i, v := range h {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
}

// tail is the end of what is hashed, with its padding (FIPS 180-4 5.1.1).
type tail [2 * sha1.BlockSize]byte

// inner is the end of the inner hash; it gives the number of blocks.
func (t *tail) inner(m *Message) int {
	n := copy(t[:], m.Data[len(m.Data)&^(sha1.BlockSize-1):])
	binary.BigEndian.PutUint32(t[n:], m.Word)
	return t.end(n+4, sha1.BlockSize+len(m.Data)+4)
}

// outer is all of the outer hash but its pad: the sum of the inner one.
func (t *tail) outer(h *state) {
	h.put(t[:])
	t.end(Size, sha1.BlockSize+Size)
}

// end pads n bytes of a message of total bytes.
func (t *tail) end(n, total int) int {
	blocks := (n + 9 + sha1.BlockSize - 1) / sha1.BlockSize
	t[n] = 0x80
	clear(t[n+1 : blocks*sha1.BlockSize-8])
	binary.BigEndian.PutUint64(t[blocks*sha1.BlockSize-8:], uint64(total)*8)
	return blocks
}
