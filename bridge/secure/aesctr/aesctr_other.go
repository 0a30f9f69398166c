//go:build !amd64 || purego

package aesctr

const best = portable

func expand(*[KeySize]byte, *[11 * BlockSize]byte) { panic("aesctr: no assembly") }

func xor(kernel, *[11 * BlockSize]byte, []byte, *[BlockSize]byte) { panic("aesctr: no assembly") }
