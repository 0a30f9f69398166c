package gateway

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
)

// exhausted counts what tenants were refused for want of each limit.
type exhausted struct{ calls, bandwidth, workers, rooms atomic.Uint64 }

// full is the refusal of what would go beyond a tenant's limit.
func full(n *atomic.Uint64, what string, most int) error {
	n.Add(1)
	return &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: fmt.Sprintf("the tenant has %s it may: %d", what, most)}
}

// tenantOf is whose room it is.
func (g *Gateway) tenantOf(room string) string {
	_, tenant, _ := g.kept.book.Directory().TenantOf(room)
	return tenant
}

// usage is what a tenant takes now.
func (g *Gateway) usage(tenant string) admin.Usage {
	var u admin.Usage
	claims := g.core.Claims()
	for _, c := range claims {
		if c.Tenant == tenant {
			u.Calls++
			u.Bandwidth += c.Bandwidth
		}
	}
	u.Workers, u.Rooms = g.count(tenant, g.worked()), g.count(tenant, maps.Keys(g.rooms(claims)))
	u.Devices = len(g.kept.roster.Devices(tenant))
	return u
}

// rooms are those in which somebody is, and those to which calls are on their way.
func (g *Gateway) rooms(claims []bridge.Claim) map[string]bool {
	rooms := map[string]bool{}
	for _, c := range claims {
		rooms[c.Room] = true
	}
	for _, r := range g.engine.Rooms() {
		rooms[r.Name] = true
	}
	delete(rooms, "")
	return rooms
}

// admitCall tells whether a call fits the gateway and the limits of its tenant.
func (g *Gateway) admitCall(inv bridge.Invite, route bridge.Route) error {
	if limits := g.kept.roster.Limits(route.Tenant); limits != (admin.Limits{}) {
		u := g.usage(route.Tenant)
		if limits.Calls > 0 && u.Calls >= limits.Calls {
			return full(&g.exhausted.calls, "as many calls as", limits.Calls)
		}
		k := g.capabilities(inv)
		most := max(k.RecvBitrate, k.SendBitrate)
		if route.Bandwidth > 0 {
			most = min(most, route.Bandwidth)
		}
		if limits.Bandwidth > 0 && u.Bandwidth+most > limits.Bandwidth {
			return full(&g.exhausted.bandwidth, "as much bandwidth (bit/s) as", limits.Bandwidth)
		}
	}
	if route.Room != "" {
		if err := g.admitRoom(route.Room); err != nil {
			return err
		}
	}
	return g.admit()
}

// admitPage tells whether a browser fits the gateway and the limits of the room's tenant.
func (g *Gateway) admitPage(room string) error {
	if err := g.admitRoom(room); err != nil {
		return err
	}
	return g.admit()
}

// admitRoom tells whether somebody more may come into a room: it has to be there, or one
// more of its tenant's, and there has to be a media worker for it.
func (g *Gateway) admitRoom(room string) error {
	tenant := g.tenantOf(room)
	limits := g.kept.roster.Limits(tenant)
	if limits.Rooms == 0 && limits.Workers == 0 {
		return nil
	}
	rooms := g.rooms(g.core.Claims())
	if !rooms[room] {
		return g.openRoom(room, maps.Keys(rooms))
	}
	if limits.Workers > 0 && !slices.Contains(slices.Collect(g.worked()), room) && g.count(tenant, g.worked()) >= limits.Workers {
		return full(&g.exhausted.workers, "as many media workers as", limits.Workers)
	}
	return nil
}

// worked are the rooms that have a media worker now.
func (g *Gateway) worked() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, room := range g.worker.Running() {
			if room != artistName && !yield(room) {
				return
			}
		}
	}
}

// openRoom tells whether a tenant may open a room beside those that are open.
func (g *Gateway) openRoom(room string, open iter.Seq[string]) error {
	tenant := g.tenantOf(room)
	if most := g.kept.roster.Limits(tenant).Rooms; most > 0 && g.count(tenant, open) >= most {
		return full(&g.exhausted.rooms, "as many rooms as", most)
	}
	return nil
}

func (g *Gateway) count(tenant string, rooms iter.Seq[string]) (n int) {
	for r := range rooms {
		if g.tenantOf(r) == tenant {
			n++
		}
	}
	return n
}
