package sip

import (
	"context"
	"net/netip"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// trunk names the trunk that a message comes from.
func (e *Endpoint) trunk(from netip.AddrPort) string {
	if e.cfg.Trunk == nil {
		return ""
	}
	return e.cfg.Trunk(from)
}

// Ping asks a far end by OPTIONS whether it is there (RFC 3261 11). Any answer will do.
func (e *Endpoint) Ping(ctx context.Context, target string) error {
	uri, err := targetURI(target)
	if err != nil {
		return err
	}
	f, err := e.reach(ctx, uri)
	if err != nil {
		return err
	}
	req := e.outgoingDialog(bridge.Target{}, uri, f).request(sipgo.OPTIONS)
	req.AppendHeader(sipgo.NewHeader("Accept", typeSDP))
	e.stamp(req, f)
	answered := make(chan error, 1)
	_, err = e.x.start(req, f, func(res *sipgo.Response, err error) {
		if err == nil && res.IsProvisional() {
			return
		}
		select {
		case answered <- err:
		default:
		}
	})
	if err != nil {
		return err
	}
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
