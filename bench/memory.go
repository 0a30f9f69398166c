package main

import (
	"context"
	"fmt"

	"github.com/roombridge/roombridge/bench/relays"
)

// memory is what a leg costs beyond the first ten.
type memory struct {
	Case  string  `json:"case"`
	Relay string  `json:"relay"`
	Few   int     `json:"few"` // legs
	Many  int     `json:"many"`
	RSS   [2]int  `json:"rss_kb"` // with few and with many
	Each  float64 `json:"kb_each"`
}

// memoryCases are measured with pairs, of which a browser's is one leg of each.
var memoryCases = []struct {
	name string
	most float64 // kB
	what string
}{
	{"rtp-rtp", 100, "a terminal's leg"},
	{"gcm-gcm", 100, "a terminal's leg, SDES"},
	{"fan-10", 250, "a browser"},
}

// settled is how long calls have run when their memory is read: SIP keeps the
// transactions of a call that begins for 32 s (RFC 3261 17.2).
const settled = 50 // seconds

// measureMemory reads the resident memory with ten legs and with many more,
// both under traffic.
func (b *bench) measureMemory(ctx context.Context, r *report) error {
	defer func(warm float64) { b.warm = warm }(b.warm)
	b.warm = max(b.warm, settled)
	terminal := 0.0
	for _, want := range memoryCases {
		list, err := chosen(want.name)
		if err != nil {
			return err
		}
		m, err := b.grow(ctx, list[0], terminal)
		if err != nil {
			return err
		}
		if want.name == "rtp-rtp" {
			terminal = m.Each
		}
		fmt.Printf("memory  %-8s %d legs %d kB, %d legs %d kB: %.0f kB for %s\n", m.Case, m.Few, m.RSS[0], m.Many, m.RSS[1], m.Each, want.what)
		r.Memory = append(r.Memory, m)
		r.Targets = append(r.Targets, target{Name: "memory of " + want.what, Value: m.Each, Limit: want.most, Unit: "kB"})
	}
	return nil
}

// grow measures one case with ten legs, then with the run's number of streams.
// terminal is what of each further call is a terminal's where browsers count.
func (b *bench) grow(ctx context.Context, c relays.Case, terminal float64) (memory, error) {
	g := &relays.Gateway{}
	s, err := b.open(ctx, g)
	if err != nil {
		return memory{}, err
	}
	defer s.close()
	m := memory{Case: c.Name, Relay: g.Name()}
	var calls [2]int
	for i, streams := range []int{10, max(b.streams, 20)} {
		if err := s.connect(ctx, c, streams); err != nil {
			return m, err
		}
		f, _, err := s.measure(ctx, c, nil)
		if err != nil {
			return m, err
		}
		m.RSS[i], calls[i] = int(f.RSS*1e6/1024), len(s.calls)
		if i == 0 {
			m.Few = s.streams(c)
		}
		m.Many = s.streams(c)
	}
	grown := float64(m.RSS[1] - m.RSS[0])
	if c.Fan > 1 {
		grown -= terminal * float64(calls[1]-calls[0])
	}
	m.Each = grown / float64(m.Many-m.Few)
	return m, nil
}
