package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// compare measures cases with all relays and prints medians and ratios.
func (b *bench) compare(ctx context.Context, r *report, cases string, streams int) error {
	list, err := chosen(cases)
	if err != nil {
		return err
	}
	all, err := b.rotate(ctx, r, list, strings.Split(b.peers, ","), streams)
	if err != nil {
		return err
	}
	m := medians(list, all)
	fmt.Println()
	printTable(os.Stdout, m)
	r.Medians = append(r.Medians, m...)
	r.Targets = append(r.Targets, judge(m)...)
	return nil
}

// rotate measures cases in rounds, in each of which every relay has its turn.
func (b *bench) rotate(ctx context.Context, r *report, list []relays.Case, names []string, streams int) (all []figures, err error) {
	for round := range b.rounds {
		for _, c := range list {
			c.Sound = b.sound
			for _, name := range names {
				f, err := b.turn(ctx, r, name, c, streams)
				if err != nil {
					return all, fmt.Errorf("%s, %s: %w", c.Name, name, err)
				}
				for _, x := range f {
					fmt.Printf("round %d  %-13s %-10s %3d streams %s\n", round+1, x.Case, x.Relay, x.Streams, x)
				}
				all = append(all, f...)
			}
		}
	}
	r.Measurements = append(r.Measurements, all...)
	return all, nil
}

// turn measures one relay, again when the generator was disturbed. It gives
// all that was measured.
func (b *bench) turn(ctx context.Context, r *report, name string, c relays.Case, streams int) ([]figures, error) {
	var all []figures
	for range 1 + retries {
		relay, err := peer(name)
		if err != nil {
			return all, err
		}
		if b.missing[name] || !relay.Can(c) {
			return nil, nil
		}
		r.Relays[name] = relay.Options()
		f, err := b.once(ctx, relay, c, streams)
		if errors.Is(err, relays.ErrMissing) {
			fmt.Printf("%s is not installed: the run goes on without it\n", name)
			b.missing[name], r.Relays[name] = true, err.Error()
			return nil, nil
		}
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
	s := fmt.Sprintf("%6.2f us/packet  busy %3.0f %%  loss %.3f %%  p50 %.3f  p99 %.3f  p99.9 %.3f  max %.2f ms  %5.0f MB  late %.2f/%.1f ms  generator %.0f %%"+
		" others %.0f %% stolen %.1f %%",
		f.CPU, 100*f.Busy, 100*f.Loss, f.P50, f.P99, f.P999, f.Max, f.RSS, f.LateP99, f.LateMax, 100*f.Own, 100*f.Others, 100*f.Stolen)
	if f.Fault != "" {
		s += "  NOT COUNTED: " + f.Fault
	}
	return s
}
