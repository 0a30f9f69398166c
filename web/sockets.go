package web

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	maxToken      = 256 // bytes of a resume token
	maxPersonName = 64  // characters
)

// sockets counts the open meeting pages, bounds them, and lets the server
// wait for them: http.Server does not know of hijacked connections.
type sockets struct {
	limit int

	mu     sync.Mutex
	open   int
	from   map[netip.Prefix]int // of them, by source
	closed bool
	empty  chan struct{} // closed when closing and the last one has left
}

func newSockets(limit int) *sockets {
	return &sockets{limit: limit, from: map[netip.Prefix]int{}, empty: make(chan struct{})}
}

// enter lets a page in. One source takes at most half of the places, so that nobody alone keeps everybody out; behind a
// proxy on this machine are many.
func (s *sockets) enter(source netip.Prefix) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.limit || s.from[source] >= (s.limit+1)/2 && !source.Addr().IsLoopback() {
		return false
	}
	s.open++
	s.from[source]++
	return true
}

func (s *sockets) leave(source netip.Prefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.from[source]--; s.from[source] == 0 {
		delete(s.from, source)
	}
	if s.closed && s.open == 0 {
		close(s.empty)
	}
}

func (s *sockets) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// close lets nobody in any more and waits for those inside.
func (s *sockets) close(ctx context.Context) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if s.open == 0 {
			close(s.empty)
		}
	}
	s.mu.Unlock()
	select {
	case <-s.empty:
	case <-ctx.Done():
	}
}

// sourceOf is who counts as one source of pages: an address, and of IPv6 a /64.
func sourceOf(remote string) netip.Prefix {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := peer.Addr().Unmap().WithZone(""), 64
	if addr.Is4() || addr.IsLoopback() {
		bits = addr.BitLen()
	}
	p, _ := addr.Prefix(bits) // of that many bits there is one
	return p
}

// personName makes what a person typed fit to be shown to others: one form of
// each letter, no control or invisible formatting characters (bidirectional
// overrides let a name pose as another), bounded.
func personName(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r) && r != '\u200d': // zero width joiner: emoji
			return -1
		case unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > maxPersonName {
		s = strings.TrimSpace(string(runes[:maxPersonName]))
	}
	return s
}
