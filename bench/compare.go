package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/roombridge/roombridge/bench/relays"
)

// peer makes a relay by its name.
func peer(name string) (relays.Relay, error) {
	switch name {
	case "roombridge":
		return &relays.Gateway{}, nil
	case "rtpengine":
		return &relays.RTPEngine{}, nil
	case "janus":
		return &relays.Janus{}, nil
	case "floor", "floor-gso":
		return &relays.Floor{Segment: name == "floor-gso"}, nil
	}
	return nil, fmt.Errorf("no relay %q", name)
}

// retries is how often a measurement that does not count is made again.
const retries = 2

// compare measures the cases with all relays, one after the other in each
// round, and prints medians and ratios.
func (b *bench) compare(ctx context.Context) error {
	list, err := chosen(b.cases)
	if err != nil {
		return err
	}
	var all []figures
	names := strings.Split(b.peers, ",")
	for round := range b.rounds {
		for _, c := range list {
			c.Sound = b.sound
			for _, name := range slices.Clone(names) {
				f, err := b.turn(ctx, name, c, b.streams)
				switch {
				case errors.Is(err, relays.ErrMissing):
					fmt.Printf("%s is not installed: the run goes on without it\n", name)
					names = slices.DeleteFunc(names, func(n string) bool { return n == name })
					continue
				case err != nil:
					return fmt.Errorf("%s, %s: %w", c.Name, name, err)
				}
				all = append(all, f...)
				for _, x := range f {
					fmt.Printf("round %d  %-12s %-11s %s\n", round+1, x.Case, x.Relay, x)
				}
			}
		}
	}
	fmt.Println()
	printTable(os.Stdout, list, all)
	return nil
}

// turn measures one relay, again when the generator was disturbed. It gives
// all that was measured.
func (b *bench) turn(ctx context.Context, name string, c relays.Case, streams int) ([]figures, error) {
	var all []figures
	for range 1 + retries {
		r, err := peer(name)
		if err != nil {
			return all, err
		}
		if !r.Can(c) {
			return nil, nil
		}
		f, err := b.once(ctx, r, c, streams)
		if err != nil {
			return all, err
		}
		all = append(all, f)
		if f.Fault == "" {
			break
		}
	}
	return all, nil
}

// String is a line of figures.
func (f figures) String() string {
	s := fmt.Sprintf("%6.2f us/packet  busy %3.0f %%  loss %.3f %%  p50 %.3f  p99 %.3f  p99.9 %.3f  max %.2f ms  %5.0f MB  late %.2f/%.1f ms  generator %.0f %% others %.0f %%",
		f.CPU, 100*f.Busy, 100*f.Loss, f.P50, f.P99, f.P999, f.Max, f.RSS, f.LateP99, f.LateMax, 100*f.Own, 100*f.Others)
	if f.Fault != "" {
		s += "  NOT COUNTED: " + f.Fault
	}
	return s
}
