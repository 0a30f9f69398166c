package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bench/relays"
)

// startup is what a gateway costs that does nothing.
type startup struct {
	Ready  float64 `json:"ready_ms"` // from exec to /readyz, median
	RSS    float64 `json:"idle_mb"`
	Binary float64 `json:"binary_mb"`
}

// idle is how long a gateway that was started is left alone.
const idle = 3 * time.Second

// measureStartup starts the gateway some times.
func (b *bench) measureStartup(ctx context.Context, r *report) error {
	var ready []time.Duration
	out := &startup{}
	for range max(b.rounds, 3) {
		g := &relays.Gateway{}
		s, err := b.open(ctx, g)
		if err != nil {
			return err
		}
		err = sleep(ctx, idle)
		u, err2 := g.Process().Usage()
		s.close()
		if err != nil || err2 != nil {
			return fmt.Errorf("startup: %w %w", err, err2)
		}
		ready = append(ready, g.Ready)
		out.RSS = max(out.RSS, float64(u.RSS)/1e6)
	}
	slices.Sort(ready)
	out.Ready = float64(ready[len(ready)/2].Microseconds()) / 1e3
	if st, err := os.Stat(b.binary); err == nil {
		out.Binary = float64(st.Size()) / 1e6
	}
	fmt.Printf("startup  ready after %.0f ms, idle %.1f MB, binary %.1f MB\n", out.Ready, out.RSS, out.Binary)
	r.Startup = out
	r.Targets = append(r.Targets,
		target{Name: "startup to ready", Value: out.Ready, Limit: 300, Unit: "ms"},
		target{Name: "idle memory", Value: out.RSS, Limit: 40, Unit: "MB"})
	return nil
}
