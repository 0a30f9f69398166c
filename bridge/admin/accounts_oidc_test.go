package admin

import (
	"errors"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/store"
)

// What becomes of an account while somebody signs in by the provider stays: nobody gets another's
// account, and who was disabled is not enabled again.
func TestProvidedMeanwhile(t *testing.T) {
	s, desks := accounts(t)
	ctx, site := t.Context(), s.DB.Site()
	lan := Outsider{Subject: "lan-1", Name: "lan", Label: "Lan\n Anh", Mapped: true, Role: store.RoleOperator}
	write := func(who store.Administrator, known bool) (got store.Administrator, err error) {
		_, err = site.Change(ctx, store.Who{Name: "test"}, "", func(tx *store.Tx) error {
			got, err = provided(ctx, tx, lan, who, known)
			return err
		})
		return got, err
	}
	if _, err := write(store.Administrator{Name: "op", Subject: lan.Subject}, false); !errors.Is(err, ErrTaken) {
		t.Errorf("another's account: %v", err)
	}
	if _, _, err := s.SignIn(ctx, "op", word, from(1)); err != nil {
		t.Errorf("the other cannot sign in: %v", err)
	}
	first := store.Administrator{Name: "lan", Subject: lan.Subject}
	for range 2 { // two windows at once
		if got, err := write(first, false); err != nil || got.Name != "lan" || got.Label != "Lan Anh" {
			t.Fatalf("%v %+v", err, got)
		}
	}
	_, known, err := s.DB.Subject(ctx, lan.Subject)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desks[Site].PutAccount(ctx, AccountPut{Name: "lan", Role: store.RoleOperator, Subject: lan.Subject, Disabled: true}, AnyVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := write(known, true); !errors.Is(err, ErrNotFound) {
		t.Errorf("disabled meanwhile: %v", err)
	}
	if a, err := desks[Site].Account(ctx, "lan"); err != nil || !a.Disabled {
		t.Errorf("%v %+v", err, a)
	}
}

// What the provider said is believed for a while, and no longer than until it says otherwise.
func TestTrustOfProvider(t *testing.T) {
	s, _ := accounts(t)
	ctx := t.Context()
	lan := Outsider{Subject: "lan-1", Name: "lan", Mapped: true, Role: store.RoleOperator}
	come := func(o Outsider) *Actor {
		t.Helper()
		a, _, err := s.SignInAs(ctx, o, from(1))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	s.Trust = -time.Minute
	if a := come(lan); a.Holds(ctx) {
		t.Error("it is believed for ever")
	}
	if a, _ := enter(t, s, "op", from(1)); !a.Holds(ctx) {
		t.Error("so is a password")
	}
	s.Trust = time.Hour
	a, b := come(lan), come(lan)
	list, err := a.Sessions(ctx)
	if err != nil || len(list) != 2 || list[0].Until.Sub(list[0].Made).Round(time.Second) != time.Hour {
		t.Errorf("%v %+v", err, list)
	}
	viewer := lan
	viewer.Role = store.RoleViewer
	if come(viewer); !a.Holds(ctx) {
		t.Error("another role ends a session")
	}
	for _, other := range []Outsider{{Subject: "binh-1", Name: "lan", Mapped: true}, {Subject: "lan-1", Name: "lan", Mapped: true}} {
		if _, _, err := s.SignInAs(ctx, other, from(2)); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", other.Subject, err)
		}
		if own := other.Subject == lan.Subject; a.Holds(ctx) == own || b.Holds(ctx) == own {
			t.Errorf("after %s: %t %t", other.Subject, a.Holds(ctx), b.Holds(ctx))
		}
	}
}
