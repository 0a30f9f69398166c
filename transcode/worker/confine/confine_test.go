//go:build linux

package confine

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// verdict runs the filter over one system call.
func verdict(t *testing.T, arch, number uint32, args ...uint64) uint32 {
	t.Helper()
	vm, err := bpf.NewVM(program(4711))
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 64)
	put(data[offNumber:], number)
	put(data[offArch:], arch)
	for i, a := range args {
		put(data[offArgs+8*i:], uint32(a))
		put(data[offArgs+8*i+4:], uint32(a>>32))
	}
	n, err := vm.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// put writes a number as the virtual machine loads it: it is made for packets.
func put(b []byte, v uint32) { b[0], b[1], b[2], b[3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v) }

func TestFilter(t *testing.T) {
	if machine.arch == 0 {
		return
	}
	arch := machine.arch
	for _, c := range []struct {
		what   string
		number uint32
		args   []uint64
		want   uint32
	}{
		{"read", unix.SYS_READ, nil, unix.SECCOMP_RET_ALLOW},
		{"futex", unix.SYS_FUTEX, nil, unix.SECCOMP_RET_ALLOW},
		{"exit_group", unix.SYS_EXIT_GROUP, nil, unix.SECCOMP_RET_ALLOW},
		{"openat", unix.SYS_OPENAT, nil, denied},
		{"socket", unix.SYS_SOCKET, nil, denied},
		{"sendmsg", unix.SYS_SENDMSG, nil, denied},
		{"execve", unix.SYS_EXECVE, nil, denied},
		{"ptrace", unix.SYS_PTRACE, nil, denied},
		{"io_uring", unix.SYS_IO_URING_SETUP, nil, denied},
		{"a number to come", 5000, nil, denied},
		{"a thread", unix.SYS_CLONE, []uint64{unix.CLONE_THREAD | unix.CLONE_VM}, unix.SECCOMP_RET_ALLOW},
		{"a process", unix.SYS_CLONE, []uint64{unix.CLONE_VM}, denied},
		{"clone3", unix.SYS_CLONE3, nil, missing},
		{"memory", unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_WRITE}, unix.SECCOMP_RET_ALLOW},
		{"executable memory", unix.SYS_MMAP, []uint64{0, 4096, unix.PROT_READ | unix.PROT_EXEC}, denied},
		{"made executable", unix.SYS_MPROTECT, []uint64{0, 4096, unix.PROT_EXEC}, denied},
		{"own thread", unix.SYS_TGKILL, []uint64{4711, 1, 2}, unix.SECCOMP_RET_ALLOW},
		{"another's thread", unix.SYS_TGKILL, []uint64{1, 1, 2}, denied},
		{"name memory", unix.SYS_PRCTL, []uint64{unix.PR_SET_VMA}, unix.SECCOMP_RET_ALLOW},
		{"own priority", unix.SYS_SETPRIORITY, []uint64{unix.PRIO_PROCESS, 0, 10}, unix.SECCOMP_RET_ALLOW},
		{"another's priority", unix.SYS_SETPRIORITY, []uint64{unix.PRIO_PROCESS, 4711, 10}, denied},
		{"a user's priority", unix.SYS_SETPRIORITY, []uint64{unix.PRIO_USER, 0, 10}, denied},
		{"other prctl", unix.SYS_PRCTL, []uint64{unix.PR_SET_DUMPABLE, 1}, denied},
	} {
		if got := verdict(t, arch, c.number, c.args...); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.what, got, c.want)
		}
	}
	if got := verdict(t, 0x40000003, unix.SYS_READ); got != unix.SECCOMP_RET_KILL_PROCESS { // i386
		t.Errorf("another machine: %#x", got)
	}
	if machine.x32 {
		if got := verdict(t, arch, 0x40000000|unix.SYS_READ); got != unix.SECCOMP_RET_KILL_PROCESS {
			t.Errorf("x32: %#x", got)
		}
	}
	if raw, err := bpf.Assemble(program(1)); err != nil || len(raw) > 4096 {
		t.Errorf("%d instructions, %v", len(raw), err)
	}
}

// Each landlock ABI forbids at least what the one before does.
func TestRules(t *testing.T) {
	last := rules(0)
	for abi := 1; abi < 10; abi++ {
		r := rules(abi)
		if r.Handled_access_fs&last.Handled_access_fs != last.Handled_access_fs || r.Handled_access_net < last.Handled_access_net || r.Scoped < last.Scoped {
			t.Errorf("ABI %d: %+v after %+v", abi, r, last)
		}
		last = r
	}
	if rules(3).Handled_access_net != 0 || rules(6).Scoped == 0 {
		t.Error("rights of another ABI")
	}
}

func TestMapped(t *testing.T) {
	files, err := mapped()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(files, self) {
		t.Errorf("%s is not among %q", self, files)
	}
}

// A thread in the domain reads what it may and nothing else. The thread ends
// with the goroutine, so that the test itself stays outside.
func TestEnter(t *testing.T) {
	dir := t.TempDir()
	mine, other := filepath.Join(dir, "mine"), filepath.Join(dir, "other")
	for _, f := range []string{mine, other} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type result struct {
		abi                  int
		entered, may, mayNot error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlock
		r := result{entered: unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)}
		if r.entered == nil {
			r.abi, r.entered = enter([]string{mine, filepath.Join(dir, "not there")})
		}
		r.may = descriptor(unix.Open(mine, unix.O_RDONLY, 0))
		r.mayNot = descriptor(unix.Open(other, unix.O_RDONLY, 0))
		done <- r
	}()
	r := <-done
	if r.entered != nil { // a kernel without landlock says so
		t.Logf("no landlock: %v", r.entered)
		return
	}
	if r.abi < 1 || r.may != nil || r.mayNot != unix.EACCES {
		t.Errorf("%+v", r)
	}
}
