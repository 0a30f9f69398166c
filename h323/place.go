package h323

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/h323/h225"
)

// reachTime bounds finding and connecting to a terminal that is called.
const reachTime = 15 * time.Second

// Place calls a terminal: bridge.FrontEnd.
func (e *Endpoint) Place(ctx context.Context, c *bridge.Call, t bridge.Target) error {
	return e.place(ctx, coreCall{c}, t)
}

func (e *Endpoint) place(ctx context.Context, c call, t bridge.Target) error {
	to, err := readTarget(t.URI, e.cfg.Gatekeeper != nil)
	if err != nil {
		return err
	}
	o := &placing{
		to: aliases(to.alias), from: aliases(t.From), name: t.Name, result: make(chan error, 1),
		bitrate: c.Capabilities().RecvBitrate,
	}
	if e.cfg.Reach != nil {
		o.reach = e.cfg.Reach(t)
	}
	l, err := e.prepare(ctx, o, to)
	if err != nil {
		return err
	}
	l.attach(c)
	if err := e.add(l); err != nil {
		l.unstarted()
		return err
	}
	c.Attach(l)
	if !e.read(l.sig, l.readSignalling) {
		l.Hangup(bridge.CauseShutdown, "the gateway is going down")
	}
	l.box.Post(l.place)
	select {
	case err := <-o.result:
		return err
	case <-ctx.Done():
		r := &bridge.Refusal{Cause: bridge.CauseCancelled, Reason: "the call was given up"}
		l.Hangup(r.Cause, r.Reason)
		return r
	}
}

// prepare asks the gatekeeper, finds the terminal and connects to it.
func (e *Endpoint) prepare(ctx context.Context, o *placing, to target) (*leg, error) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	id := identity{reference: e.nextReference(), call: or16(nil), conference: or16(nil)}
	var addrs []netip.AddrPort
	var err error
	if to.host != "" {
		if addrs, err = e.resolve(ctx, to); err != nil {
			return nil, unreachable(err)
		}
	}
	admitted, addrs, err := e.admitOutgoing(ctx, id, o, addrs)
	if err != nil {
		return nil, err
	}
	s, err := e.reachAny(ctx, addrs)
	if err != nil {
		if admitted != nil {
			e.cfg.Gatekeeper.Released(*admitted, bridge.CauseUnreachable)
		}
		return nil, unreachable(err)
	}
	l := newLeg(e, s, id)
	l.state, l.out, l.admitted = stateCalling, o, admitted
	l.h245.offered = !e.cfg.NoTunnelling
	return l, nil
}

// unstarted gives back what a leg that never ran holds.
func (l *leg) unstarted() {
	l.cancel()
	l.sig.close()
	if l.admitted != nil {
		l.e.cfg.Gatekeeper.Released(*l.admitted, bridge.CauseCancelled)
	}
}

func unreachable(err error) error {
	return &bridge.Refusal{Cause: bridge.CauseUnreachable, Reason: "the terminal cannot be reached: " + err.Error()}
}

// admitOutgoing asks the gatekeeper, if there is one, which may send the call
// elsewhere.
func (e *Endpoint) admitOutgoing(ctx context.Context, id identity, o *placing, addrs []netip.AddrPort) (*Admission, []netip.AddrPort, error) {
	if e.cfg.Gatekeeper == nil {
		return nil, addrs, nil
	}
	a := Admission{
		CallID: id.call, Conference: id.conference, Reference: id.reference, From: o.from, To: o.to, Bitrate: 2 * o.bitrate, Reach: o.reach,
	}
	if len(addrs) > 0 {
		a.Signal = addrs[0]
	}
	given, err := e.cfg.Gatekeeper.Admit(ctx, a)
	if err != nil {
		return nil, nil, bridge.AsRefusal(err)
	}
	if given.To != nil {
		o.to = given.To
	}
	if given.Signal.IsValid() {
		addrs = []netip.AddrPort{given.Signal}
	}
	return &a, addrs, nil
}

// reachAny connects to the first address that answers.
func (e *Endpoint) reachAny(ctx context.Context, addrs []netip.AddrPort) (*conn, error) {
	err := errors.New("no address is known")
	for i, a := range addrs {
		each, cancel := context.WithTimeout(ctx, reachTime/time.Duration(len(addrs)-i))
		c, dialErr := e.dial(each, a)
		cancel()
		if dialErr == nil {
			return newConn(c, false, time.Time{}, e.cfg.Limits.HalfOpen), nil
		}
		err = dialErr
	}
	return nil, err
}

// placing is a call of ours until it is answered.
type placing struct {
	to, from []h225.AliasAddress
	name     string
	reach    []string // whose registered terminals are meant
	bitrate  int
	device   string // what answers; the last word counts, for a gatekeeper may speak before
	progress bool   // Progress came
	fast     bool   // channels are proposed, and nothing was said of them
	control  *h225.TransportAddress
	timer    *front.Alarm // T303, T310 or T301
	result   chan error
}

// finish tells Place how the call went. Only the first time counts.
func (o *placing) finish(err error) {
	select {
	case o.result <- err:
	default:
	}
}
