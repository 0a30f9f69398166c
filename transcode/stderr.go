package transcode

import (
	"bufio"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Bounds of what a worker's standard error puts into our log.
const (
	stderrLine   = 512 // bytes of a line that are kept
	stderrBurst  = 40  // lines within stderrPeriod
	stderrPeriod = 5 * time.Second
)

// stderr copies the words of a meeting's workers, one after the other, into
// the log, bounded in size and rate.
type stderr struct {
	log   *slog.Logger
	since time.Time
	lines int
	lost  int

	mu    sync.Mutex
	cause string
}

func newStderr(log *slog.Logger) *stderr { return &stderr{log: log} }

// listen forgets what the worker before has said.
func (s *stderr) listen() {
	s.mu.Lock()
	s.cause = ""
	s.mu.Unlock()
}

func (s *stderr) copy(from io.Reader) {
	r := bufio.NewReaderSize(from, stderrLine)
	for {
		line, err := r.ReadSlice('\n')
		whole := err == nil
		for err == bufio.ErrBufferFull { // the rest of a long line
			_, err = r.ReadSlice('\n')
		}
		if text := printable(line); text != "" {
			s.line(text, time.Now())
		}
		if !whole && err != nil {
			return
		}
	}
}

func (s *stderr) line(text string, now time.Time) {
	s.remember(text)
	if now.Sub(s.since) >= stderrPeriod {
		if s.lost > 0 {
			s.log.Warn("media worker said more than is logged", "lines", s.lost)
		}
		s.since, s.lines, s.lost = now, 0, 0
	}
	s.lines++
	if s.lines > stderrBurst {
		s.lost++
		return
	}
	s.log.Warn("media worker says", "text", text)
}

// remember keeps the line that tells best why a Go program died.
func (s *stderr) remember(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, start := range []string{"panic:", "fatal error:", "SIG", "runtime:", WorkerName + ":"} {
		if s.cause == "" && strings.HasPrefix(text, start) {
			s.cause = text
		}
	}
}

func (s *stderr) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}
