package room

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/roombridge/roombridge/transcode"
)

func TestStockMakesOnce(t *testing.T) {
	s := newStock[string](100, func(v string) int { return len(v) })
	defer s.close()
	begun, release, made := make(chan struct{}), make(chan struct{}), atomic.Int32{}
	create := func(context.Context) (string, error) {
		made.Add(1)
		close(begun)
		<-release
		return "made", nil
	}
	var asking sync.WaitGroup
	for range 20 {
		asking.Go(func() {
			if v, err := s.get(t.Context(), "a", create); v != "made" || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	<-begun
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.get(gone, "a", create); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	asking.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

// What is kept stays within its bound; what was asked for lately stays. Failures are not kept.
func TestStockIsBounded(t *testing.T) {
	s := newStock[int](100, func(v []byte) int { return len(v) })
	made := map[int]int{}
	get := func(k int) {
		_, _ = s.get(t.Context(), k, func(context.Context) ([]byte, error) { made[k]++; return make([]byte, 30), nil })
	}
	for k := range 50 {
		get(k)
		get(0)
	}
	s.making.Wait()
	if s.held > 100 || len(s.items) > 3 || made[0] != 1 {
		t.Errorf("%d bytes in %d, the one in use was made %d times", s.held, len(s.items), made[0])
	}
	for range 2 {
		if _, err := s.get(t.Context(), 99, func(context.Context) ([]byte, error) { made[99]++; return nil, errNoWorker }); !errors.Is(err, errNoWorker) {
			t.Errorf("%v", err)
		}
		s.making.Wait()
	}
	if made[99] != 2 {
		t.Errorf("a failure was kept")
	}
	s.close()
	if _, err := s.get(t.Context(), 1, nil); !errors.Is(err, transcode.ErrClosed) {
		t.Errorf("%v", err)
	}
}
