package confine

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Check is one thing that a sealed process tried, and what came of it.
type Check struct {
	What    string `json:"what"`
	Refused bool   `json:"refused"`
	Error   string `json:"error"`
}

var errAllowed = errors.New("it was allowed")

// SelfCheck tries what must not be possible any more. It is for tests.
func SelfCheck(memory int64) []Check {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var list []Check
	for _, c := range []struct {
		what string
		try  func() error
	}{
		{"open", tryOpen},
		{"create", func() error { return descriptor(unix.Open("/tmp/roombridge-check", unix.O_CREAT|unix.O_WRONLY, 0o600)) }},
		{"internet socket", func() error { return descriptor(unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)) }},
		{"unix socket", func() error { return descriptor(unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)) }},
		{"connect", func() error { return unix.Connect(3, &unix.SockaddrUnix{Name: "/run/x"}) }},
		{"exec", func() error { return unix.Exec("/bin/true", []string{"true"}, nil) }},
		{"fork", tryFork},
		{"ptrace", func() error { return unix.PtraceAttach(1) }},
		{"signal another", func() error { return unix.Kill(unix.Getppid(), 0) }},
		{"executable memory", func() error { return tryMap(4096, unix.PROT_READ|unix.PROT_EXEC) }},
		{"memory beyond the limit", func() error { return tryMap(int(memory), unix.PROT_READ|unix.PROT_WRITE) }},
		{"namespace", func() error { return unix.Unshare(unix.CLONE_NEWUSER) }},
		{"mount", func() error { return unix.Mount("none", "/tmp", "tmpfs", 0, "") }},
		{"become dumpable", func() error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }},
		{"raise a limit", func() error { return unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 4096, Max: 4096}) }},
	} {
		err := c.try()
		list = append(list, Check{What: c.what, Refused: err != nil && !errors.Is(err, errAllowed), Error: fmt.Sprint(err)})
	}
	return list
}

func tryOpen() error { return descriptor(unix.Open("/etc/passwd", unix.O_RDONLY, 0)) }

// descriptor is an error only if there is none.
func descriptor(fd int, err error) error {
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func tryFork() error {
	pid, _, code := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if code != 0 {
		return code
	}
	if pid == 0 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return errAllowed
}

func tryMap(size, protection int) error {
	b, err := unix.Mmap(-1, 0, size, protection, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	return errors.Join(unix.Munmap(b), errAllowed)
}
