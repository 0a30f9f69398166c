package transcode

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// nobody is who a worker is inside its user namespace. Not being root there,
// it has no capability left after exec.
const nobody = 65534

// walls are the namespaces tried for a worker, best first. What the kernel or
// a container around us forbids is left out the next time too.
var walls = []struct {
	name  string
	flags uintptr
}{
	{"user net pid ipc uts mount", unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNS},
	{"user net ipc", unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC},
	{"none", 0},
}

// launcher starts worker processes.
type launcher struct{ wall atomic.Int32 }

// process is a running worker.
type process struct {
	conn       net.Conn
	stderr     *os.File
	proc       *os.Process
	namespaces string
	exited     chan struct{} // closed when it was reaped
	how        string        // after exited
}

func (p *process) kill() { _ = p.proc.Kill() }

// start runs a worker with one end of a socket pair as descriptor 3.
func (l *launcher) start(path string, cfg SupervisorConfig) (*process, error) {
	for {
		i := l.wall.Load()
		p, err := launch(path, cfg, walls[i].flags)
		if err == nil {
			p.namespaces = walls[i].name
			return p, nil
		}
		if int(i) == len(walls)-1 || !forbidden(err) {
			return nil, err
		}
		l.wall.CompareAndSwap(i, i+1)
	}
}

func forbidden(err error) bool {
	for _, e := range []error{unix.EPERM, unix.EACCES, unix.EINVAL, unix.ENOSYS, unix.ENOSPC, unix.EUSERS} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func launch(path string, cfg SupervisorConfig, namespaces uintptr) (*process, error) {
	conn, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	stderr, stderrIn, err := os.Pipe()
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer stderrIn.Close()
	cmd := exec.Command(path, "-memory", strconv.FormatInt(cfg.MemoryLimit, 10), "-nice", strconv.Itoa(cfg.Nice), "-cpus", strconv.Itoa(cfg.CPUs))
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.Stderr = stderrIn
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = attributes(namespaces)
	p := &process{conn: conn, stderr: stderr, exited: make(chan struct{})}
	if err := p.run(cmd); err != nil {
		conn.Close()
		stderr.Close()
		return nil, err
	}
	return p, nil
}

func attributes(namespaces uintptr) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: namespaces}
	if namespaces&unix.CLONE_NEWUSER != 0 {
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: os.Getegid(), Size: 1}}
	}
	return a
}

// run starts the process and reaps it, both on one thread of its own: the
// kernel sends the parent-death signal when the thread that forked ends, not
// when the process does (prctl(2), PR_SET_PDEATHSIG).
func (p *process) run(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.proc = cmd.Process
		started <- err
		if err != nil {
			return
		}
		p.how = "exit status 0"
		if err := cmd.Wait(); err != nil {
			p.how = err.Error()
		}
		close(p.exited)
	}()
	return <-started
}

func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("transcode: socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "worker"), os.NewFile(uintptr(fds[1]), "gateway")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return conn, theirs, nil
}
