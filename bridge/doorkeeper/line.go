package doorkeeper

import (
	"slices"
	"time"
)

const (
	staysFor = 10 * time.Second // who does not come back for so long has left the line
	maxLine  = 64               // who waits for one scope
)

// lines are those who wait for their turn, in the order in which they came, by what keeps them.
type lines map[key][]waiting

type waiting struct {
	from string
	seen time.Time
}

// alive forgets who has left, and gives the rest.
func (l lines) alive(now time.Time, k key) []waiting {
	rest := slices.DeleteFunc(l[k], func(w waiting) bool { return now.Sub(w.seen) > staysFor })
	if l[k] = rest; len(rest) == 0 {
		delete(l, k)
	}
	return rest
}

// free tells that nobody waits.
func (l lines) free(now time.Time, k key) bool { return len(l.alive(now, k)) == 0 }

// stand keeps or takes a place, and tells whether it is the first one. In a full line there is none.
func (l lines) stand(now time.Time, k key, from string) (first bool) {
	line := l.alive(now, k)
	i := slices.IndexFunc(line, func(w waiting) bool { return w.from == from })
	switch {
	case i >= 0:
		line[i].seen = now
	case len(line) < maxLine && (len(line) > 0 || len(l) < maxDoors):
		i = len(line)
		l[k] = append(line, waiting{from, now})
	}
	return i == 0
}

// leave gives up the places of who is looked at.
func (l lines) leave(list []key, from string) {
	for _, k := range list {
		rest := slices.DeleteFunc(l[k], func(w waiting) bool { return w.from == from })
		if l[k] = rest; len(rest) == 0 {
			delete(l, k)
		}
	}
}
