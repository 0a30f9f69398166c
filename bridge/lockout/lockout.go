// Package lockout slows guessing down. It counts wrong tries by scope, whatever that is of: somebody, somewhere, a door.
// Some are free; each further one doubles the wait, and with time they are forgotten. What is remembered is bounded.
// It has no goroutine and no clock: who uses it passes the time, and uses it by one goroutine at a time.
package lockout

import "time"

// Limit is how many wrong tries of a scope are free, and how what comes then is slowed down: the last free one and
// each further one double the wait, from First to Longest; one is forgotten in each Forgives. In the long run nobody
// makes more wrong tries than that.
type Limit struct {
	Free                     int
	First, Longest, Forgives time.Duration
}

// doublings bound the shift; by then every wait is the longest.
const doublings = 16

// wait is for how long nothing is looked at after so many wrong tries; 0 is not at all.
func (l Limit) wait(failures int) time.Duration {
	n := failures - l.Free
	switch {
	case n < 0:
		return 0
	case n < doublings:
		return min(l.First<<n, l.Longest)
	}
	return l.Longest
}

// suspect counts the wrong tries of a scope.
type suspect struct {
	failures int
	last     time.Time
	until    time.Time // locked; never more than Longest behind last
}

// settle sets the clock of a suspect back with the one that is told: the wait that was left then is left now.
func (s *suspect) settle(now time.Time) {
	if back := s.last.Sub(now); back > 0 {
		s.last, s.until = now, s.until.Add(-back)
	}
}

func (s *suspect) forgiven(now time.Time, l Limit) int { return int(now.Sub(s.last) / l.Forgives) }

// over tells whether nothing is left to remember.
func (s *suspect) over(now time.Time, l Limit) bool {
	s.settle(now)
	return !now.Before(s.until) && s.forgiven(now, l) >= s.failures
}

// Table counts wrong tries by scope.
type Table[K comparable] struct {
	most     int
	limit    func(K) Limit
	suspects map[K]*suspect
}

// New makes a table of at most so many scopes. limit is what a scope may.
func New[K comparable](most int, limit func(K) Limit) *Table[K] {
	return &Table[K]{most: most, limit: limit, suspects: make(map[K]*suspect)}
}

// Wait tells how long nothing is looked at in a scope; 0 is that it is.
func (t *Table[K]) Wait(now time.Time, k K) time.Duration {
	s := t.suspects[k]
	if s == nil {
		return 0
	}
	s.settle(now)
	return max(0, s.until.Sub(now))
}

// Suspected tells whether wrong tries of a scope are remembered.
func (t *Table[K]) Suspected(now time.Time, k K) bool {
	s := t.suspects[k]
	return s != nil && !s.over(now, t.limit(k))
}

// Failed counts a wrong try, and gives the lock that begins by it; a wait of 0 is none.
func (t *Table[K]) Failed(now time.Time, k K) (failures int, wait time.Duration) {
	s, l := t.suspects[k], t.limit(k)
	if s == nil {
		t.makeRoom(now)
		s = &suspect{last: now}
		t.suspects[k] = s
	}
	s.settle(now)
	s.failures = max(0, s.failures-s.forgiven(now, l)) + 1
	s.last = now
	if wait = l.wait(s.failures); wait > 0 {
		s.until = now.Add(wait)
	}
	return s.failures, wait
}

// TakeBack takes back that a try was counted as wrong, with the lock that began by it.
func (t *Table[K]) TakeBack(k K) {
	s := t.suspects[k]
	if s == nil {
		return
	}
	if s.failures--; s.failures < t.limit(k).Free {
		s.until = time.Time{}
	}
	if s.failures <= 0 {
		delete(t.suspects, k)
	}
}

// Good makes one wrong try of a scope good by a right one. A lock stays.
func (t *Table[K]) Good(k K) {
	if s := t.suspects[k]; s != nil && s.failures > 0 {
		s.failures--
	}
}

// Forget drops what a scope did, and its lock.
func (t *Table[K]) Forget(k K) { delete(t.suspects, k) }

// Len is how many scopes are remembered.
func (t *Table[K]) Len() int { return len(t.suspects) }

// looked is how many entries of a full table are looked at for one that can go.
const looked = 64

// makeRoom keeps the table in its bound: what is over goes, else, of a few, the one that is locked least long.
func (t *Table[K]) makeRoom(now time.Time) {
	if len(t.suspects) < t.most {
		return
	}
	var least *suspect
	var which K
	n := 0
	for k, s := range t.suspects {
		if s.over(now, t.limit(k)) {
			delete(t.suspects, k)
		} else if least == nil || s.until.Before(least.until) {
			which, least = k, s
		}
		if n++; n >= looked {
			break
		}
	}
	if len(t.suspects) >= t.most {
		delete(t.suspects, which)
	}
}
