// Package aesctr is AES-128 in the counter mode of SRTP (RFC 3711 4.1.1), in
// place and without allocation, for which crypto/cipher has no means: its CTR
// is made anew for each packet.
//
// On amd64 sixteen blocks go through the pipeline at a time where the processor
// has VAES and AVX-512, eight where it has AES-NI. Everywhere else, and with
// the build tag purego, it is crypto/aes block by block.
package aesctr

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
)

// Sizes in bytes.
const (
	KeySize   = 16
	BlockSize = aes.BlockSize
	MaxSize   = BlockSize << 16 // of what one counter block encrypts
)

// ErrKeySize is returned for a key that is not one of AES-128.
var ErrKeySize = errors.New("aesctr: key is not of 16 bytes")

// kernel is one way of doing it.
type kernel uint8

const (
	portable kernel = iota
	aesni
	vaes
)

// Cipher is AES-128 under one key. It belongs to one goroutine at a time.
type Cipher struct {
	kernel kernel
	keys   [11 * BlockSize]byte // round keys of the assembly

	// Of the portable kernel. What is passed to an interface would escape,
	// so that it is kept here.
	block         cipher.Block
	count, stream [BlockSize]byte
}

// New makes the cipher of a key. The key is not kept.
func New(key []byte) (*Cipher, error) { return newWith(best, key) }

func newWith(k kernel, key []byte) (*Cipher, error) {
	if len(key) != KeySize {
		return nil, ErrKeySize
	}
	c := &Cipher{kernel: k}
	if k != portable {
		expand((*[KeySize]byte)(key), &c.keys)
		return c, nil
	}
	var err error
	c.block, err = aes.NewCipher(key)
	return c, err
}

// XOR encrypts or decrypts data in place. The last two bytes of iv are the
// block counter and must be zero; data is at most MaxSize long.
func (c *Cipher) XOR(data []byte, iv *[BlockSize]byte) {
	switch {
	case len(data) == 0:
	case len(data) > MaxSize:
		panic("aesctr: too long for one counter block")
	case c.kernel == portable:
		c.xorPortable(data, iv)
	default:
		xor(c.kernel, &c.keys, data, iv)
	}
}

func (c *Cipher) xorPortable(data []byte, iv *[BlockSize]byte) {
	c.count = *iv
	for i := uint16(0); len(data) > 0; i++ {
		binary.BigEndian.PutUint16(c.count[BlockSize-2:], i)
		c.block.Encrypt(c.stream[:], c.count[:])
		data = data[subtle.XORBytes(data, data, c.stream[:]):]
	}
}

// Clone gives a cipher of the same key for another goroutine.
func (c *Cipher) Clone() *Cipher {
	d := *c
	return &d
}

// Wipe forgets the key. The cipher must not be used afterwards.
func (c *Cipher) Wipe() { *c = Cipher{} }
