package number

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// tag is what the full names of a tenant's rooms bear.
func (d *Directory) tag(id string) string {
	if id == d.fallback {
		return ""
	}
	return id
}

// Default is the tenant of what is nobody's.
func (d *Directory) Default() string { return d.fallback }

// Trunk is whose a trunk is; "" is nobody's.
func (d *Directory) Trunk(name string) string { return d.trunks[name] }

// Domain is whose a domain is; "" is nobody's.
func (d *Directory) Domain(host string) string { return d.domains[hostOf(host)] }

// RoomOf is the full name of a tenant's room.
func (d *Directory) RoomOf(id, own string) string { return bridge.RoomOf(d.tag(id), own) }

// TenantOf parts a room's full name into its own name and whose it is: without a tenant in
// it, the default one's. It is not ok where there is no such tenant.
func (d *Directory) TenantOf(room string) (own, id string, ok bool) {
	own, id = bridge.TenantOf(room)
	if own == room {
		return own, d.fallback, true
	}
	return own, id, d.tenants[id]
}

// Room finds how somebody gets into a room at its page, from an address: by the rules that lead
// there, and by what administrators set up. Who asks for a PIN is asked for the strictest
// one. It is not ok where no rule leads there and nobody has set the room up.
func (d *Directory) Room(name string, from netip.Addr, at time.Time) (Decision, bool) {
	own, id, ok := d.TenantOf(name)
	plan := d.plans[id]
	if !ok || plan == nil || !bridge.ValidRoomName(own) {
		return Decision{}, false
	}
	decision, ok := plan.room(own, Call{Addr: from, Encrypted: true, At: at})
	return d.decided(id, decision), ok
}

// Entrance is Room with an answer for every name. open says that a name for which there is
// no rule opens the room of that name.
func (d *Directory) Entrance(name string, from netip.Addr, at time.Time, open bool) Decision {
	if decision, ok := d.Room(name, from, at); ok {
		return decision
	}
	own, id, ok := d.TenantOf(name)
	if !ok || !open || !bridge.ValidRoomName(own) {
		return d.decided(id, refusal(bridge.CauseNoRoute, "there is no room of this name", ""))
	}
	return d.decided(id, opened(own))
}

// Opened is what becomes of a call for which no rule decides where any number opens the
// room of that name. What rules and administrators say of that room holds all the same.
func (d *Directory) Opened(c Call) Decision {
	id, _ := d.tenant(&c)
	c.registeredWith(id)
	return d.decided(id, d.plans[id].Opened(c))
}

// Opened is that of a tenant; p may be nil.
func (p *Plan) Opened(c Call) Decision {
	h := c.dialled()
	if p != nil {
		whole := c
		whole.PIN = ""
		if decision, ok := p.room(h.Whole, whole); ok {
			decision.Number = h.Whole
			return decision
		}
		c.PIN = h.PIN
		if decision, ok := p.room(h.Number, c); ok {
			decision.Number = h.Number
			return decision
		}
	}
	if !bridge.ValidRoomName(h.Number) {
		return refusal(bridge.CauseNoRoute, "what was dialled cannot be a room's name", h.Number)
	}
	return opened(h.Number)
}

// opened lets everybody into a room of which nothing is known.
func opened(own string) Decision {
	return Decision{Action: ToRoom, Number: own, Room: own, Role: bridge.RoleGuest}
}

// Open corrects the explanation of a call that no rule decides for where any number opens
// the room of that name. plan is the tenant's, and may be nil.
func (e Explanation) Open(plan *Plan, c Call) Explanation {
	if e.Decision.Rule != "" || c.dialled().Whole == "" {
		return e
	}
	tenant, tag := e.Decision.Tenant, e.Decision.tag
	e.Decision = plan.Opened(c)
	e.Decision.Tenant, e.Decision.tag = tenant, tag
	switch d := &e.Decision; {
	case d.Action == Refuse:
		e.Why = "no rule fits, and any other number opens the room of that name (admission.open); the call is refused: " + d.Reason
	case d.Rule != "":
		e.Why = "no rule fits: any number opens the room of that name (admission.open), to which rule " + d.Rule + " leads"
	default:
		e.Why = "no rule fits: any number opens the room of that name (admission.open)"
	}
	return e
}
