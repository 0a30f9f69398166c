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

// CPU is the processor time of this process, of its children that ended and
// of those that run.
func CPU(children []int) time.Duration {
	total := usage(syscall.RUSAGE_SELF) + usage(syscall.RUSAGE_CHILDREN)
	for _, pid := range children {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
			total += statTime(b)
		}
	}
	return total
}

func usage(who int) time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// statTime reads user and system time out of proc_pid_stat(5). The name of
// the program may hold spaces and brackets: fields are counted behind it.
func statTime(stat []byte) time.Duration {
	_, rest, ok := bytes.Cut(stat[max(bytes.LastIndexByte(stat, ')'), 0):], []byte(") "))
	f := bytes.Fields(rest)
	if !ok || len(f) < 13 {
		return 0
	}
	user, err1 := strconv.ParseUint(string(f[11]), 10, 62)
	system, err2 := strconv.ParseUint(string(f[12]), 10, 62)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * clockTick
}
