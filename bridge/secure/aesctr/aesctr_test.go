package aesctr

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"math/rand/v2"
	"testing"
)

// kernels are those that this processor has.
func kernels() []kernel {
	var list []kernel
	for k := portable; k <= best; k++ {
		list = append(list, k)
	}
	return list
}

func (k kernel) String() string { return [...]string{"portable", "AES-NI", "VAES"}[k] }

func each(t *testing.T, f func(t *testing.T, k kernel)) {
	for _, k := range kernels() {
		t.Run(k.String(), func(t *testing.T) { f(t, k) })
	}
}

func mustNew(t testing.TB, k kernel, key []byte) *Cipher {
	t.Helper()
	c, err := newWith(k, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fill(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// oracle is counter mode of the standard library.
func oracle(t testing.TB, key, iv, text []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, len(text))
	cipher.NewCTR(block, iv).XORKeyStream(out, text)
	return out
}

// TestLengths encrypts each length up to that of a datagram, and some longer
// ones, at each offset from a cache line. Not a byte beyond may change.
func TestLengths(t *testing.T) {
	each(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(1, uint64(k)))
		key, iv := make([]byte, KeySize), [BlockSize]byte{}
		mem, want := make([]byte, 70000), make([]byte, 70000)
		for n := range 1700 {
			if n >= 1600 {
				n = 1600 + r.IntN(65000)
			}
			fill(r, key)
			fill(r, iv[:BlockSize-2])
			at := r.IntN(65)
			part := mem[:at+n+300]
			fill(r, part)
			copy(want, part)
			copy(want[at:], oracle(t, key, iv[:], part[at:at+n]))
			mustNew(t, k, key).XOR(part[at:at+n], &iv)
			if !bytes.Equal(part, want[:len(part)]) {
				t.Fatalf("%d bytes at %d differ", n, at)
			}
		}
	})
}

// TestCounterEnds is the longest text that one counter block is good for.
func TestCounterEnds(t *testing.T) {
	each(t, func(t *testing.T, k kernel) {
		r := rand.New(rand.NewPCG(2, uint64(k)))
		key, iv := make([]byte, KeySize), [BlockSize]byte{}
		fill(r, key)
		fill(r, iv[:BlockSize-2])
		text := make([]byte, MaxSize)
		want := oracle(t, key, iv[:], text)
		c := mustNew(t, k, key)
		if c.XOR(text, &iv); !bytes.Equal(text, want) {
			t.Error("differs")
		}
		defer func() {
			if recover() == nil {
				t.Error("the counter was used twice")
			}
		}()
		c.XOR(make([]byte, MaxSize+1), &iv)
	})
}

// TestRFC3711 is the key stream of RFC 3711 B.2.
func TestRFC3711(t *testing.T) {
	key := []byte{0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c}
	iv := [BlockSize]byte{0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd}
	each(t, func(t *testing.T, k kernel) {
		stream := make([]byte, 0xff02*BlockSize)
		mustNew(t, k, key).XOR(stream, &iv)
		for block, want := range map[int]string{
			0: "e03ead0935c95e80e166b16dd92b4eb4", 1: "d23513162b02d0f72a43a2fe4a5f97ab", 2: "41e95b3bb0a2e8dd477901e4fca894c0",
			0xfeff: "ec8cdf7398607cb0f2d21675ea9ea1e4", 0xff00: "362b7c3c6773516318a077d7fc5073ae", 0xff01: "6a2cc3787889374fbeb4c81b17ba6c44",
		} {
			if got := fmt.Sprintf("%x", stream[block*BlockSize:][:BlockSize]); got != want {
				t.Errorf("block %#x: %s, want %s", block, got, want)
			}
		}
	})
}

func TestKeys(t *testing.T) {
	for _, n := range []int{0, 15, 17, 24, 32} {
		if _, err := New(make([]byte, n)); err != ErrKeySize {
			t.Errorf("key of %d: %v", n, err)
		}
	}
	c, err := New(bytes.Repeat([]byte{7}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	if c.Wipe(); *c != (Cipher{}) {
		t.Error("something is left of the key")
	}
}

func TestNoAllocation(t *testing.T) {
	each(t, func(t *testing.T, k kernel) {
		c, iv, data := mustNew(t, k, make([]byte, KeySize)), [BlockSize]byte{}, make([]byte, 1187)
		if n := testing.AllocsPerRun(100, func() { c.XOR(data, &iv) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkXOR(b *testing.B) {
	for _, n := range []int{188, 1188} {
		data, iv := make([]byte, n), [BlockSize]byte{}
		for _, k := range kernels() {
			b.Run(fmt.Sprintf("%d/%v", n, k), func(b *testing.B) {
				c := mustNew(b, k, make([]byte, KeySize))
				b.SetBytes(int64(n))
				b.ReportAllocs()
				for b.Loop() {
					c.XOR(data, &iv)
				}
			})
		}
		b.Run(fmt.Sprintf("%d/crypto-cipher", n), func(b *testing.B) {
			block, _ := aes.NewCipher(make([]byte, KeySize))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				cipher.NewCTR(block, iv[:]).XORKeyStream(data, data)
			}
		})
	}
}
