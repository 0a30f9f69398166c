package room

import (
	"context"
	"sync"

	"github.com/roombridge/roombridge/transcode"
)

// stock keeps what took work to make, up to so many bytes, what was not asked for longest
// goes first. What is being made is made once, however many ask for it.
type stock[K comparable, V any] struct {
	most int
	size func(V) int

	making sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	items map[K]*stocked[V]
	held  int
	asks  uint64
}

type stocked[V any] struct {
	made  chan struct{}
	value V
	err   error
	size  int
	asked uint64 // when last, counted in asks
	kept  bool   // it counts in held
}

func newStock[K comparable, V any](most int, size func(V) int) *stock[K, V] {
	s := &stock[K, V]{most: most, size: size, items: map[K]*stocked[V]{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// get gives what is there, or waits until it is made. Others may wait for it, too: it is
// made though ctx ends. What failed is made anew by who asks next.
func (s *stock[K, V]) get(ctx context.Context, key K, create func(context.Context) (V, error)) (v V, err error) {
	s.mu.Lock()
	if s.ctx.Err() != nil {
		s.mu.Unlock()
		return v, transcode.ErrClosed
	}
	s.asks++
	item := s.items[key]
	if item == nil {
		item = &stocked[V]{made: make(chan struct{})}
		s.items[key] = item
		s.making.Go(func() { s.create(key, item, create) })
	}
	item.asked = s.asks
	s.mu.Unlock()
	select {
	case <-item.made:
		return item.value, item.err
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

func (s *stock[K, V]) create(key K, item *stocked[V], create func(context.Context) (V, error)) {
	ctx, cancel := context.WithTimeout(s.ctx, makingTimeout)
	defer cancel()
	item.value, item.err = create(ctx)
	close(item.made)
	s.mu.Lock()
	defer s.mu.Unlock()
	if item.err != nil {
		delete(s.items, key)
		return
	}
	item.size, item.kept = s.size(item.value), true
	s.held += item.size
	s.clear()
}

// clear makes room.
func (s *stock[K, V]) clear() {
	for s.held > s.most {
		var oldest K
		var found *stocked[V]
		for k, i := range s.items {
			if i.kept && (found == nil || i.asked < found.asked) {
				oldest, found = k, i
			}
		}
		s.held -= found.size
		delete(s.items, oldest)
	}
}

// close waits until nothing is made any more.
func (s *stock[K, V]) close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.making.Wait()
}
