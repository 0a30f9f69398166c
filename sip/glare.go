package sip

import (
	"math/rand/v2"
	"time"
)

// glare counts the re-INVITEs of ours that met one of the far end's.
type glare struct {
	tries int
}

// maxGlare bounds how often one offer is tried again.
const maxGlare = 5

// retry is how long to wait after a 491 (RFC 3261 14.1): the owner of the
// Call-ID 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. The second value
// is false when it was tried often enough.
func (g *glare) retry(owner bool) (time.Duration, bool) {
	if g.tries++; g.tries > maxGlare {
		return 0, false
	}
	return glareDelay(owner, rand.IntN), true
}

// done forgets the failures after an exchange that worked.
func (g *glare) done() { g.tries = 0 }

func glareDelay(owner bool, intn func(int) int) time.Duration {
	if owner {
		return 2100*time.Millisecond + time.Duration(intn(191))*10*time.Millisecond
	}
	return time.Duration(intn(201)) * 10 * time.Millisecond
}
