package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/roombridge/roombridge/bench/relays"
)

// most is the largest traffic that a relay carried without loss.
type most struct {
	Case    string  `json:"case"`
	Relay   string  `json:"relay"`
	Streams int     `json:"streams"`
	Packets float64 `json:"packets_a_second"`
	P99     float64 `json:"p99_ms"`
	Busy    float64 `json:"busy"`
	Next    figures `json:"next"` // the first that was too much
}

// Steps of the search, and what counts as none: a relay that was never full
// loses nothing, and one that is falls behind at once.
const (
	mostStep = 25 // streams
	mostTop  = 700
	mostLoss = 1e-5
)

// measureMost raises the traffic to WebRTC receivers until something is lost.
func (b *bench) measureMost(ctx context.Context, r *report) error {
	list, err := chosen("rtp-webrtc")
	if err != nil {
		return err
	}
	for _, name := range []string{"roombridge", "rtpengine", "janus"} {
		m, err := b.raise(ctx, name, list[0])
		if errors.Is(err, relays.ErrMissing) {
			fmt.Printf("%s is not installed: the run goes on without it\n", name)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Printf("most  %s %s: %d streams, %.0f packets/s without loss (core %.0f %%, p99 %.2f ms); at %d streams %.2f %% loss\n",
			m.Case, m.Relay, m.Streams, m.Packets, 100*m.Busy, m.P99, m.Next.Streams, 100*m.Next.Loss)
		r.Most = append(r.Most, m)
		if name == "roombridge" {
			r.Targets = append(r.Targets, target{Name: "packets/s to WebRTC receivers without loss", Value: m.Packets, Limit: 70000, Least: true})
		}
	}
	return nil
}

// raise adds streams to one running relay until it loses packets twice.
func (b *bench) raise(ctx context.Context, name string, c relays.Case) (most, error) {
	m := most{Case: c.Name, Relay: name}
	relay, err := peer(name)
	if err != nil {
		return m, err
	}
	s, err := b.open(ctx, relay)
	if err != nil {
		return m, err
	}
	defer s.close()
	for n := 100; n <= mostTop; n += mostStep {
		if err := s.connect(ctx, c, n); err != nil {
			return m, err
		}
		f, err := s.again(ctx, c)
		if err != nil {
			return m, err
		}
		fmt.Printf("most  %-12s %-11s %d streams %s\n", f.Case, f.Relay, f.Streams, f)
		if f.Loss > mostLoss {
			m.Next = f
			return m, nil
		}
		m.Streams, m.P99, m.Busy = n, f.P99, f.Busy
		m.Packets = float64(f.Packets) / b.seconds
	}
	return m, nil
}

// again measures until the generator was not disturbed and nothing was lost, a
// few times at most.
func (s *setup) again(ctx context.Context, c relays.Case) (f figures, err error) {
	for range 1 + retries {
		f, _, err = s.measure(ctx, c, nil)
		if err != nil || f.Fault == "" && f.Loss <= mostLoss {
			return f, err
		}
	}
	return f, nil
}
