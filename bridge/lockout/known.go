package lockout

import "time"

// Known remembers for a while who was right, so that what others do does not count for them.
type Known[K comparable, V any] struct {
	most    int
	lasting time.Duration
	friends map[K]friend[V]
}

type friend[V any] struct {
	at   time.Time // last
	what V
}

// NewKnown remembers at most so many, each for so long.
func NewKnown[K comparable, V any](most int, lasting time.Duration) *Known[K, V] {
	return &Known[K, V]{most, lasting, make(map[K]friend[V])}
}

// Get gives what is remembered of somebody.
func (t *Known[K, V]) Get(now time.Time, k K) (what V, ok bool) {
	f, ok := t.friends[k]
	if !ok || now.Sub(f.at) >= t.lasting {
		return what, false
	}
	return f.what, true
}

// Put remembers somebody. Where there are too many, of a few the one is forgotten that was right longest ago.
func (t *Known[K, V]) Put(now time.Time, k K, what V) {
	if _, ok := t.friends[k]; !ok && len(t.friends) >= t.most {
		delete(t.friends, t.oldest())
	}
	t.friends[k] = friend[V]{now, what}
}

// Len is how many are remembered.
func (t *Known[K, V]) Len() int { return len(t.friends) }

func (t *Known[K, V]) oldest() (of K) {
	n := 0
	for k, f := range t.friends {
		if n == 0 || f.at.Before(t.friends[of].at) {
			of = k
		}
		if n++; n >= looked {
			break
		}
	}
	return of
}
