package speech

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobody is who the program is inside its user namespace.
const nobody = 65534

// unwalled says that this machine gives us no namespaces.
var unwalled atomic.Bool

// run gives what a program writes to standard output after it was given a text. What is more than can be of use ends it, as
// ctx does. The parent-death signal comes when the thread ends that forked, so that thread is kept.
func run(ctx context.Context, path string, args []string, text string) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := start(ctx, path, args)
	if err != nil {
		return nil, err
	}
	if err = limit(p.cmd.Process.Pid); err == nil {
		_, _ = io.WriteString(p.in, text) // what it makes of it, or does not, is seen from what it writes
	}
	_ = p.in.Close()
	var out []byte
	if err == nil {
		out, err = io.ReadAll(io.LimitReader(p.out, 2*mostSamples))
	}
	full := len(out) == 2*mostSamples
	if full || err != nil {
		_ = p.cmd.Cancel()
	}
	how := p.cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case full:
		return out, nil
	}
	return out, how
}

// started is a program with both ends of its pipes.
type started struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
}

// start starts the program, apart from the network and other processes where the kernel lets us.
func start(ctx context.Context, path string, args []string) (started, error) {
	if !unwalled.Load() {
		p, err := launch(ctx, path, args, unix.CLONE_NEWUSER|unix.CLONE_NEWNET|unix.CLONE_NEWIPC|unix.CLONE_NEWPID)
		if err == nil || !forbidden(err) {
			return p, err
		}
		unwalled.Store(true)
	}
	return launch(ctx, path, args, 0)
}

func forbidden(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.EINVAL, unix.ENOSYS, unix.ENOSPC, unix.EUSERS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func launch(ctx context.Context, path string, args []string, namespaces uintptr) (p started, err error) {
	p.cmd = exec.CommandContext(ctx, path, args...)
	p.cmd.Env, p.cmd.Dir = []string{}, "/"
	p.cmd.Cancel = func() error { return unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL) } // with all that it started
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: namespaces}
	if namespaces != 0 {
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	}
	p.cmd.SysProcAttr = a
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return p, err
	}
	if p.out, err = p.cmd.StdoutPipe(); err != nil {
		_ = p.in.Close()
		return p, err
	}
	return p, p.cmd.Start() // closes the pipes when it fails
}

// limit bounds a process, which has not been given its text yet.
func limit(pid int) error {
	for what, value := range map[int]uint64{
		unix.RLIMIT_AS: mostMemory, unix.RLIMIT_CPU: mostCPU, unix.RLIMIT_NOFILE: mostFiles, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0,
	} {
		if err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: value, Max: value}, nil); err != nil {
			return fmt.Errorf("prlimit %d: %w", what, err)
		}
	}
	_ = unix.Setpriority(unix.PRIO_PROCESS, pid, niceness)
	return nil
}
