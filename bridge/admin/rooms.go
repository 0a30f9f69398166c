package admin

import (
	"context"
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

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

// RoomSetup is a room that administrators set up, as it is kept. Its PINs are masked.
type RoomSetup struct {
	store.Room
	Full    string       `json:"room"`    // its full name, as lists of rooms and addresses of pages have it
	Ways    []number.Way `json:"ways"`    // the first rules that lead there
	Version int64        `json:"version"` // grows with every change
	Changed time.Time    `json:"changed"`
}

const maxWays = 20

// setup is a room as it is shown.
func (d *Desk) setup(s store.Stored[store.Room]) RoomSetup {
	directory, ways := d.service.Book.Directory(), []number.Way{}
	if plan := directory.Plan(d.ID()); plan != nil {
		ways = plan.Ways(s.Value.Name, maxWays)
	}
	return RoomSetup{s.Value, directory.RoomOf(d.ID(), s.Value.Name), ways, s.Version, s.Changed}
}

// RoomSetups lists rooms that administrators set up, by name.
func (d *Desk) RoomSetups(ctx context.Context, q Query) (Page[RoomSetup], error) {
	return pageOf(ctx, d, store.Rooms, q, d.setup)
}

// RoomSetup gives one of them.
func (d *Desk) RoomSetup(ctx context.Context, name string) (RoomSetup, error) {
	r, err := store.Rooms.Get(ctx, d.scope, name)
	return d.setup(r), err
}

// PutRoomSetup writes one. PINs are digits, or masked to stay what they are.
func (d *Desk) PutRoomSetup(ctx context.Context, r store.Room, version int64) (s RoomSetup, group string, err error) {
	group, err = d.change(ctx, Numbers, "", func(tx *store.Tx) error {
		old, err := store.Rooms.In(ctx, tx, r.Name)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		was := number.Rule{Settings: number.Settings{GuestPIN: old.Value.GuestPIN, HostPIN: old.Value.HostPIN}}
		now := number.Rule{Settings: number.Settings{GuestPIN: r.GuestPIN, HostPIN: r.HostPIN}}
		if err = now.Settle(&was, d.service.DB.PINKey()); err != nil {
			return &Invalid{err}
		}
		r.GuestPIN, r.HostPIN = now.GuestPIN, now.HostPIN
		if err = r.Validate(); err != nil {
			return &Invalid{err}
		}
		return store.Rooms.PutIf(ctx, tx, r, version)
	})
	if err == nil {
		s, err = d.RoomSetup(ctx, r.Name)
	}
	return s, group, err
}

// DeleteRoomSetup removes one.
func (d *Desk) DeleteRoomSetup(ctx context.Context, name string, version int64) (group string, err error) {
	return d.change(ctx, Numbers, "", func(tx *store.Tx) error { return store.Rooms.Delete(ctx, tx, name, version) })
}
