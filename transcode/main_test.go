package transcode

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// workerPath is the real worker, built once for all tests.
var workerPath string

func TestMain(m *testing.M) {
	if play := fakes[filepath.Base(os.Args[0])]; play != nil {
		play()
		os.Exit(0)
	}
	os.Exit(withWorker(m))
}

func withWorker(m *testing.M) int {
	dir, err := os.MkdirTemp("", "roombridge")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	workerPath = filepath.Join(dir, WorkerName)
	if out, err := exec.Command("go", "build", "-o", workerPath, "../cmd/roombridge-media").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the worker: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// told collects events.
type told struct {
	mu       sync.Mutex
	frames   map[StreamID][]Frame
	pcm      map[StreamID][]byte // payloads
	packets  map[StreamID][]Frame
	wanted   []StreamID
	levels   []Level
	restarts []string
}

func newTold() *told {
	return &told{frames: make(map[StreamID][]Frame), pcm: make(map[StreamID][]byte), packets: make(map[StreamID][]Frame)}
}

func (e *told) Frame(f Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pcm[f.Stream] = append(e.pcm[f.Stream], f.Payload...)
	f.Payload = nil
	e.frames[f.Stream] = append(e.frames[f.Stream], f)
}

func (e *told) Packet(f Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f.Payload = append([]byte(nil), f.Payload...)
	e.packets[f.Stream] = append(e.packets[f.Stream], f)
}

func (e *told) KeyframeWanted(id StreamID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = append(e.wanted, id)
}

func (e *told) Levels(l []Level) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.levels = append([]Level(nil), l...)
}

func (e *told) Restarted(reason string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.restarts = append(e.restarts, reason)
}

func (e *told) count(id StreamID) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.frames[id])
}

func (e *told) restarted() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.restarts...)
}

// patience bounds the waits for what does happen, however slow the machine is.
const patience = time.Minute

// eventually waits for a condition, which a goroutine or process brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// logged keeps log lines.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// supervise makes a supervisor for a worker binary that ends with the test.
func supervise(t testing.TB, path string, limits ...func(*SupervisorConfig)) (*Supervisor, *logged) {
	t.Helper()
	log := new(logged)
	cfg := SupervisorConfig{Path: path, Log: slog.New(slog.NewTextHandler(log, nil))}
	for _, l := range limits {
		l(&cfg)
	}
	s := NewSupervisor(cfg)
	t.Cleanup(s.Close)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return s, log
}

func open(t testing.TB, s *Supervisor, ev Events) *Meeting {
	t.Helper()
	m, err := s.Open("1001", ev)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
