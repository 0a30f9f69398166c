package bridge

import "time"

// Record is a call that is over, or that was refused before it was one.
type Record struct {
	CallStatus           // as it was at the end, with the figures of its streams
	Connected  time.Time // zero: it was never answered
	Ended      time.Time
	Cause      Cause
	Reason     string
}

// record tells of a call that ended. status was read while it still had its seat.
func (c *Call) record(status CallStatus, connected time.Time, cause Cause, reason string) {
	if tell := c.core.cfg.Record; tell != nil {
		tell(Record{CallStatus: status, Connected: connected, Ended: c.core.now(), Cause: cause, Reason: reason})
	}
}

// recordRefusal tells of a call that a terminal wanted to place in vain. number has no PIN.
func (c *Core) recordRefusal(inv Invite, route Route, number string, r *Refusal) {
	if c.cfg.Record == nil {
		return
	}
	now, k := c.now(), inv.Caller
	s := CallStatus{
		ID: newID(), Protocol: inv.Protocol, Transport: inv.Transport, Direction: Inbound, Device: k.Device, Alias: k.Alias,
		Name: displayName(k), Number: number, Room: route.Room, Tenant: route.Tenant, Rule: route.Rule, State: StateEnded, Since: now,
	}
	if k.Addr.IsValid() {
		s.Remote = k.Addr.String()
	}
	s.Audio = streamStatus(nil, idle, idle)
	s.Video, s.Content = s.Audio, s.Audio
	c.cfg.Record(Record{CallStatus: s, Ended: now, Cause: r.Cause, Reason: r.Reason})
}
