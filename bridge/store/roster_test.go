package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
			got := []string{}
			for _, k := range r.Candidates(name, "") {
				got = append(got, k.Tenant+" "+k.User)
			}
			if strings.Join(got, ", ") != want {
				t.Errorf("%s: %q, not %q", name, got, want)
			}
		}
		find("room1", "a Room1")
		find("1001", "a Room1")
		find("room2", "a Room1")
		change(t, b, func(tx *Tx) error { return Devices.Put(ctx, tx, Device{User: "room2", Disabled: true}) })
		<-fresh
		find("ROOM2", "a Room1, b room2")
		find("nobody", "")
		if k, _ := r.Device("a", "ROOM1"); k.Credentials.H235 != "secret" || !r.Proves() {
			t.Error("no credentials")
		}
		for _, x := range [][2]string{{"a", "room2"}, {"b", "room1"}, {"", "room1"}} { // an alias, and others'
			if k, ok := r.Device(x[0], x[1]); ok {
				t.Errorf("%q is %+v", x, k)
			}
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
		if k := r.Candidates("room1", "a"); len(k) != 1 || k[0].Remote != "y" {
			t.Errorf("where it was: %+v", k)
		}
	})
}

// However many tenants have a name, few of them are candidates: who was heard last, and the one that is asked for.
func TestCandidates(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		for i := range MaxCandidates + 4 {
			id := fmt.Sprintf("t%02d", i)
			s := tenant(t, db, id)
			change(t, s, func(tx *Tx) error {
				return errors.Join(
					Devices.Put(ctx, tx, Device{User: "Room", Aliases: []string{"1001"}}), Devices.Put(ctx, tx, Device{User: "x" + id, Aliases: []string{"1001", "room"}}))
			})
		}
		last, err := db.Tenant("t19")
		if err == nil {
			err = Presences.Append(ctx, last, Presence{ID: "Room", Seen: time.UnixMilli(1_800_000_000_000), Remote: "10.0.0.7"})
		}
		if err != nil {
			t.Fatal(err)
		}
		r, err := db.Roster(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct{ tenant, first, second string }{{"", "t19", "t00"}, {"t18", "t18", "t19"}, {"t01", "t01", "t19"}} {
			list := r.Candidates("ROOM", x.tenant)
			if len(list) != MaxCandidates || list[0].Tenant != x.first || list[1].Tenant != x.second {
				t.Errorf("%q: %d, %+v", x.tenant, len(list), list[:2])
			}
			seen := map[string]bool{}
			for _, k := range list {
				if k.User != "Room" || seen[k.Tenant] {
					t.Errorf("%+v", k)
				}
				seen[k.Tenant] = true
			}
		}
	})
}

// Names are unique in a tenant, others have the same, and a tenant has no more devices than it may.
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
		if err := put(a, Device{User: "ROOM1"}); !errors.Is(err, ErrTaken) {
			t.Errorf("a name in another case: %v", err)
		}
		if err := put(b, Device{User: "ROOM1", Label: "b's"}); err != nil {
			t.Errorf("another tenant's name: %v", err)
		}
		if k, err := Devices.Get(ctx, a, "room1"); err != nil || k.Value.Label != "" {
			t.Errorf("%+v, %v", k, err)
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

// Who asks for the owners of a device by its name hears of changes at once.
func TestDeviceOwners(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		tenant(t, db, "a", "b", "c")
		for i, want := range [][]string{nil, {"a"}, {"a", "b"}, {"a", "b"}} {
			if got, err := db.DeviceOwners(ctx, "ROOM"); err != nil || !slices.Equal(got, want) {
				t.Errorf("of %d: %v (%v)", i, got, err)
			}
			if i < 3 {
				change(t, scopeOf(t, db, "abc"[i:i+1]), func(tx *Tx) error { return Devices.Put(ctx, tx, Device{User: "Room"}) })
			}
		}
	})
}
