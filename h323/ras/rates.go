package ras

import (
	"net/netip"
	"time"

	"golang.org/x/time/rate"
)

// maxSources bounds the sources that are remembered.
const maxSources = 4096

// rates bounds the datagrams that are looked at of each source address; IPv6 sources
// count by their /64.
type rates struct {
	limit   rate.Limit
	burst   int
	sources map[netip.Addr]*rate.Limiter
}

func newRates(perSecond float64, burst int) *rates {
	return &rates{limit: rate.Limit(perSecond), burst: burst, sources: make(map[netip.Addr]*rate.Limiter)}
}

func (r *rates) allow(a netip.Addr, now time.Time) bool {
	if a.Is6() && !a.Is4In6() {
		p, _ := a.WithZone("").Prefix(64)
		a = p.Addr()
	}
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

// forget drops sources that were quiet lately, and everybody when that frees no room:
// then the table itself is under attack.
func (r *rates) forget(now time.Time) {
	for a, l := range r.sources {
		if l.TokensAt(now) >= float64(r.burst) {
			delete(r.sources, a)
		}
	}
	if len(r.sources) >= maxSources {
		clear(r.sources)
	}
}
