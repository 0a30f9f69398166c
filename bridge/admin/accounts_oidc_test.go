package admin

import (
	"errors"
	"testing"

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
