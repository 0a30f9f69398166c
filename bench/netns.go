package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bench/proc"
)

// insideVariable is set for the process inside the network namespace: the
// relay's processor.
const insideVariable = "BENCH_CPU"

// gatewayVariable names the gateway's binary for the process inside.
const gatewayVariable = "BENCH_GATEWAY"

// address is that of all sockets. It belongs to a virtual cable of the
// namespace, since libnice takes no candidate from loopback; packets between
// two addresses of one namespace never leave the kernel's loopback all the same.
var address = netip.MustParseAddr("10.99.0.1")

// callers are further addresses, from which terminals call.
func callers() []netip.Addr {
	var list []netip.Addr
	a := address
	for range 16 {
		a = a.Next()
		list = append(list, a)
	}
	return list
}

// outside builds the gateway and runs the benchmark again in a network
// namespace of its own, the generator on the first processor.
func outside(ctx context.Context, o options, args []string) error {
	cpus := proc.Allowed()
	if len(cpus) < 2 {
		return errors.New("two processors are needed: one for the relay, one for the generator")
	}
	dir, err := os.MkdirTemp("", "roombridge-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	gateway := o.gateway
	if gateway == "" {
		gateway = filepath.Join(dir, "roombridge")
		if err := build(ctx, gateway); err != nil {
			return err
		}
	}
	if gateway, err = filepath.Abs(gateway); err != nil {
		return err
	}
	raiseFiles()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", insideVariable, cpus[1]), gatewayVariable+"="+gateway)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Setsid: true, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	start := func() error { // a thread's priority is inherited, by the relays too
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, priority)
		defer func() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, 0) }()
		return cmd.Start()
	}
	if err := proc.OnCPU(cpus[0], start); err != nil {
		return fmt.Errorf("network namespace: %w", err)
	}
	return cmd.Wait()
}

// build makes the gateway as it is delivered, but with its symbols.
func build(ctx context.Context, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, "github.com/roombridge/roombridge/cmd/roombridge")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the gateway: %w\n%s", err, out)
	}
	return nil
}

// raiseFiles lets this process and those it starts have as many sockets as is allowed.
func raiseFiles() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	}
}

// priority is that of generator and relays alike, so that what else runs on the
// machine disturbs them less. It needs root.
const priority = -15

// inside sets the namespace up.
func inside(o options) (*bench, error) {
	cpu, err := strconv.Atoi(os.Getenv(insideVariable))
	if err != nil {
		return nil, err
	}
	lines := []string{
		"ip link set lo up", "ip link add v0 type veth peer name v1", "ip addr add " + address.String() + "/24 dev v0",
		"ip link set v0 up", "ip link set v1 up",
	}
	for _, a := range callers() {
		lines = append(lines, "ip addr add "+a.String()+"/24 dev v0")
	}
	for _, line := range lines {
		f := strings.Fields(line)
		if out, err := exec.Command(f[0], f[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w %s", line, err, out)
		}
	}
	raiseFiles()
	// Where the scheduler groups tasks by session, priorities count within the group only.
	_ = os.WriteFile("/proc/self/autogroup", []byte(strconv.Itoa(priority)), 0)
	// Signalling may run while the loop waits in the kernel, though both share one processor.
	runtime.GOMAXPROCS(2)
	dir, err := os.MkdirTemp("", "roombridge-bench-")
	return &bench{options: o, cpu: cpu, dir: dir, binary: os.Getenv(gatewayVariable), missing: map[string]bool{}}, err
}
