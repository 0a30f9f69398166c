//go:build !purego

package hmacsha1

import "golang.org/x/sys/cpu"

// lanes tells whether the processor has what the assembly needs.
var lanes = cpu.X86.HasAVX && cpu.X86.HasSSSE3 && hasSHA()

// hasSHA reads CPUID for the SHA extensions, which package cpu does not tell.
func hasSHA() bool

// blocks1 hashes n blocks at p, n > 0.
//
//go:noescape
func blocks1(h *state, p *byte, n int)

// blocks4 hashes n blocks of each of four messages, n > 0.
//
//go:noescape
func blocks4(h *[width]state, p *[width]*byte, n int)
