package main

import (
	"context"
	"fmt"
	"time"

	"github.com/roombridge/roombridge/bench/relays"
)

// soak is what many short calls left behind.
type soak struct {
	Calls      int     `json:"calls"`
	RSS        [2]int  `json:"rss_kb"`  // before and after
	Heap       [2]int  `json:"heap_kb"` // of Go, in use after a collection
	Goroutines [2]int  `json:"goroutines"`
	Took       float64 `json:"seconds"`
}

// The calls come in crowds, each of which talks for a moment.
const (
	crowd     = 50 // calls
	talk      = 300 * time.Millisecond
	forget    = 35 * time.Second // SIP over UDP remembers a transaction for 32 s
	warmCalls = 1000
	growth    = 1.10
)

// soakCalls makes many short calls and compares the gateway's memory.
func (b *bench) soakCalls(ctx context.Context, r *report) error {
	c, err := chosen("gcm-gcm")
	if err != nil {
		return err
	}
	g := &relays.Gateway{}
	s, err := b.open(ctx, g)
	if err != nil {
		return err
	}
	defer s.close()
	out := &soak{Calls: b.calls}
	if err := s.short(ctx, c[0], warmCalls); err != nil {
		return err
	}
	if err := s.settle(ctx, g, out, 0); err != nil {
		return err
	}
	begun := time.Now()
	if err := s.short(ctx, c[0], b.calls); err != nil {
		return err
	}
	out.Took = time.Since(begun).Seconds()
	if err := s.settle(ctx, g, out, 1); err != nil {
		return err
	}
	fmt.Printf("soak  %d calls in %.0f s: RSS %d to %d kB, heap %d to %d kB, goroutines %d to %d\n",
		out.Calls, out.Took, out.RSS[0], out.RSS[1], out.Heap[0], out.Heap[1], out.Goroutines[0], out.Goroutines[1])
	r.Soak = out
	r.Targets = append(r.Targets,
		target{Name: fmt.Sprintf("RSS after %d calls / before", out.Calls), Value: float64(out.RSS[1]) / float64(out.RSS[0]), Limit: growth},
		target{Name: fmt.Sprintf("heap after %d calls / before", out.Calls), Value: float64(out.Heap[1]) / float64(out.Heap[0]), Limit: growth},
		target{Name: fmt.Sprintf("goroutines after %d calls - before", out.Calls), Value: float64(out.Goroutines[1] - out.Goroutines[0]), Limit: 2})
	return nil
}

// short makes calls in crowds. Each case's call is two of them.
func (s *setup) short(ctx context.Context, c relays.Case, calls int) error {
	for made := 0; made < calls; made += crowd {
		if err := s.connect(ctx, c, crowd); err != nil {
			return err
		}
		s.loop.Start()
		if err := sleep(ctx, talk); err != nil {
			return err
		}
		s.loop.Stop()
		for _, call := range s.calls {
			call.End(ctx)
		}
		s.calls = nil
	}
	return nil
}

// settle waits until what is to be forgotten is, and reads the memory.
func (s *setup) settle(ctx context.Context, g *relays.Gateway, out *soak, i int) error {
	if err := sleep(ctx, forget); err != nil {
		return err
	}
	m, err := metrics(ctx, g)
	if err != nil {
		return err
	}
	u, err := g.Process().Usage()
	if err != nil {
		return err
	}
	out.RSS[i], out.Heap[i], out.Goroutines[i] = int(u.RSS/1024), int(m["go_memstats_heap_alloc_bytes"]/1024), int(m["go_goroutines"])
	return nil
}
