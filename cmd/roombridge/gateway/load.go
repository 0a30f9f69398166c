package gateway

import (
	"runtime"

	"github.com/roombridge/roombridge/bridge/load"
	"github.com/roombridge/roombridge/web"
)

func (g *Gateway) openLoad() error {
	g.load = load.New(load.Config{
		Limit: float64(g.cfg.Limits.Load) / 100, CPUs: runtime.GOMAXPROCS(0),
		Read: g.reading, Calls: func() int { return g.core.Stats().Running },
		Log: g.log.With("part", "load"),
	})
	return nil
}

// admit asks the load, once there is one, whether a call or browser more fits.
func (g *Gateway) admit() error {
	if g.load == nil {
		return nil
	}
	return g.load.Admit()
}

func (g *Gateway) reading() load.Reading {
	return load.Reading{CPU: load.CPU(g.worker.PIDs())}
}

func loadOf(s load.Status) web.Load {
	l := web.Load{CPU: s.CPU, Loop: s.Loop, Late: s.Late, Limit: s.Limit, Overloaded: s.Overloaded, Reason: s.Reason}
	if s.Headroom >= 0 {
		l.Headroom = &s.Headroom
	}
	return l
}
