package transcode

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec/g711"
	"github.com/roombridge/roombridge/transcode/internal/tone"
)

func TestAvailable(t *testing.T) {
	s, _ := supervise(t, workerPath)
	for _, c := range []media.Codec{media.G722, media.PCMU, media.PCMA} {
		if !s.Available().Mixes(c) {
			t.Errorf("%s is not mixed: %+v", c, s.Available())
		}
	}
	if !s.Available().Decodes(media.Opus) {
		t.Error("Opus is not decoded")
	}
}

func TestNoBinary(t *testing.T) {
	s, log := supervise(t, filepath.Join(t.TempDir(), "nothing"))
	if c := s.Available(); c.Version != 0 || c.Stills() {
		t.Errorf("%+v", c)
	}
	if _, err := s.Open("1", newTold()); !errors.Is(err, ErrNoWorker) {
		t.Errorf("%v", err)
	}
	if !strings.Contains(log.String(), "no media worker") {
		t.Error("the log does not say it")
	}
}

func TestBounds(t *testing.T) {
	s, _ := supervise(t, workerPath, func(c *SupervisorConfig) { c.MaxWorkers = 1 })
	first, second := open(t, s, newTold()), open(t, s, newTold())
	work := Graph{Inputs: []Input{{ID: 1, Codec: media.PCMU, ClockRate: 8000}}}
	first.SetGraph(work)
	eventually(t, "the first worker", func() bool { return first.PID() != 0 })
	second.SetGraph(work)
	eventually(t, "the second meeting to wait", func() bool { return second.Stats().Waiting })
	first.Close()
	eventually(t, "the second worker", func() bool { return second.PID() != 0 && !second.Stats().Waiting })
	second.Close()
	again := open(t, s, newTold())
	again.SetGraph(Graph{Inputs: make([]Input, maxStreams+1)})
	s.Close()
	if _, err := s.Open("3", newTold()); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	if st := s.Stats(); st.Meetings != 0 || st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
}

// speaker sends a tone in PCMU every 20 ms of real time until stop is closed.
func speaker(m *Meeting, id StreamID, stop <-chan struct{}) {
	g := tone.Generator{Hz: 440, Amplitude: 0.3, Rate: 8000}
	enc, pcm := g711.NewEncoder(g711.Mu), make([]float32, 160)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		g.Fill(pcm)
		payload, _ := enc.Encode(nil, pcm)
		m.Write(Frame{Stream: id, Seq: uint16(n), Timestamp: uint32(n * 160), Payload: payload})
	}
}

func speak(t *testing.T, m *Meeting, id StreamID) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() { speaker(m, id, stop); close(ended) }()
	t.Cleanup(func() { close(stop); <-ended })
}

// heard gives the level of the tone in the last 200 ms of an output.
func (e *told) heard(id StreamID) float64 {
	e.mu.Lock()
	b := e.pcm[id]
	b = append([]byte(nil), b[max(len(b)-1600, 0):]...)
	e.mu.Unlock()
	if len(b) < 1600 {
		return -200
	}
	pcm := make([]float32, len(b))
	_, _ = g711.NewDecoder(g711.Mu).Decode(pcm, b)
	return tone.Level(pcm, 440, 8000)
}

func (e *told) forget(id StreamID) {
	e.mu.Lock()
	e.pcm[id] = nil
	e.mu.Unlock()
}

func hearsTone(e *told, id StreamID) func() bool {
	return func() bool { l := e.heard(id); return l > tone.DB(0.3)-1 && l < tone.DB(0.3)+1 }
}

// After kill -9 sound is back within a second, also when another process disturbs some of the tries.
func TestSoundAfterDeath(t *testing.T) {
	least := time.Hour
	for try := 0; try < 8 && least > time.Second; try++ {
		s, _ := supervise(t, workerPath)
		ev := newTold()
		m := open(t, s, ev)
		m.SetGraph(pcmuGraph)
		speak(t, m, 1)
		eventually(t, "the tone is heard", hearsTone(ev, 2))
		pid, before := m.PID(), time.Now()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the worker is gone", func() bool { return m.PID() != pid })
		ev.forget(2)
		eventually(t, "the tone is heard again", hearsTone(ev, 2))
		least = min(least, time.Since(before)-200*time.Millisecond) // the tone is measured over that much
		m.Close()
	}
	if least > time.Second {
		t.Errorf("sound back after %v", least)
	}
}

// After kill -9 a new worker has the graph. The streams' numbers go on.
func TestKilledWorker(t *testing.T) {
	s, _ := supervise(t, workerPath)
	ev := newTold()
	m := open(t, s, ev)
	m.SetGraph(pcmuGraph)
	speak(t, m, 1)
	eventually(t, "the tone is heard", hearsTone(ev, 2))
	for i := range 3 {
		pid := m.PID()
		before := time.Now()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the worker is gone", func() bool { return m.PID() != pid })
		have := ev.count(2)
		eventually(t, "frames again", func() bool { return ev.count(2) > have })
		first := time.Since(before)
		ev.forget(2)
		eventually(t, "the tone is heard again", hearsTone(ev, 2))
		took := time.Since(before) - 200*time.Millisecond // the tone is measured over that much
		t.Logf("kill %d: first frame after %v, tone back after %v", i+1, first.Round(time.Millisecond), took.Round(time.Millisecond))
	}
	if r := ev.restarted(); len(r) != 3 || !strings.Contains(r[0], "killed") {
		t.Errorf("restarts told: %q", r)
	}
	if st := m.Stats(); st.Restarts != 3 || s.Stats().Restarts != 3 {
		t.Errorf("%+v", st)
	}
	checkNumbers(t, ev)
}

