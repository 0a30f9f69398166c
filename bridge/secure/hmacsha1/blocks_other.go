//go:build !amd64 || purego

package hmacsha1

const lanes = false

func blocks1(*state, *byte, int) { panic("hmacsha1: no assembly") }

func blocks4(*[width]state, *[width]*byte, int) { panic("hmacsha1: no assembly") }
