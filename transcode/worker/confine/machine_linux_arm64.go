package confine

import "golang.org/x/sys/unix"

func machineOf() processor { return processor{arch: unix.AUDIT_ARCH_AARCH64} }
