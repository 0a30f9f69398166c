//go:build !purego

package aesctr

import "golang.org/x/sys/cpu"

var best = detect()

func detect() kernel {
	x := &cpu.X86
	switch {
	case !x.HasAES || !x.HasSSSE3:
		return portable
	case x.HasAVX512F && x.HasAVX512BW && x.HasAVX512VAES && x.HasBMI2:
		return vaes
	}
	return aesni
}

// group is how many bytes xorAESNI encrypts at a time.
const group = 8 * BlockSize

func xor(k kernel, keys *[11 * BlockSize]byte, data []byte, iv *[BlockSize]byte) {
	if k == vaes {
		xorVAES(keys, iv, &data[0], len(data))
		return
	}
	n := len(data) / group
	if n > 0 {
		xorAESNI(keys, iv, &data[0], n, 0)
	}
	if rest := data[n*group:]; len(rest) > 0 {
		var padded [group]byte
		copy(padded[:], rest)
		xorAESNI(keys, iv, &padded[0], 1, n*8)
		copy(rest, padded[:])
	}
}

// expand makes the round keys (FIPS 197 5.2).
//
//go:noescape
func expand(key *[KeySize]byte, keys *[11 * BlockSize]byte)

// xorAESNI encrypts groups of eight blocks, the first of which has the number count.
//
//go:noescape
func xorAESNI(keys *[11 * BlockSize]byte, iv *[BlockSize]byte, data *byte, groups, count int)

// xorVAES encrypts n bytes.
//
//go:noescape
func xorVAES(keys *[11 * BlockSize]byte, iv *[BlockSize]byte, data *byte, n int)
