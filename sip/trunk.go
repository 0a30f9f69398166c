package sip

import (
	"context"
	"slices"

	sipgo "github.com/emiago/sipgo/sip"

	"github.com/roombridge/roombridge/bridge"
)

// trunk names the trunk that an invitation comes by; "" is none. Of several at one address it is the one whose
// registered contact is called, else the one over whose connection it comes. contact says that the Request-URI
// is what we registered, and so no number that was dialled.
func (e *Endpoint) trunk(in *inbound) (name string, contact bool) {
	var names []string
	if e.cfg.Trunks != nil {
		names = e.cfg.Trunks(in.f.remote)
	}
	for _, r := range e.enrolledNow() {
		from, ours := r.by(in)
		switch {
		case ours && (from || slices.Contains(names, r.cfg.Trunk)):
			return r.cfg.Trunk, true
		case from:
			name = or(name, r.cfg.Trunk)
		}
	}
	if name == "" && len(names) > 0 {
		name = names[0]
	}
	return name, false
}

// numberBy is what an invitation is for that a trunk sends to our contact: To has what was dialled.
func numberBy(req *sipgo.Request) string {
	return or(numberOf(req.To().Address), numberOf(req.Recipient))
}

// enrol enters a registration of ours; it fails when goodbyes have begun.
func (e *Endpoint) enrol(r *Registrant) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		return false
	}
	e.registrants = append(slices.Clip(e.registrants), r)
	e.enrolled.Add(1)
	return true
}

func (e *Endpoint) dismiss(r *Registrant) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.registrants = slices.DeleteFunc(slices.Clone(e.registrants), func(o *Registrant) bool { return o == r })
	e.enrolled.Done()
}

// enrolledNow is the list as it is; it is replaced, never changed.
func (e *Endpoint) enrolledNow() []*Registrant {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.registrants
}

// trunkWay is the way by which we are registered at a trunk, if calls to a URI go there.
func (e *Endpoint) trunkWay(trunk string, uri sipgo.Uri) flow {
	for _, r := range e.enrolledNow() {
		if f, ok := r.way(uri); ok && r.cfg.Trunk == trunk {
			return f
		}
	}
	return flow{}
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
	ch, stop, err := e.ask(req, f)
	if err != nil {
		return err
	}
	select {
	case a := <-ch:
		return a.err
	case <-ctx.Done():
		stop()
		return ctx.Err()
	}
}

// finalAnswer is what a registrar or trunk says at last, or why there is none.
type finalAnswer struct {
	res *sipgo.Response
	err error
}

// ask sends a request outside of calls. The function stops waiting for the answer.
func (e *Endpoint) ask(req *sipgo.Request, f flow) (<-chan finalAnswer, func(), error) {
	ch := make(chan finalAnswer, 1)
	tx, err := e.x.start(req, f, func(res *sipgo.Response, err error) {
		if err == nil && res.IsProvisional() {
			return
		}
		select {
		case ch <- finalAnswer{res, err}:
		default:
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return ch, tx.stop, nil
}
