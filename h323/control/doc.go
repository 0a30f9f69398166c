// Package control is the H.245 side of one call: master-slave determination,
// capability exchange, logical channels and what is said while they are open, as
// H.245 annex C and H.323 6.2.8 and 8.1 to 8.4 have it.
//
// A [Session] is a state machine without goroutine, socket or clock. Its owner
// gives it messages and the time, takes what it wants to say from Output, and calls
// Expire at Deadline. It is not safe for use by several goroutines.
package control
