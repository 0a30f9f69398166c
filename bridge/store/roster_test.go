package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Devices and limits are answered from memory, follow the database, and when they were heard
// outlives a restart.
func TestRoster(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a, b := tenant(t, db, "a"), tenant(t, db, "b")
		change(t, a, func(tx *Tx) error {
			return Devices.Put(ctx, tx, Device{User: "Room1", Aliases: []string{"1001", "room2"}, Credentials: Credentials{H235: "secret"}})
		})
		fresh := make(chan struct{}, 16)
		r, err := db.Roster(ctx, func() { fresh <- struct{}{} })
		if err != nil {
			t.Fatal(err)
		}
		running, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { r.Run(running); close(done) }()
		find := func(name, want string) {
			t.Helper()
			if k, ok := r.Device(name); ok != (want != "") || ok && k.Tenant+" "+k.User != want {
				t.Errorf("%s: %v %+v, not %q", name, ok, k, want)
			}
		}
		find("room1", "a Room1")
		find("1001", "a Room1")
		find("room2", "a Room1")
		change(t, b, func(tx *Tx) error { return Devices.Put(ctx, tx, Device{User: "room2", Disabled: true}) })
		<-fresh
		find("ROOM2", "b room2") // a name goes before others' aliases
		if k, _ := r.Device("Room1"); k.Credentials.H235 != "secret" {
			t.Error("no credentials")
		}
		if list := r.Devices("a"); len(list) != 1 || !list[0].Seen.IsZero() || len(r.Devices("")) != 2 {
			t.Errorf("%+v", list)
		}
		at := time.UnixMilli(1_800_000_000_000).UTC()
		for i, remote := range []string{"x", "x", "y"} {
			if err := r.Heard(ctx, "a", []Presence{{ID: "Room1", Seen: at.Add(time.Duration(i) * time.Second), Online: true, Remote: remote}}); err != nil {
				t.Fatal(err)
			}
		}
		if kept, err := Presences.Get(ctx, a, "Room1"); err != nil || kept.Remote != "y" {
			t.Errorf("%+v, %v", kept, err)
		}
		stop()
		<-done
		if r, err = db.Roster(ctx, nil); err != nil || !r.Devices("a")[0].Seen.Equal(at.Add(2*time.Second)) {
			t.Errorf("after a restart: %+v, %v", r.Devices("a"), err)
		}
	})
}

// Names are unique in the site, and a tenant has no more devices than it may.
func TestDeviceNamesAndLimit(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		a, b := tenant(t, db, "a"), tenant(t, db, "b")
		put := func(s Scope, d Device) error {
			_, err := s.Change(ctx, admin, "", func(tx *Tx) error { return Devices.Put(ctx, tx, d) })
			return err
		}
		if err := put(a, Device{User: "room1"}); err != nil {
			t.Fatal(err)
		}
		if err := put(b, Device{User: "ROOM1"}); !errors.Is(err, ErrTaken) {
			t.Errorf("another tenant's name: %v", err)
		}
		for _, bad := range []Device{{User: "a@b"}, {User: ""}, {User: "a b"}, {User: "x", Aliases: []string{"a:b"}}, {User: "x", Protocol: "smtp"}} {
			if err := put(a, bad); err == nil {
				t.Errorf("%+v is kept", bad)
			}
		}
		_, err := db.Site().Change(ctx, admin, "", func(tx *Tx) error {
			v, err := Tenants.In(ctx, tx, "a")
			v.Value.Limits.Devices = 2
			return errors.Join(err, Tenants.Put(ctx, tx, v.Value))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(put(a, Device{User: "room2"}), put(a, Device{User: "room2", Label: "x"})); err != nil {
			t.Error(err)
		}
		if err := put(a, Device{User: "room3"}); !errors.Is(err, ErrFull) {
			t.Errorf("one too many: %v", err)
		}
	})
}
