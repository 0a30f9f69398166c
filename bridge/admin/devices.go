package admin

import (
	"context"
	"errors"
	"time"

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

// DeviceOwner is the tenant that has a device of a name, for operators; "" is that none has. It is ErrTaken where
// several have.
func (a *Actor) DeviceOwner(ctx context.Context, name string) (string, error) {
	if !a.Operator() || a.service == nil {
		return "", store.ErrScope
	}
	switch owners, err := a.service.DB.DeviceOwners(ctx, name); {
	case err != nil || len(owners) == 0:
		return "", err
	case len(owners) > 1:
		return "", ErrTaken
	default:
		return owners[0], nil
	}
}

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
		if err = d.service.sets.set(time.Now(), d.ID(), &v, &old.Value); err != nil {
			return err
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
