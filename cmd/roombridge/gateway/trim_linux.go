package gateway

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// trim lets go of the pages of the program that only its start used: most of it, when the
// database was brought up to date and the API described itself. What is used again comes back
// from the page cache, 64 kB at a time; the system has as much of the program in memory as before.
func trim() {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range programMaps(f, exe) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m[0], m[1]-m[0], unix.MADV_DONTNEED)
	}
}

// programMaps finds where a program is mapped from its file alone, in smaps (proc_pid_smaps(5)). What was
// written to, as a loader does that relocates, is not in the file: it stays.
func programMaps(smaps io.Reader, exe string) (list [][2]uintptr) {
	var m [2]uintptr
	found := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		line := lines.Text()
		if kb, ok := strings.CutPrefix(line, "Anonymous:"); ok {
			if found && strings.TrimSpace(kb) == "0 kB" {
				list = append(list, m)
			}
			found = false
			continue
		}
		var perms string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &m[0], &m[1], &perms); n == 3 {
			found = strings.HasSuffix(line, " "+exe) && (perms == "r-xp" || perms == "r--p")
		}
	}
	return list
}
