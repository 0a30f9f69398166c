package front

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxSources bounds the sources that are remembered.
const maxSources = 4096

// Rates bounds what each source address may begin.
type Rates struct {
	limit rate.Limit
	burst int

	mu      sync.Mutex
	sources map[netip.Addr]*rate.Limiter
}

// NewRates allows each source so much a second, and burst at once; below 0 is no bound.
func NewRates(perSecond float64, burst int) *Rates {
	return &Rates{limit: rate.Limit(perSecond), burst: burst, sources: make(map[netip.Addr]*rate.Limiter)}
}

// Allow counts one more of a source and tells whether it may.
func (r *Rates) Allow(a netip.Addr, now time.Time) bool {
	if r.limit < 0 {
		return true
	}
	a = Source(a)
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.sources[a]
	if l == nil {
		if len(r.sources) >= maxSources {
			r.forget(now)
		}
		l = rate.NewLimiter(r.limit, r.burst)
		r.sources[a] = l
	}
	return l.AllowN(now, 1)
}

// Len is how many sources are remembered.
func (r *Rates) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sources)
}

// forget drops sources that used nothing lately, and everybody when that frees no
// room: then the table itself is under attack.
func (r *Rates) forget(now time.Time) {
	for a, l := range r.sources {
		if l.TokensAt(now) >= float64(r.burst) {
			delete(r.sources, a)
		}
	}
	if len(r.sources) >= maxSources {
		clear(r.sources)
	}
}

// Source is what an address is counted by: itself, and of IPv6 its /64.
func Source(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}
