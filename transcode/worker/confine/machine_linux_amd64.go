package confine

import "golang.org/x/sys/unix"

func machineOf() processor {
	return processor{arch: unix.AUDIT_ARCH_X86_64, x32: true, calls: []uint32{unix.SYS_EPOLL_WAIT, unix.SYS_POLL, unix.SYS_TIME}}
}