// checkNumbers makes sure that numbers rise by one and timestamps never stand
// still or go back.
func checkNumbers(t *testing.T, ev *told) {
	t.Helper()
	ev.mu.Lock()
	defer ev.mu.Unlock()
	for i, f := range ev.frames[2] {
		if i == 0 {
			continue
		}
		last := ev.frames[2][i-1]
		if step := int32(f.Timestamp - last.Timestamp); f.Seq != last.Seq+1 || step < 160 {
			t.Fatalf("frame %d: %+v after %+v", i, f, last)
		}
	}
}

// A worker that hangs is killed by the watchdog.
func TestStoppedWorker(t *testing.T) {
	s, _ := supervise(t, workerPath)
	ev := newTold()
	m := open(t, s, ev)
	m.SetGraph(pcmuGraph)
	eventually(t, "frames", func() bool { return ev.count(2) > 5 })
	if err := syscall.Kill(m.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	eventually(t, "a restart", func() bool { return len(ev.restarted()) == 1 })
	if took := time.Since(begun); took < pongWait-pingEvery {
		t.Errorf("restart after %v", took)
	}
}

// Levels and statistics come, graphs change while sound goes on.
func TestRunningWorker(t *testing.T) {
	s, log := supervise(t, workerPath)
	ev := newTold()
	m := open(t, s, ev)
	if m.PID() != 0 {
		t.Error("a worker runs before it is needed")
	}
	m.SetGraph(pcmuGraph)
	speak(t, m, 1)
	eventually(t, "the tone is heard", hearsTone(ev, 2))
	eventually(t, "a level", func() bool {
		ev.mu.Lock()
		defer ev.mu.Unlock()
		return len(ev.levels) == 1 && ev.levels[0].Stream == 1 && ev.levels[0].DBov == -13 && ev.levels[0].Voice
	})
	eventually(t, "statistics", func() bool {
		w := m.Stats().Worker
		return w.Ticks > 50 && len(w.Inputs) == 1 && w.Inputs[0].Packets > 50 && w.Encoders == 1
	})
	g := pcmuGraph
	g.Outputs = append([]Output{{ID: 3, Codec: media.PCMA, Hears: []StreamID{1}}}, g.Outputs...)
	m.SetGraph(g)
	eventually(t, "the new output", func() bool { return ev.count(3) > 3 })
	g.Outputs = append(g.Outputs, Output{ID: 4, Codec: "x"})
	m.SetGraph(g)
	eventually(t, "the refusal", func() bool { return strings.Contains(log.String(), "not known") })
	checkNumbers(t, ev)
	checkWalls(t, m.PID(), log)
	m.Close()
	if m.PID() != 0 || s.Stats().Meetings != 0 {
		t.Error("still there after Close")
	}
	checkNoZombies(t)
}

// checkWalls looks at the worker from outside.
func checkWalls(t *testing.T, pid int, log *logged) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "RssAnon") {
			t.Log("worker: ", strings.TrimSpace(line))
		}
	}
	for _, want := range []string{"NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"} {
		if !strings.Contains(string(status), want) && (os.Getuid() != 0 || !strings.HasPrefix(want, "Cap")) {
			t.Errorf("the worker's status has no %q", want)
		}
	}
	if env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err == nil && len(env) > 0 {
		t.Errorf("the worker has an environment: %q", env)
	}
	if n := strings.Count(log.String(), "media worker confinement"); n != 1 {
		t.Errorf("confinement is told %d times", n)
	}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		to, err := os.Readlink(l)
		if err == nil && strings.HasPrefix(to, "/") && to != "/dev/null" {
			t.Errorf("the worker has %s open", to)
		}
	}
}

func checkNoZombies(t *testing.T) {
	t.Helper()
	tasks, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
	if err != nil {
		return // the kernel does not list them
	}
	for _, f := range strings.Fields(string(tasks)) {
		stat, _ := os.ReadFile("/proc/" + f + "/stat")
		if strings.Contains(string(stat), ") Z ") {
			t.Errorf("zombie %s", f)
		}
	}
}

// When the gateway is killed, its workers die with it.
func TestParentDies(t *testing.T) {
	cmd := exec.Command(fake(t, "parent"), workerPath)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 32)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(buf[:n])))
	if err != nil {
		t.Fatal(err)
	}
	// Stopped, it cannot see the end of its socket: only the kernel ends it.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	eventually(t, "the worker is dead", func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}
