// Package confine shuts a media worker in from inside, before it reads its
// first message. What a process can give up it gives up in two steps:
//
//   - Restrict: no new privileges, bounds on memory and files, and a landlock
//     domain that leaves readable only the files the process is made of.
//     Landlock binds threads, so this runs on one thread, which then executes
//     the binary anew: all threads of the new image are born inside.
//   - Seal: once everything is loaded, a seccomp filter for all threads that
//     leaves system calls for memory, threads, time and the open descriptors,
//     and nothing that opens, connects, executes or looks at others.
package confine

// Limits bounds what a worker may use.
type Limits struct {
	Memory int64 // bytes of private writable memory
	Nice   int   // added to the scheduling priority
}
