package video

import (
	"sync/atomic"
	"time"
)

// starved is for how long no encoder may have worked before all memory is given up. What was freed
// is not always there again: Go keeps the addresses of what it once had, and they count.
const starved = 10 * time.Second

// scarcity tells when encoders fail for so long that only a new process helps.
type scarcity struct {
	since atomic.Int64 // of the first failure since the last success; 0: there was none
}

func (s *scarcity) made() {
	if s.since.Load() != 0 {
		s.since.Store(0)
	}
}

// failed notes a failure, and tells whether that is enough.
func (s *scarcity) failed(now time.Duration) bool {
	if s.since.CompareAndSwap(0, max(int64(now), 1)) {
		return false
	}
	since := s.since.Load()
	return since != 0 && now-time.Duration(since) >= starved
}
