package confine

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data (linux/seccomp.h); arguments are 64 bits,
// of which the low half comes first on the machines we know.
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

const (
	denied  = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	missing = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

func ret(action uint32) bpf.Instruction { return bpf.RetConstant{Val: action} }

// Seal forbids the process every system call that it does not need from now
// on. It cannot be undone.
func Seal() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("dumpable: %w", err)
	}
	if machine.arch == 0 {
		return errors.New("seccomp: not for this machine")
	}
	raw, err := bpf.Assemble(program(os.Getpid()))
	if err != nil {
		return err
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	thread, _, code := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	if code != 0 {
		return fmt.Errorf("seccomp: %w", code)
	}
	if thread != 0 {
		return fmt.Errorf("seccomp: thread %d stays outside", thread)
	}
	return nil
}
