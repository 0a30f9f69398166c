package gateway

import "time"

// tidy says when memory that calls needed while they began is to be given
// back. A call that begins takes several times what it keeps: transactions
// that live on for 32 s, parsed messages, deep stacks. The collector leaves
// that until the heap grows again, which may be never.
type tidy struct {
	seen  uint64    // what has happened, by number
	since time.Time // when that number was new
	done  int       // steps since
}

// tidyAfter are the times without anything new after which it is done.
var tidyAfter = [...]time.Duration{5 * time.Second, 40 * time.Second}

// due is asked now and then with the number of things that have happened.
func (t *tidy) due(now time.Time, happened uint64) bool {
	if happened != t.seen {
		t.seen, t.since, t.done = happened, now, 0
		return false
	}
	if t.seen == 0 || t.done == len(tidyAfter) || now.Sub(t.since) < tidyAfter[t.done] {
		return false
	}
	t.done++
	return true
}
