package worker

import "golang.org/x/sys/unix"

// lower gives what brings the calling thread's priority below the sound's. On
// Linux 0 is the calling thread, not the process (setpriority(2), C library/kernel differences).
func lower(nice int) func() {
	return func() { _ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(nice+pictureNice, 19)) }
}
