package store

import (
	"context"
	"strings"
	"sync"
)

// Notice says that records of a kind have changed.
type Notice struct {
	Tenant string // "" is any: nobody knows what was missed
	Kind   string // "rules", "rooms", …; "" is any
}

// Watch gathers notices until they are asked for. The same notice twice is one, so
// that it holds no more than there are tenants and kinds.
type Watch struct {
	db    *DB
	mu    sync.Mutex
	fresh map[Notice]bool
	wake  chan struct{} // holds one
	gone  chan struct{}
	once  sync.Once
}

// watches are those of a database.
type watches struct {
	mu   sync.Mutex
	list map[*Watch]bool
}

// Watch hears of changes from now on, of this node and of others. It is to be closed.
func (db *DB) Watch() *Watch {
	w := &Watch{db: db, fresh: make(map[Notice]bool), wake: make(chan struct{}, 1), gone: make(chan struct{})}
	db.watches.mu.Lock()
	defer db.watches.mu.Unlock()
	if db.watches.list == nil {
		db.watches.list = make(map[*Watch]bool)
	}
	db.watches.list[w] = true
	return w
}

// Next waits for notices. The error is ctx's, or ErrNotFound when the watch is closed.
func (w *Watch) Next(ctx context.Context) ([]Notice, error) {
	for {
		select {
		case <-w.wake:
		case <-w.gone:
			return nil, ErrNotFound
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		w.mu.Lock()
		var list []Notice
		for n := range w.fresh {
			list = append(list, n)
		}
		clear(w.fresh)
		w.mu.Unlock()
		if len(list) > 0 {
			return list, nil
		}
	}
}

// Close ends the watch and whoever waits for it.
func (w *Watch) Close() {
	w.db.watches.mu.Lock()
	delete(w.db.watches.list, w)
	w.db.watches.mu.Unlock()
	w.once.Do(func() { close(w.gone) })
}

func (w *Watch) add(n Notice) {
	w.mu.Lock()
	w.fresh[n] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (l *watches) tell(n Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.list {
		w.add(n)
	}
}

func (l *watches) close() {
	l.mu.Lock()
	list := l.list
	l.list = nil
	l.mu.Unlock()
	for w := range list {
		w.once.Do(func() { close(w.gone) })
	}
}

// heard takes what another node told: its name, the tenant and the kind.
func (db *DB) heard(payload string) {
	if payload == "" {
		db.watches.tell(Notice{})
		return
	}
	f := strings.SplitN(payload, " ", 3)
	if len(f) == 3 && f[0] != db.node {
		db.watches.tell(Notice{f[1], f[2]})
	}
}
