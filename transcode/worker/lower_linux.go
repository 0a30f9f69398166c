package worker

import "golang.org/x/sys/unix"

// Priority gives the niceness of the calling thread, as it is before all is forbidden.
func Priority() int {
	v, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // the system call gives 20 less it (getpriority(2))
	if err != nil {
		return 0
	}
	return 20 - v
}

// lower gives what brings the calling thread's priority below the sound's. On
// Linux 0 is the calling thread, not the process (setpriority(2), C library/kernel differences).
func lower(nice int) func() {
	return func() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(nice+pictureNice, 19)) }
}
