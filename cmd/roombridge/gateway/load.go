package gateway

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/roombridge/roombridge/bridge/load"
	"github.com/roombridge/roombridge/web"
)

func (g *Gateway) openLoad() error {
	g.load = load.New(load.Config{
		Limit: float64(g.cfg.Limits.Load) / 100, CPUs: cmp.Or(g.opts.Cores, runtime.GOMAXPROCS(0)),
		Read: g.reading, Calls: func() int { return g.core.Stats().Running },
		Log: g.log.With("part", "load"),
	})
	return nil
}

// admit asks the load, once there is one, whether a call or browser more fits.
func (g *Gateway) admit() error {
	g.asked.Add(1)
	if g.load == nil {
		return nil
	}
	return g.load.Admit()
}

// loaded says why there is no room for composing pictures; "" is that there is.
func (g *Gateway) loaded() string {
	if g.load == nil {
		return ""
	}
	return g.load.Status().Reason
}

// reading is called once a second.
func (g *Gateway) reading() load.Reading {
	calls := g.core.Stats()
	if g.tidy.due(time.Now(), g.asked.Load()+2*calls.Total-uint64(calls.Running)) {
		go debug.FreeOSMemory()
	}
	r := load.Reading{CPU: g.clock.CPU(g.worker.PIDs())}
	for _, l := range g.loops.Stats() {
		r.Busy, r.Late, r.Wait = max(r.Busy, l.Busy), max(r.Late, l.Late), max(r.Wait, l.Wait)
	}
	return r
}

func loadOf(s load.Status) web.Load {
	l := web.Load{CPU: s.CPU, Loop: s.Loop, Late: s.Late, WaitMS: float64(s.Wait) / 1e6, Limit: s.Limit, Overloaded: s.Overloaded, Reason: s.Reason}
	if s.Headroom >= 0 {
		l.Headroom = &s.Headroom
	}
	return l
}
