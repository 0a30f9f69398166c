package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/roombridge/roombridge/bench/relays"
)

// medians gives the figure-wise median of the measurements of each case and
// relay that count, in the order of the cases and of the relays' first turn.
func medians(list []relays.Case, all []figures) []figures {
	var out []figures
	for _, c := range list {
		var names []string
		for _, f := range all {
			if f.Case == c.Name && !slices.Contains(names, f.Relay) {
				names = append(names, f.Relay)
			}
		}
		for _, name := range names {
			var of []figures
			for _, f := range all {
				if f.Case == c.Name && f.Relay == name && f.Fault == "" {
					of = append(of, f)
				}
			}
			if len(of) > 0 {
				out = append(out, median(of))
			}
		}
	}
	return out
}

func median(of []figures) figures {
	m := of[0]
	m.Rounds = len(of)
	for _, field := range []func(f *figures) *float64{
		func(f *figures) *float64 { return &f.CPU }, func(f *figures) *float64 { return &f.Busy },
		func(f *figures) *float64 { return &f.Waited }, func(f *figures) *float64 { return &f.Loss },
		func(f *figures) *float64 { return &f.P50 }, func(f *figures) *float64 { return &f.P99 },
		func(f *figures) *float64 { return &f.P999 }, func(f *figures) *float64 { return &f.Max },
		func(f *figures) *float64 { return &f.RSS }, func(f *figures) *float64 { return &f.Own },
		func(f *figures) *float64 { return &f.Others }, func(f *figures) *float64 { return &f.LateP99 },
		func(f *figures) *float64 { return &f.LateMax },
	} {
		var v []float64
		for i := range of {
			v = append(v, *field(&of[i]))
		}
		slices.Sort(v)
		*field(&m) = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	return m
}

// find gives the median of a case and relay.
func find(m []figures, name, relay string) (figures, bool) {
	i := slices.IndexFunc(m, func(f figures) bool { return f.Case == name && f.Relay == relay })
	if i < 0 {
		return figures{}, false
	}
	return m[i], true
}

// printTable prints the medians, and for each relay but the gateway itself how
// much of its CPU time the gateway takes.
func printTable(w io.Writer, list []relays.Case, all []figures) {
	m := medians(list, all)
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\trelay\trounds\tus/packet\tgateway/it\tcore\tloss\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\tRSS MB\t")
	for _, f := range m {
		ratio := ""
		if ours, ok := find(m, f.Case, "roombridge"); ok && f.Relay != "roombridge" && f.CPU > 0 {
			ratio = fmt.Sprintf("%.2f", ours.CPU/f.CPU)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%.2f\t%s\t%.0f %%\t%.3f %%\t%.3f\t%.3f\t%.3f\t%.2f\t%.0f\t\n",
			f.Case, f.Relay, f.Rounds, f.CPU, ratio, 100*f.Busy, 100*f.Loss, f.P50, f.P99, f.P999, f.Max, f.RSS)
	}
	_ = t.Flush()
}
