package admin

import "github.com/roombridge/roombridge/bridge"

// Room is the full name of a room that the actor named: a tenant's own, with its id behind
// an @ or without. It is not ok where the name is none or another tenant's.
func (a *Actor) Room(name string) (full string, ok bool) {
	if !bridge.ValidRoom(name) {
		return "", false
	}
	if a.service == nil {
		return name, true
	}
	directory := a.service.Book.Directory()
	own, tenant := bridge.TenantOf(name)
	switch {
	case a.Operator() && own == name:
		return name, true
	case a.Operator():
		return directory.RoomOf(tenant, own), true
	case own != name && tenant != a.scope.ID():
		return "", false
	}
	return directory.RoomOf(a.scope.ID(), own), true
}

// SeesRoom tells whether a room of this full name is the actor's to see: a tenant's own, to
// the default one those that bear no name of a tenant.
func (a *Actor) SeesRoom(full string) bool {
	if a.Operator() {
		return true
	}
	_, tenant, ok := a.service.Book.Directory().TenantOf(full)
	return ok && a.Sees(tenant)
}

// Owner is the tenant whose room it is, "" where there are none.
func (a *Actor) Owner(full string) string {
	if a.service == nil {
		return ""
	}
	_, tenant, _ := a.service.Book.Directory().TenantOf(full)
	return tenant
}
