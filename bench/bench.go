package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/roombridge/roombridge/bench/load"
	"github.com/roombridge/roombridge/bench/proc"
	"github.com/roombridge/roombridge/bench/relays"
)

// bench is one run.
type bench struct {
	options
	cpu    int // the relay's
	dir    string
	binary string
	count  int

	running *proc.Process
	missing map[string]bool // relays that are not installed
}

func (b *bench) close() { _ = os.RemoveAll(b.dir) }

// The traffic: 30 pictures a second of 7 packets.
const (
	burst = 7
	rate  = 30
)

// figures are what one measurement of one relay gave.
type figures struct {
	Case    string  `json:"case"`
	Relay   string  `json:"relay"`
	Streams int     `json:"streams"`
	CPU     float64 `json:"cpu_us"`  // for each packet that came out
	Busy    float64 `json:"busy"`    // share of the relay's processor
	Waited  float64 `json:"waited"`  // of the time, how long its threads waited for the processor
	Packets uint64  `json:"packets"` // that came out
	Loss    float64 `json:"loss"`
	Again   uint64  `json:"duplicates"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	P999    float64 `json:"p999_ms"`
	Max     float64 `json:"max_ms"`
	RSS     float64 `json:"rss_mb"`
	LateP99 float64 `json:"late_p99_ms"`
	LateMax float64 `json:"late_max_ms"`
	Own     float64 `json:"generator_busy"`
	Others  float64 `json:"others_busy"`      // processors that everything else used
	Stolen  float64 `json:"stolen"`           // processors that the host of a virtual machine kept
	Rounds  int     `json:"rounds,omitempty"` // of a median
	Fault   string  `json:"fault,omitempty"`  // why it does not count
}

// setup is a relay with calls up.
type setup struct {
	bench *bench
	relay relays.Relay
	loop  *load.Loop
	calls []*relays.Call
	dir   string

	unlock func()
}

// open starts a relay.
func (b *bench) open(ctx context.Context, r relays.Relay) (*setup, error) {
	b.count++
	s := &setup{bench: b, relay: r, dir: filepath.Join(b.dir, fmt.Sprint(b.count))}
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if s.loop, err = load.NewLoop(load.Config{Addr: address, Packets: burst, Rate: rate, Size: b.payload, Segment: b.segment, Joined: b.joined}); err != nil {
		return nil, err
	}
	if s.unlock, err = lock(ctx); err != nil {
		s.loop.Close()
		return nil, err
	}
	b.quiet(ctx)
	env := relays.Env{Addr: address, Callers: callers(), CPU: b.cpu, Dir: s.dir, Loop: s.loop, Sample: b.sample, Binary: b.binary}
	if err := r.Start(ctx, env); err != nil {
		s.close()
		return nil, err
	}
	b.running = r.Process()
	return s, nil
}

// connect sets up calls until there are as many streams.
func (s *setup) connect(ctx context.Context, c relays.Case, streams int) error {
	for s.streams(c) < streams {
		call, err := s.relay.Connect(ctx, len(s.calls), c)
		if err != nil {
			return fmt.Errorf("call %d: %w", len(s.calls), err)
		}
		s.calls = append(s.calls, call)
	}
	return nil
}

func (s *setup) streams(c relays.Case) int {
	if c.Both {
		return 2 * len(s.calls)
	}
	return max(c.Fan, 1) * len(s.calls)
}

func (s *setup) close() {
	s.bench.running = nil
	s.relay.Stop()
	s.loop.Close()
	_ = os.RemoveAll(s.dir)
	s.unlock()
}

// measure lets the sources send for a while, calls then, if there is something
// to be done, and measures.
func (s *setup) measure(ctx context.Context, c relays.Case, then func()) (figures, [2]load.Report, error) {
	b := s.bench
	s.loop.Start()
	defer s.loop.Stop()
	if err := sleep(ctx, seconds(b.warm)); err != nil {
		return figures{}, [2]load.Report{}, err
	}
	b.quiet(ctx)
	if then != nil {
		then()
	}
	stop := b.record(s.relay.Process(), c.Name+"-"+s.relay.Name())
	defer stop()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var usage [2]proc.Usage
	var own, machine, stolen [2]time.Duration
	var errs [2]error
	reports := s.loop.Measure(seconds(b.seconds), func(begin bool) {
		i := 1
		if begin {
			i = 0
		}
		usage[i], errs[i] = s.relay.Process().Usage()
		own[i], machine[i], stolen[i] = proc.Own(), proc.Machine(), proc.Stolen()
	})
	r := &reports[0]
	f := figures{
		Case: c.Name, Relay: s.relay.Name(), Streams: s.streams(c), Packets: r.Received, Loss: r.Loss(), Again: r.Duplicates,
		P50: ms(r.Delay.Quantile(0.5)), P99: ms(r.Delay.Quantile(0.99)), P999: ms(r.Delay.Quantile(0.999)), Max: ms(r.Delay.Max()),
		RSS: float64(usage[1].RSS) / 1e6, LateP99: ms(r.Late.Quantile(0.99)), LateMax: ms(r.Late.Max()), Fault: r.Fault(),
	}
	cpu, waited := usage[1].Since(usage[0])
	took := r.Took.Seconds()
	f.Own, f.Busy, f.Waited = (own[1]-own[0]).Seconds()/took, cpu.Seconds()/took, waited.Seconds()/took
	f.Others = max(0, (machine[1]-machine[0]).Seconds()/took-f.Own-f.Busy)
	f.Stolen = (stolen[1] - stolen[0]).Seconds() / took
	switch {
	case f.Fault != "":
	case f.Others > othersMost:
		f.Fault = fmt.Sprintf("other processes used %.0f %% of a processor", 100*f.Others)
	case f.Stolen > stolenMost:
		f.Fault = fmt.Sprintf("the host kept %.1f %% of a processor", 100*f.Stolen)
	}
	if r.Received > 0 {
		f.CPU = float64(cpu.Microseconds()) / float64(r.Received)
	}
	return f, reports, errors.Join(errs[0], errs[1], ctx.Err())
}

// once measures a relay in a case, from its start to its end.
func (b *bench) once(ctx context.Context, r relays.Relay, c relays.Case, streams int) (figures, error) {
	s, err := b.open(ctx, r)
	if err != nil {
		return figures{}, err
	}
	defer s.close()
	if err := s.connect(ctx, c, streams); err != nil {
		return figures{}, fmt.Errorf("%w; %s said: %s", err, r.Name(), r.Process().Log())
	}
	f, _, err := s.measure(ctx, c, nil)
	return f, err
}

// Others that run on the machine: how much of a processor they may use for a
// measurement to count, and how long each waits for them to be quiet.
const (
	othersMost = 0.15
	stolenMost = 0.01 // more shows in the longest delays
	quietLook  = 250 * time.Millisecond
)

// quiet waits until nothing else runs, up to the time that was given for it.
func (b *bench) quiet(ctx context.Context) {
	for begun := time.Now(); time.Since(begun).Seconds() < b.patience && ctx.Err() == nil; {
		used := proc.Machine() - proc.Own()
		relay := b.relayTime()
		if sleep(ctx, quietLook) != nil {
			return
		}
		used = proc.Machine() - proc.Own() - used - (b.relayTime() - relay)
		if used.Seconds() < othersMost/2*quietLook.Seconds() {
			return
		}
	}
}

// relayTime is the CPU time of the relay that runs now.
func (b *bench) relayTime() time.Duration {
	if b.running == nil {
		return 0
	}
	u, _ := b.running.Usage()
	return u.CPU
}

// record profiles a process while it is measured, where that was asked for.
func (b *bench) record(p *proc.Process, name string) (stop func()) {
	if b.profile == "" {
		return func() {}
	}
	_ = os.MkdirAll(b.profile, 0o755)
	out := filepath.Join(b.profile, name+".perf")
	cmd := exec.Command("perf", "record", "-q", "-F", "999", "-g", "-p", fmt.Sprint(p.PID()), "-o", out)
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		return func() {}
	}
	return func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func ms(ns int64) float64 { return float64(ns) / 1e6 }
