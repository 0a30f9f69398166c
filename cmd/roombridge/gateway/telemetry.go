package gateway

import (
	"errors"

	"github.com/roombridge/roombridge/bridge"
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
	core, plane, worker, sip := g.core.Stats(), g.plane.Stats(), g.worker.Stats(), g.sip.Stats()
	t := web.Telemetry{
		CallsTotal: core.Total, CallsRefused: core.Refused, CallSetup: histogram(core.Setup),
		RTP: []web.RTPCount{
			{Direction: "in", Kind: "all", Packets: plane.Received, Bytes: plane.ReceivedBytes},
			{Direction: "out", Kind: "all", Packets: plane.Sent, Bytes: plane.SentBytes},
		},
		RTPDropped: plane.Drops, PortsUsed: plane.PortsUsed, PortsTotal: plane.PortsTotal,
		Workers: worker.Running, WorkerRestarts: worker.Restarts,
		SIPState: web.SIPState{
			Dialogs: sip.Dialogs, Transactions: sip.Transactions, Connections: sip.Connections,
			Retransmissions: sip.Retransmissions, ParseErrors: sip.ParseErrors, Limited: sip.Limited,
		},
	}
	t.Load = loadOf(g.load.Status())
	for k, n := range sip.Messages {
		direction := "in"
		if k.Out {
			direction = "out"
		}
		t.SIP = append(t.SIP, web.SIPCount{Direction: direction, Method: k.Method, Status: k.Status, Count: n})
	}
	return t
}

func histogram(h bridge.Histogram) web.Histogram {
	out := web.Histogram{Count: h.Count, Sum: h.Sum.Seconds(), Buckets: make(map[float64]uint64, len(h.Bounds))}
	for i, b := range h.Bounds {
		out.Buckets[b.Seconds()] = h.Buckets[i]
	}
	return out
}
