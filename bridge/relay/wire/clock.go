package wire

import "time"

var start = time.Now()

// epoch keeps readings far above zero, which stands for never, also in a
// testing/synctest bubble, whose clock begins long before the process did.
const epoch = int64(1) << 60

// Clock is the packet path's own clock: monotonic nanoseconds from some moment.
func Clock() int64 { return epoch + int64(time.Since(start)) }
