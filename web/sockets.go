package web

import (
	"context"
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
	closed bool
	empty  chan struct{} // closed when closing and the last one has left
}

func newSockets(limit int) *sockets { return &sockets{limit: limit, empty: make(chan struct{})} }

func (s *sockets) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.limit {
		return false
	}
	s.open++
	return true
}

func (s *sockets) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
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
