package load

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// clockTick is the unit of /proc/PID/stat, on every Linux that Go runs on.
const clockTick = 10 * time.Millisecond

// settledAfter is how many looks at a media worker are past before its time
// counts. Starting one takes ten times the processor that running it does: a
// row of calls to empty rooms would look like a gateway that is full.
const settledAfter = 2

// Clock adds up the processor time of this process and of media workers. It
// is not safe for concurrent use.
type Clock struct {
	workers map[int]*worker
	total   time.Duration // of workers, once they settled
}

type worker struct {
	looks int
	began uint64 // when the process started, so that another of the same number is another
	used  time.Duration
	seen  bool
}

// CPU is the processor time of this process and of its workers that have
// settled, since the beginning; it never falls.
func (c *Clock) CPU(workers []int) time.Duration {
	if c.workers == nil {
		c.workers = make(map[int]*worker)
	}
	for _, pid := range workers {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
			c.look(pid, b)
		}
	}
	for pid, w := range c.workers {
		if !w.seen {
			delete(c.workers, pid)
		}
		w.seen = false
	}
	return own() + c.total
}

func (c *Clock) look(pid int, stat []byte) {
	used, began, ok := statTime(stat)
	if !ok {
		return
	}
	w := c.workers[pid]
	if w == nil || w.began != began {
		w = &worker{began: began}
		c.workers[pid] = w
	}
	if w.looks++; w.looks > settledAfter {
		c.total += max(used-w.used, 0)
	}
	w.used, w.seen = used, true
}

// own is the processor time of this process.
func own() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// statTime reads user and system time, and when the process began, out of
// proc_pid_stat(5). The name of the program may hold spaces and brackets:
// fields are counted behind it.
func statTime(stat []byte) (used time.Duration, began uint64, ok bool) {
	_, rest, found := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	f := bytes.Fields(rest)
	if !found || len(f) < 20 {
		return 0, 0, false
	}
	var n [3]uint64
	for i, at := range []int{11, 12, 19} {
		v, err := strconv.ParseUint(string(f[at]), 10, 62)
		if err != nil {
			return 0, 0, false
		}
		n[i] = v
	}
	return time.Duration(n[0]+n[1]) * clockTick, n[2], true
}
