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
// Where none counts it is that of the disturbed ones, and says so in Fault.
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
			var good, bad []figures
			for _, f := range all {
				switch {
				case f.Case != c.Name || f.Relay != name:
				case f.Fault == "":
					good = append(good, f)
				default:
					bad = append(bad, f)
				}
			}
			if len(good) == 0 {
				good = bad // better than nothing, and marked
			}
			out = append(out, median(good))
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

// sized are the medians at one number of streams.
func sized(m []figures, streams int) (out []figures) {
	for _, f := range m {
		if f.Streams == streams {
			out = append(out, f)
		}
	}
	return out
}

// find gives the median of a case and relay.
func find(m []figures, name, relay string) (figures, bool) {
	i := slices.IndexFunc(m, func(f figures) bool { return f.Case == name && f.Relay == relay })
	if i < 0 {
		return figures{}, false
	}
	return m[i], true
}

// printTable prints medians, and for each relay but the gateway itself how much
// of its CPU time the gateway takes.
func printTable(w io.Writer, m []figures) {
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\trelay\tstreams\trounds\tus/packet\tgateway/it\tcore\tloss\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\tRSS MB\t")
	for _, f := range m {
		ratio, rounds := "", fmt.Sprint(f.Rounds)
		if ours, ok := find(sized(m, f.Streams), f.Case, "roombridge"); ok && f.Relay != "roombridge" && f.CPU > 0 {
			ratio = fmt.Sprintf("%.2f", ours.CPU/f.CPU)
		}
		if f.Fault != "" {
			rounds += " disturbed"
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%.2f\t%s\t%.0f %%\t%.3f %%\t%.3f\t%.3f\t%.3f\t%.2f\t%.0f\t\n",
			f.Case, f.Relay, f.Streams, rounds, f.CPU, ratio, 100*f.Busy, 100*f.Loss, f.P50, f.P99, f.P999, f.Max, f.RSS)
	}
	_ = t.Flush()
}
