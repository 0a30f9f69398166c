// Package proc starts the processes under test, each on its processor, and
// reads from the system what they use.
package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a running relay.
type Process struct {
	cmd    *exec.Cmd
	log    *tail
	exited chan struct{}
}

// Start runs a command on one processor. It is pinned before it runs, so that
// it knows of no other.
func Start(cpu int, cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, log: &tail{}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := OnCPU(cpu, cmd.Start); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait(); close(p.exited) }()
	return p, nil
}

// OnCPU calls f on a thread that is pinned to a processor, which a process that
// it starts inherits.
func OnCPU(cpu int, f func() error) error {
	// The thread is given up afterwards where its old set cannot be restored.
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		var old, set unix.CPUSet
		set.Set(cpu)
		if err := errors.Join(unix.SchedGetaffinity(0, &old), unix.SchedSetaffinity(0, &set)); err != nil {
			done <- fmt.Errorf("processor %d: %w", cpu, err)
			return
		}
		err := f()
		if unix.SchedSetaffinity(0, &old) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

// Allowed lists the processors that this process may use.
func Allowed() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var list []int
	for i := range 1024 {
		if set.IsSet(i) {
			list = append(list, i)
		}
	}
	return list
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log gives the end of what it printed.
func (p *Process) Log() string { return p.log.String() }

// Exited is closed when it has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Stop asks it to end, and makes it after a while.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}

// Usage is what a process has used since it began.
type Usage struct {
	CPU     time.Duration // of all its threads and of its children
	Waited  time.Duration // ready to run and not running
	RSS     int64         // bytes, now
	Threads map[int]time.Duration
}

// Since gives the CPU time and waiting since an earlier reading. A thread that
// ended between them counts up to then only.
func (u Usage) Since(before Usage) (cpu, waited time.Duration) {
	for id, t := range u.Threads {
		cpu += t - before.Threads[id]
	}
	return cpu, u.Waited - before.Waited
}

// Usage reads /proc/PID/task/*/schedstat, which the scheduler keeps to the
// nanosecond; what is sampled at ticks misses most of a relay's work.
func (p *Process) Usage() (Usage, error) {
	u := Usage{Threads: map[int]time.Duration{}}
	for _, pid := range family(p.PID()) {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil && pid == p.PID() {
			return u, err
		}
		for _, t := range tasks {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, t.Name()))
			if err != nil {
				continue // it has just ended
			}
			ran, waited, err := schedstat(b)
			if err != nil {
				return u, err
			}
			id, _ := strconv.Atoi(t.Name())
			u.Threads[id] = ran
			u.CPU += ran
			u.Waited += waited
		}
		u.RSS += rss(pid)
	}
	return u, nil
}

// Own is the CPU time of this process.
func Own() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// Machine is the time that all processors have been busy, interrupts and what
// the host took included. It is counted in ticks.
func Machine() time.Duration {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return busy(line)
}

// Stolen is the time that the host of a virtual machine ran something else while one of
// its processors was to run. The scheduler takes it for time that the process used.
func Stolen() time.Duration {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return stolen(line)
}

// Fields of the first line of /proc/stat: user, nice, system, idle, iowait, irq,
// softirq, steal in hundredths of a second.
const (
	fieldIdle   = 4
	fieldIOWait = 5
	fieldSteal  = 8
)

func busy(line string) (sum time.Duration) {
	for i := 1; i <= fieldSteal; i++ {
		if i != fieldIdle && i != fieldIOWait {
			sum += ticks(line, i)
		}
	}
	return sum
}

func stolen(line string) time.Duration { return ticks(line, fieldSteal) }

func ticks(line string, field int) time.Duration {
	f := strings.Fields(line)
	if field >= len(f) {
		return 0
	}
	n, _ := strconv.ParseInt(f[field], 10, 64)
	return time.Duration(n) * 10 * time.Millisecond
}

// schedstat reads the time on a processor and the time waiting for one.
func schedstat(b []byte) (ran, waited time.Duration, err error) {
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0, 0, fmt.Errorf("schedstat %q", b)
	}
	r, e1 := strconv.ParseInt(f[0], 10, 64)
	w, e2 := strconv.ParseInt(f[1], 10, 64)
	return time.Duration(r), time.Duration(w), errors.Join(e1, e2)
}

// rss reads the resident pages of a process.
func rss(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(f[1], 10, 64)
	return n * int64(os.Getpagesize())
}

// family is a process and all that it started.
func family(pid int) []int {
	all := []int{pid}
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for _, s := range strings.Fields(string(b)) {
			if child, err := strconv.Atoi(s); err == nil && !slices.Contains(all, child) {
				all = append(all, family(child)...)
			}
		}
	}
	return all
}

// tail keeps the end of what a process prints.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailMost = 64 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if n := len(t.b) - tailMost; n > 0 {
		t.b = slices.Clone(t.b[n:])
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(t.b, []byte("?")))
}
