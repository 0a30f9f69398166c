// Package load makes and measures the traffic of the benchmark: sources that
// send pictures in bursts, sinks that say when each packet came out of the
// relay, and the loop on one thread that serves them all.
//
// Added delay is the time from just before a burst is handed to the kernel to
// the kernel's time stamp of the relayed packet, so that a generator that reads
// late changes nothing. The plan of a burst is written into each of its
// packets; how late the generator was is known to itself. A round in which it
// could not keep its plan says so (Report.Late) and is not to be counted.
package load

import "time"

// Now is the clock of everything here, the kernel's receive time stamps
// included: nanoseconds of CLOCK_REALTIME.
func Now() int64 { return time.Now().UnixNano() }
