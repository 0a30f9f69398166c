package confine

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// machine is what differs between processors.
var machine = machineOf()

type processor struct {
	arch  uint32 // AUDIT_ARCH, 0 where there is no filter
	x32   bool   // numbers from 0x40000000 on are another ABI
	calls []uint32
}

// calls is what the Go runtime, the C library and the codecs need once
// everything is loaded: memory, threads, time, and the descriptors that are open.
var calls = []uint32{
	unix.SYS_READ, unix.SYS_WRITE, unix.SYS_READV, unix.SYS_WRITEV, unix.SYS_PREAD64, unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_LSEEK, unix.SYS_FCNTL,
	unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_PPOLL,
	unix.SYS_BRK, unix.SYS_MUNMAP, unix.SYS_MREMAP, unix.SYS_MADVISE, unix.SYS_MINCORE,
	unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_SCHED_GETAFFINITY, unix.SYS_SET_ROBUST_LIST, unix.SYS_RSEQ, unix.SYS_MEMBARRIER,
	unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETRANDOM, unix.SYS_UNAME, unix.SYS_SYSINFO,
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
	unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_CLOCK_GETTIME, unix.SYS_CLOCK_GETRES, unix.SYS_GETTIMEOFDAY,
	unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}

// program is the filter. A call from another ABI kills, since its numbers
// mean other things. Anything not named is refused with EPERM.
func program(pid int) []bpf.Instruction {
	p := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: machine.arch, SkipTrue: 1},
		ret(unix.SECCOMP_RET_KILL_PROCESS),
		bpf.LoadAbsolute{Off: offNumber, Size: 4},
	}
	if machine.x32 {
		p = append(p, bpf.JumpIf{Cond: bpf.JumpLessThan, Val: 0x40000000, SkipTrue: 1}, ret(unix.SECCOMP_RET_KILL_PROCESS))
	}
	for _, list := range [][]uint32{calls, machine.calls} {
		for _, n := range list {
			p = append(p, on(n, ret(unix.SECCOMP_RET_ALLOW))...)
		}
	}
	p = append(p, on(unix.SYS_CLONE, bit(0, unix.CLONE_THREAD, true)...)...)
	p = append(p, on(unix.SYS_CLONE3, ret(missing))...) // its flags are in memory, where no filter sees them; the C library then takes clone
	p = append(p, on(unix.SYS_MMAP, bit(2, unix.PROT_EXEC, false)...)...)
	p = append(p, on(unix.SYS_MPROTECT, bit(2, unix.PROT_EXEC, false)...)...)
	p = append(p, on(unix.SYS_TGKILL, equal(0, uint32(pid))...)...)               // the runtime preempts its own threads
	p = append(p, on(unix.SYS_SETPRIORITY, equal(0, unix.PRIO_PROCESS, 0)...)...) // of the calling thread, which cannot raise it
	p = append(p, on(unix.SYS_PRCTL, equal(0, unix.PR_SET_VMA)...)...)
	return append(p, ret(denied))
}

// on is what to do about one system call, given that its number is loaded.
// What it does must end with a verdict.
func on(number uint32, then ...bpf.Instruction) []bpf.Instruction {
	return append([]bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: number, SkipTrue: uint8(len(then))}}, then...)
}

// bit allows the call when the bits of an argument are set, or are not.
func bit(arg, mask uint32, set bool) []bpf.Instruction {
	cond := bpf.JumpTest(bpf.JumpBitsSet)
	if !set {
		cond = bpf.JumpBitsNotSet
	}
	return []bpf.Instruction{
		bpf.LoadAbsolute{Off: offArgs + 8*arg, Size: 4},
		bpf.JumpIf{Cond: cond, Val: mask, SkipFalse: 1},
		ret(unix.SECCOMP_RET_ALLOW),
		ret(denied),
	}
}

// equal allows the call when the arguments, from one on, have these values.
func equal(arg uint32, values ...uint32) (p []bpf.Instruction) {
	for i, v := range values {
		p = append(p, bpf.LoadAbsolute{Off: offArgs + 8*(arg+uint32(i)), Size: 4}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: v, SkipTrue: 1}, ret(denied))
	}
	return append(p, ret(unix.SECCOMP_RET_ALLOW))
}
