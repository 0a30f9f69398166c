// Package feedback is what a receiver of RTP tells its sender over RTCP: which
// packets it misses, when packets arrived, and how reception goes as a whole.
// Everything here is a plain value of one goroutine. Nothing reads a clock:
// time is an argument, in nanoseconds of any steady clock. Nothing allocates
// in steady state; RTCP is appended to a buffer of the caller.
package feedback
