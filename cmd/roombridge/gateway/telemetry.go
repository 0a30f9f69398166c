package gateway

import (
	"errors"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/h323/ras"
	"github.com/roombridge/roombridge/web"
)

// errStopping is what /readyz says while the gateway goes down.
var errStopping = errors.New("the gateway is going down")

func (g *Gateway) readiness() error {
	select {
	case <-g.stopping:
		return errStopping
	default:
		return nil
	}
}

// telemetry reads the counters of all parts for one scrape.
func (g *Gateway) telemetry() web.Telemetry {
	core, plane, worker, sip, h323 := g.core.Stats(), g.plane.Stats(), g.worker.Stats(), g.sip.Stats(), g.h323.Stats()
	t := web.Telemetry{
		CallsTotal: core.Total, CallsRefused: core.Refused, CallSetup: histogram(core.Setup),
		RTP: []web.RTPCount{
			{Direction: "in", Kind: "all", Packets: plane.Received, Bytes: plane.ReceivedBytes},
			{Direction: "out", Kind: "all", Packets: plane.Sent, Bytes: plane.SentBytes},
		},
		RTPDropped: plane.Drops, PortsUsed: plane.PortsUsed, PortsTotal: plane.PortsTotal,
		Workers: worker.Running, WorkerRestarts: worker.Restarts, RecordsLost: g.kept.records.lost.Load(),
		Exhausted: map[string]uint64{"calls": g.exhausted.calls.Load(), "bandwidth": g.exhausted.bandwidth.Load(),
			"workers": g.exhausted.workers.Load(), "rooms": g.exhausted.rooms.Load()},
		SIPState: web.SIPState{
			Dialogs: sip.Dialogs, Transactions: sip.Transactions, Connections: sip.Connections,
			Retransmissions: sip.Retransmissions, ParseErrors: sip.ParseErrors, Limited: sip.Limited,
		},
	}
	t.H323State = web.H323State{
		Calls: h323.Calls, Connections: h323.Connections, ParseErrors: h323.ParseErrors, Limited: h323.Limited,
		Control: h323.Control, FastConnect: h323.FastConnect,
	}
	if g.ras != nil {
		t.RAS = rasOf(g.ras)
	}
	r := sip.Register
	t.Registrar = web.Registrar{
		Serves: g.cfg.SIP.Register.Enabled, Accepted: r.Accepted, Challenged: r.Challenged,
		Denied: r.Denied, LockedOut: r.LockedOut, Locks: r.Locks, Refused: r.Refused,
	}
	doors := g.doors.Stats()
	t.Doors = web.Doors{Passed: doors.Passed, Wrong: doors.Wrong, Unlooked: doors.Unlooked, Locks: doors.Locks}
	for codec, n := range worker.Decoded {
		for result, count := range map[string]uint64{"decoded": n.Frames, "damaged": n.Damaged - min(n.Errors, n.Damaged), "refused": n.Errors} {
			t.Pictures = append(t.Pictures, web.PictureCount{Codec: string(codec), Result: result, Count: count})
		}
	}
	views := g.engine.Views()
	t.Strained, t.Strains = views.Strained, views.Strains
	for k, n := range views.Changes {
		t.Views = append(t.Views, web.ViewCount{Path: string(k.Path), Change: string(k.Change), Count: n})
	}
	t.Trials = g.engine.Trials()
	t.Load = loadOf(g.load.Status())
	for k, n := range sip.Messages {
		t.SIP = append(t.SIP, web.SIPCount{Direction: directionOf(k.Out), Method: k.Method, Status: k.Status, Count: n})
	}
	for k, n := range h323.Messages {
		t.H323 = append(t.H323, web.H323Count{Direction: directionOf(k.Out), Type: k.Type, Count: n})
	}
	return t
}

func rasOf(s *ras.Service) web.RAS {
	n := s.Stats()
	registration, wanted := s.Registration()
	return web.RAS{
		Serves: s.Addr().IsValid(), Terminals: n.Terminals, Datagrams: n.Received, Refused: n.Refused, Denied: n.Denied, Locks: n.Locks,
		Unreadable: n.Broken, Limited: n.Limited, Registers: wanted, Registered: registration.Registered,
	}
}

func directionOf(out bool) string {
	if out {
		return "out"
	}
	return "in"
}

func histogram(h bridge.Histogram) web.Histogram {
	out := web.Histogram{Count: h.Count, Sum: h.Sum.Seconds(), Buckets: make(map[float64]uint64, len(h.Bounds))}
	for i, b := range h.Bounds {
		out.Buckets[b.Seconds()] = h.Buckets[i]
	}
	return out
}
