package load

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Report is what one measurement saw, for the legs of one group.
type Report struct {
	Expected   uint64    // packets that should have come, copies counted
	Received   uint64    // that did
	Duplicates uint64    // that came again
	Failed     uint64    // that could not be opened or read
	Strange    uint64    // with another source's stamp
	Moved      uint64    // times a sink's numbering jumped
	Delay      Histogram // of those that came
	Late       Histogram // of bursts, against their plan
	Skips      int       // times that the generator was so late that it made a new plan
	Refused    uint64    // packets that the kernel did not take from the generator
	Overrun    uint64    // packets that the generator's own sockets lost
	Took       time.Duration
}

// Lost is how many did not come.
func (r *Report) Lost() uint64 { return r.Expected - min(r.Received, r.Expected) }

// Loss is the share that did not come.
func (r *Report) Loss() float64 {
	if r.Expected == 0 {
		return 0
	}
	return float64(r.Lost()) / float64(r.Expected)
}

// How late bursts may be for a measurement to count: the 99th percentile, and
// the share of those later than veryLate.
const (
	lateMost  = 1000 * time.Microsecond
	veryLate  = 5 * time.Millisecond
	veryShare = 0.002
)

// Fault says why a measurement must not count: the generator did not keep its
// plan or lost packets itself. It is empty when it did.
func (r *Report) Fault() string {
	switch n := r.Late.Count(); {
	case n == 0:
		return "nothing was sent"
	case r.Skips > 0:
		return fmt.Sprintf("the generator was stopped %d times for longer than %v", r.Skips, time.Duration(tooLate))
	case r.Late.Quantile(0.99) > int64(lateMost):
		return fmt.Sprintf("one burst in a hundred was later than %v", time.Duration(r.Late.Quantile(0.99)).Round(time.Microsecond))
	case float64(r.Late.Above(int64(veryLate))) > veryShare*float64(n):
		return fmt.Sprintf("%d of %d bursts were later than %v", r.Late.Above(int64(veryLate)), n, veryLate)
	case r.Refused > 0:
		return fmt.Sprintf("the kernel refused %d packets of the generator", r.Refused)
	case r.Overrun > 0:
		return fmt.Sprintf("the generator lost %d packets that it should have received", r.Overrun)
	}
	return ""
}

// drainTime is how long packets that were sent may still come.
const drainTime = 300 * time.Millisecond

// Measure measures for a while. At its beginning and end it calls mark, which
// reads what else is measured. It gives a report for each group of sinks.
func (l *Loop) Measure(d time.Duration, mark func(begin bool)) [2]Report {
	before := l.overruns()
	l.Do(func() {
		l.measured, l.skips = true, 0
		l.delays, l.late = [2]Histogram{}, Histogram{}
		most := int(d.Seconds()+2) * l.cfg.Packets * l.cfg.Rate
		for _, leg := range l.legs {
			if leg == nil {
				continue
			}
			if s := leg.source; s != nil {
				s.from, s.short = s.seq, 0
			}
			if k := leg.sink; k != nil {
				k.counts, k.seen = counts{}, make([]uint64, most/64+1)
			}
		}
	})
	begun := time.Now()
	mark(true)
	time.Sleep(d)
	mark(false)
	took := time.Since(begun)
	until := map[*Source]uint32{}
	l.Do(func() {
		l.measured = false
		for _, s := range l.sources {
			until[s] = s.seq
		}
	})
	time.Sleep(drainTime)
	var out [2]Report
	l.Do(func() {
		for _, leg := range l.legs {
			if leg == nil || leg.sink == nil {
				continue
			}
			r := &out[leg.sink.Group]
			r.add(leg.sink, until[leg.sink.source])
		}
		for g := range out {
			out[g].Delay, out[g].Late, out[g].Skips, out[g].Took = l.delays[g], l.late, l.skips, took
			for s := range until {
				out[g].Refused += s.short
			}
		}
	})
	out[0].Overrun = l.overruns() - before
	return out
}

// add counts what one sink saw of its source's packets up to one.
func (r *Report) add(k *Sink, until uint32) {
	n := until - k.source.from
	r.Expected += uint64(n)
	r.Duplicates += k.again
	r.Failed += k.failed
	r.Strange += k.strange
	r.Moved += k.moved
	for i := range n {
		if int(i/64) < len(k.seen) && k.seen[i/64]>>(i%64)&1 == 1 {
			r.Received++
		}
	}
}

// overruns counts the datagrams that the kernel dropped at the generator's sockets.
func (l *Loop) overruns() (n uint64) {
	ports := map[uint64]bool{}
	l.Do(func() {
		for _, leg := range l.legs {
			if leg != nil {
				ports[uint64(leg.sock.Local.Port())] = true
			}
		}
	})
	for _, name := range []string{"/proc/self/net/udp", "/proc/self/net/udp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			n += overrun(s.Text(), ports)
		}
		_ = f.Close()
	}
	return n
}

// overrun reads one line of /proc/net/udp: the second field is the local
// address, the last one the drops.
func overrun(line string, ports map[uint64]bool) uint64 {
	f := strings.Fields(line)
	if len(f) < 13 {
		return 0
	}
	_, hex, _ := strings.Cut(f[1], ":")
	port, err := strconv.ParseUint(hex, 16, 16)
	if err != nil || !ports[port] {
		return 0
	}
	n, _ := strconv.ParseUint(f[len(f)-1], 10, 64)
	return n
}
