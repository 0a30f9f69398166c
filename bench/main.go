// Command bench measures the real gateway from outside, and other relays in
// the same run with the same traffic. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/roombridge/roombridge/bench/floor"
	"github.com/roombridge/roombridge/bench/relays"
)

// options are the command line.
type options struct {
	streams int
	seconds float64
	warm    float64
	rounds  int
	cases   string
	peers   string
	json    string
	payload int
	segment bool
	joined  bool
	sample  int
	gateway string
	sound   bool
	profile string

	patience float64
	legs     string
	chart    string
	calls    int
}

func parse(args []string) (mode string, o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.streams, "streams", 200, "streams relayed at once")
	f.Float64Var(&o.seconds, "seconds", 10, "length of a measurement")
	f.Float64Var(&o.warm, "warm", 5, "seconds of traffic before it, in which what beginning calls cost passes")
	f.IntVar(&o.rounds, "rounds", 3, "rounds, in each of which every relay has its turn")
	f.StringVar(&o.cases, "cases", strings.Join(mainCases, ","), "cases, by name")
	f.StringVar(&o.peers, "peers", "roombridge,rtpengine,janus,floor,floor-gso", "relays")
	f.StringVar(&o.json, "json", "", "file for everything that was measured")
	f.IntVar(&o.payload, "payload", 1200, "size of an RTP packet, bytes")
	f.BoolVar(&o.segment, "gso", false, "hand each burst to the kernel as one message, as a network card with receive offload does")
	f.BoolVar(&o.joined, "gro", false, "take what a relay hands over as one message as one, as a network card with segmentation offload does")
	f.IntVar(&o.sample, "sample", 8, "secured sinks open one packet of so many")
	f.StringVar(&o.gateway, "gateway", "", "binary of the gateway; built from this tree when empty")
	f.BoolVar(&o.sound, "sound", false, "terminals negotiate sound too")
	f.StringVar(&o.profile, "profile", "", "folder for a `perf record` of every measurement")
	f.Float64Var(&o.patience, "patience", 20, "seconds that a measurement waits at most for the rest of the machine to be quiet")
	f.StringVar(&o.legs, "legs", "10,50,200,500", "sweep: numbers of streams")
	f.StringVar(&o.chart, "chart", "", "sweep: file for the chart (SVG)")
	f.IntVar(&o.calls, "calls", 10000, "soak: short calls")
	mode = "run"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		mode, args = args[0], args[1:]
	}
	if err := f.Parse(args); err != nil {
		return mode, o, err
	}
	if f.NArg() > 0 {
		return mode, o, fmt.Errorf("bench: what is %q?", f.Arg(0))
	}
	return mode, o, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 3 && args[0] == relays.FloorArg {
		return floor.Serve(args[1], args[2] == "true")
	}
	mode, o, err := parse(args)
	if err != nil {
		return err
	}
	if os.Getenv(insideVariable) == "" {
		return outside(ctx, o, args)
	}
	b, err := inside(o)
	if err != nil {
		return err
	}
	defer b.close()
	r := b.newReport()
	err = b.modes(ctx, r, mode)
	fmt.Println()
	printTargets(os.Stdout, r.Targets)
	if o.json != "" {
		err = errors.Join(err, r.write(o.json))
	}
	return err
}

// modes runs what was asked for, or everything.
func (b *bench) modes(ctx context.Context, r *report, wanted string) error {
	found := false
	for _, m := range []struct {
		name string
		run  func(ctx context.Context, r *report) error
	}{
		{"run", func(ctx context.Context, r *report) error { return b.compare(ctx, r, b.cases, b.streams) }},
		{"fan", func(ctx context.Context, r *report) error { return b.compare(ctx, r, "fan-50", 50) }},
		{"sweep", b.sweep}, {"most", b.measureMost}, {"memory", b.measureMemory}, {"flood", b.measureFlood},
		{"startup", b.measureStartup}, {"soak", b.soakCalls},
	} {
		if m.name != wanted && wanted != "all" {
			continue
		}
		found = true
		if err := m.run(ctx, r); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("no mode %q", wanted)
	}
	return nil
}
