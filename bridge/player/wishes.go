package player

import (
	"time"

	"github.com/roombridge/roombridge/bridge/media"
)

// takeAfter is how long after the answer Config.Take is said: a limit is only
// obeyed by a picture that runs.
const takeAfter = 2 * time.Second

// source is what wishes are told to.
type source interface {
	RequestKeyframe()
	Want(key any, l media.Limits)
}

// wishes are what the terminal asks of the far end's picture of its own accord.
type wishes struct {
	to      source
	refresh int64 // between two keyframes, 0 is never
	next    int64
	take    int // bit/s, 0 is nothing to say
	takeAt  int64
}

func newWishes(to source, cfg Config, began int64) *wishes {
	return &wishes{
		to: to, refresh: int64(cfg.Refresh), next: began + int64(cfg.Refresh), take: cfg.Take, takeAt: began + int64(takeAfter),
	}
}

// step says what is due and tells when there will be more.
func (w *wishes) step(now int64) (next int64) {
	next = now + int64(time.Second)
	if w.take > 0 && now >= w.takeAt {
		w.to.Want(w, media.Limits{Bitrate: w.take})
		w.take = 0
	}
	if w.take > 0 {
		next = min(next, w.takeAt)
	}
	if w.refresh > 0 && now >= w.next {
		w.to.RequestKeyframe()
		w.next = now + w.refresh
	}
	if w.refresh > 0 {
		next = min(next, w.next)
	}
	return next
}
