package transcode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/wire"
)

// WorkerName is the file name of the media worker's binary.
const WorkerName = "roombridge-media"

// Errors that Open and requests give.
var (
	ErrNoWorker = errors.New("transcode: there is no media worker binary")
	ErrClosed   = errors.New("transcode: closed")
)

// SupervisorConfig says how workers are run. The zero value works.
type SupervisorConfig struct {
	Path        string // worker binary; empty: beside our executable, then in PATH
	Log         *slog.Logger
	MemoryLimit int64 // bytes a worker may use, 0 is 768 MiB
	MaxWorkers  int   // processes at once, 0 is 128; meetings with work beyond that wait for one that has none left
	Nice        int   // scheduling priority of workers, 0 is ours
	CPUs        int   // processors that a worker's picture codecs use at once, 0 is all
	// Idle is after how long without work a worker is ended, whose memory is
	// that of many legs; 0 is 3 s.
	Idle time.Duration
}

// Supervisor runs the media workers of all meetings, one process each.
type Supervisor struct {
	cfg  SupervisorConfig
	path string
	err  error // why there is no binary
	log  *slog.Logger

	once sync.Once
	caps Capabilities

	launch launcher
	slots  chan struct{} // as many as workers may run; who runs one has put one in

	mu       sync.Mutex
	closed   bool
	meetings map[*Meeting]struct{}
	restarts uint64
	decoded  map[media.Codec]Decoded
	told     string // confinement that was logged last
}

// NewSupervisor looks for the worker binary. It starts nothing.
func NewSupervisor(cfg SupervisorConfig) *Supervisor {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.MemoryLimit <= 0 {
		cfg.MemoryLimit = 768 << 20
	}
	if cfg.MaxWorkers <= 0 {
		cfg.MaxWorkers = 128
	}
	if cfg.Idle <= 0 {
		cfg.Idle = 3 * time.Second
	}
	s := &Supervisor{cfg: cfg, log: cfg.Log, slots: make(chan struct{}, cfg.MaxWorkers), meetings: make(map[*Meeting]struct{}), decoded: make(map[media.Codec]Decoded)}
	s.path, s.err = findWorker(cfg.Path)
	return s
}

func findWorker(path string) (string, error) {
	if path != "" {
		path, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrNoWorker, err)
		}
		return filepath.Abs(path)
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), WorkerName)
		if found, err := exec.LookPath(beside); err == nil {
			return found, nil
		}
	}
	found, err := exec.LookPath(WorkerName)
	if err != nil {
		return "", fmt.Errorf("%w: neither beside the gateway nor in PATH", ErrNoWorker)
	}
	return filepath.Abs(found)
}

// Available gives what the worker binary can do; the zero value when there is
// none. The binary is asked once.
func (s *Supervisor) Available() Capabilities {
	s.once.Do(func() {
		if s.err != nil {
			s.log.Warn("no media worker: calls that need mixing get no sound", "error", s.err)
			return
		}
		caps, err := askCapabilities(s.path)
		if err != nil {
			s.log.Error("media worker does not say what it can do", "path", s.path, "error", err)
			return
		}
		s.caps = caps
	})
	return s.caps
}

func askCapabilities(path string) (Capabilities, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-capabilities")
	cmd.Env = []string{}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Capabilities{}, err
	}
	if err := cmd.Start(); err != nil {
		return Capabilities{}, err
	}
	text, readErr := io.ReadAll(io.LimitReader(out, 64<<10))
	if err := cmd.Wait(); err != nil {
		return Capabilities{}, err
	}
	var caps Capabilities
	if err := errors.Join(readErr, json.Unmarshal(text, &caps)); err != nil {
		return Capabilities{}, err
	}
	if caps.Version != wire.Version {
		return Capabilities{}, fmt.Errorf("it speaks protocol version %d, not %d", caps.Version, wire.Version)
	}
	return caps, nil
}

// Open makes a meeting. Its worker starts when it is first needed.
func (s *Supervisor) Open(meeting string, ev Events) (*Meeting, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	m := newMeeting(s, meeting, ev)
	s.meetings[m] = struct{}{}
	go m.run()
	return m, nil
}

// SupervisorStats counts over all meetings.
type SupervisorStats struct {
	Meetings int
	Running  int
	Restarts uint64
	Decoded  map[media.Codec]Decoded
}

// Stats counts meetings, running workers, and restarts and pictures since the beginning.
func (s *Supervisor) Stats() SupervisorStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := SupervisorStats{Meetings: len(s.meetings), Restarts: s.restarts, Decoded: maps.Clone(s.decoded)}
	for m := range s.meetings {
		if m.PID() != 0 {
			st.Running++
		}
	}
	return st
}

// Running names the meetings that have a worker now.
func (s *Supervisor) Running() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for m := range s.meetings {
		if m.PID() != 0 {
			list = append(list, m.name)
		}
	}
	return list
}

// PIDs are the processes of the workers that run.
func (s *Supervisor) PIDs() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []int
	for m := range s.meetings {
		if pid := m.PID(); pid != 0 {
			list = append(list, pid)
		}
	}
	return list
}

// Close ends all workers and waits for them.
func (s *Supervisor) Close() {
	s.mu.Lock()
	s.closed = true
	open := make([]*Meeting, 0, len(s.meetings))
	for m := range s.meetings {
		open = append(open, m)
	}
	s.mu.Unlock()
	for _, m := range open {
		m.stop()
	}
	for _, m := range open {
		m.Close()
	}
}

func (s *Supervisor) forget(m *Meeting) {
	s.mu.Lock()
	delete(s.meetings, m)
	s.mu.Unlock()
}

func (s *Supervisor) countRestart() {
	s.mu.Lock()
	s.restarts++
	s.mu.Unlock()
}

// tellConfinement logs once which walls are in force, and again if they change.
func (s *Supervisor) tellConfinement(c Confinement, namespaces string) {
	line := fmt.Sprintf("namespaces: %s; no_new_privs: %v; seccomp: %v; landlock ABI: %d; limits: %v", namespaces, c.NoNewPrivs, c.Seccomp, c.Landlock, c.Limits)
	s.mu.Lock()
	told := s.told == line
	s.told = line
	s.mu.Unlock()
	if told {
		return
	}
	log := s.log.Info
	if !c.Seccomp || !c.NoNewPrivs {
		log = s.log.Warn
	}
	log("media worker confinement", "in_force", line, "missing", c.Missing)
}
