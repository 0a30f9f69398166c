package admin

import (
	"context"
	"errors"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// ErrFull is that a limit of the tenant is reached.
var ErrFull = store.ErrFull

// KnownDevice is a device as it is kept, without its password.
type KnownDevice struct {
	store.Device
	Password bool // there is one
	Version  int64
	Changed  time.Time
}

// Device is what administrators enter of a device.
type Device = store.Device

// KnownDevice gives a device.
func (d *Desk) KnownDevice(ctx context.Context, name string) (KnownDevice, error) {
	v, err := store.Devices.Get(ctx, d.scope, name)
	k := KnownDevice{v.Value, v.Value.Credentials.H235 != "", v.Version, v.Changed}
	k.Credentials = store.Credentials{}
	return k, err
}

// PutDevice writes a device. Without a password it keeps the one that it has; "" takes it away.
func (d *Desk) PutDevice(ctx context.Context, v Device, password *string, version int64) (k KnownDevice, group string, err error) {
	if password != nil && len(*password) > maxPassword {
		return k, "", &Invalid{errors.New("password has at most 128 bytes")}
	}
	group, err = d.change(ctx, Admin, "", func(tx *store.Tx) error {
		old, err := store.Devices.In(ctx, tx, v.User)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		v.Credentials = old.Value.Credentials
		if password != nil {
			v.Credentials = store.Credentials{H235: *password}
		}
		if err = v.Validate(); err != nil {
			return &Invalid{err}
		}
		return store.Devices.PutIf(ctx, tx, v, version)
	})
	if err == nil {
		k, err = d.KnownDevice(ctx, v.User)
	}
	return k, group, err
}

const maxPassword = 128 // bytes

// DeleteDevice removes a device.
func (d *Desk) DeleteDevice(ctx context.Context, name string, version int64) (group string, err error) {
	return d.change(ctx, Admin, "", func(tx *store.Tx) error { return store.Devices.Delete(ctx, tx, name, version) })
}

// RoomSetup is a room that administrators set up, as it is kept. Its PINs are masked.
type RoomSetup struct {
	store.Room
	Version int64     `json:"version"` // grows with every change
	Changed time.Time `json:"changed"`
}

func setupOf(s store.Stored[store.Room]) RoomSetup { return RoomSetup{s.Value, s.Version, s.Changed} }

// RoomSetups lists rooms that administrators set up, by name.
func (d *Desk) RoomSetups(ctx context.Context, q Query) (Page[RoomSetup], error) {
	return pageOf(ctx, d, store.Rooms, q, setupOf)
}

// RoomSetup gives one of them.
func (d *Desk) RoomSetup(ctx context.Context, name string) (RoomSetup, error) {
	r, err := store.Rooms.Get(ctx, d.scope, name)
	return setupOf(r), err
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
