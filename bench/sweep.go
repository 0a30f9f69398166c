package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/roombridge/roombridge/bench/chart"
	"github.com/roombridge/roombridge/bench/relays"
)

// sweepCases are what is measured over the number of legs.
var sweepCases = []string{"rtp-rtp", "rtp-gcm"}

// linear is how much more CPU a packet may cost at 500 legs than at 50.
const linear = 1.1

// sweep measures the gateway and rtpengine with more and more legs.
func (b *bench) sweep(ctx context.Context, r *report) error {
	list, err := chosen(strings.Join(sweepCases, ","))
	if err != nil {
		return err
	}
	var sizes []int
	for s := range strings.SplitSeq(b.legs, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 2 {
			return fmt.Errorf("legs: %q", s)
		}
		sizes = append(sizes, n)
	}
	for _, c := range list {
		for _, n := range sizes {
			all, err := b.rotate(ctx, r, []relays.Case{c}, []string{"roombridge", "rtpengine"}, n)
			if err != nil {
				return err
			}
			r.Sweep = append(r.Sweep, medians([]relays.Case{c}, all)...)
		}
	}
	fmt.Println()
	printTable(os.Stdout, r.Sweep)
	r.Targets = append(r.Targets, sweepTargets(r.Sweep)...)
	if b.chart == "" {
		return nil
	}
	f, err := os.Create(b.chart)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return draw(f, r.Sweep)
}

// sweepTargets are those of delay at each size, and of the cost's growth.
func sweepTargets(m []figures) []target {
	var out []target
	for _, name := range sweepCases {
		var few, many figures
		for _, f := range m {
			if f.Case != name || f.Relay != "roombridge" {
				continue
			}
			out = append(out, delayTargets(f)...)
			switch f.Streams {
			case 50:
				few = f
			case 500:
				many = f
			}
		}
		if few.CPU > 0 && many.CPU > 0 {
			out = append(out, target{Name: "CPU " + name + " at 500 streams / at 50", Value: many.CPU / few.CPU, Limit: linear})
		}
	}
	return out
}

// draw makes the chart of a sweep: for each case the delay and the CPU time.
func draw(w io.Writer, m []figures) error {
	var panels []chart.Panel
	for _, name := range sweepCases {
		delay := chart.Panel{Title: "Added delay, " + name, X: "streams", Y: "ms", Log: true}
		cpu := chart.Panel{Title: "CPU time, " + name, X: "streams", Y: "microseconds a packet"}
		for _, relay := range []struct{ name, color string }{{"roombridge", "#0a5"}, {"rtpengine", "#c33"}} {
			for _, q := range []struct {
				name, dash string
				of         func(f figures) float64
			}{
				{"p50", "2 3", func(f figures) float64 { return f.P50 }},
				{"p99", "", func(f figures) float64 { return f.P99 }},
				{"p99.9", "8 4", func(f figures) float64 { return f.P999 }},
			} {
				s := line(m, name, relay.name, q.of)
				s.Name, s.Color, s.Dash = relay.name+" "+q.name, relay.color, q.dash
				delay.Series = append(delay.Series, s)
			}
			s := line(m, name, relay.name, func(f figures) float64 { return f.CPU })
			s.Name, s.Color = relay.name, relay.color
			cpu.Series = append(cpu.Series, s)
		}
		panels = append(panels, delay, cpu)
	}
	return chart.Write(w, panels...)
}

func line(m []figures, name, relay string, of func(f figures) float64) chart.Series {
	var s chart.Series
	for _, f := range m {
		if f.Case == name && f.Relay == relay {
			s.X, s.Y = append(s.X, float64(f.Streams)), append(s.Y, of(f))
		}
	}
	return s
}
