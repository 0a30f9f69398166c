package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// What was changed at once is one entry of the audit trail, however much it was; a page
// goes on where the one before ended.
func TestGroups(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		var made []string
		for _, size := range []int{3, 40, 1, 7} {
			made = append(made, change(t, s, func(tx *Tx) error {
				for i := range size {
					if err := Rules.Put(ctx, tx, aRule(t, db, fmt.Sprintf("%dx%d", size, i), "room", "")); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		made = append(made, change(t, s, func(tx *Tx) error {
			return errors.Join(Rules.Delete(ctx, tx, "3x0", anyVersion), Rules.Put(ctx, tx, aRule(t, db, "3x1", "hall", "")))
		}))
		for _, limit := range []int{1, 2, 100} {
			var seen []string
			for q := (ChangeQuery{Limit: limit}); ; {
				list, next, err := s.Groups(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range list {
					seen = append([]string{g.Group}, seen...)
				}
				if q.Before = next; next == "" {
					break
				}
			}
			if fmt.Sprint(seen) != fmt.Sprint(made) {
				t.Errorf("%d at once: %v instead of %v", limit, seen, made)
			}
		}
		list, _, err := s.Groups(ctx, ChangeQuery{})
		if err != nil || list[0].Removed != 1 || list[0].Changed != 1 || list[3].Added != 40 || len(list[3].Items) != firstItems || list[3].Kinds[0] != "rules" {
			t.Fatalf("%v %+v", err, list)
		}
		list, _, err = s.Groups(ctx, ChangeQuery{Search: "40", Kind: "rules", Item: "40x17"})
		if err != nil || len(list) != 1 || list[0].Added != 40 || len(list[0].Items) != 1 || list[0].Items[0].Item != "40x17" {
			t.Errorf("found %v %+v", err, list)
		}
		if list, next, err := tenant(t, db, "b").Groups(ctx, ChangeQuery{}); err != nil || len(list) != 0 || next != "" {
			t.Errorf("another tenant's: %v %+v", err, list)
		}
		if _, _, err := s.Groups(ctx, ChangeQuery{Before: "x"}); err == nil {
			t.Error("a page that begins nowhere")
		}
	})
}

// What was done to calls stands in the audit trail, is found there, and is not taken back.
func TestDeeds(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		long := strings.Repeat("x", 1000)
		deeds := []Deed{
			{Kind: DeedCall, Item: "c1", What: "hang-up", More: map[string]string{"name": "Phòng họp\nA", "number": "1001"}},
			{Kind: DeedMeeting, Item: "board@a", What: "mute", More: map[string]string{"name": long}},
		}
		if err := s.Note(ctx, Who{Name: "lan", Origin: "192.0.2.1"}, deeds...); err != nil {
			t.Fatal(err)
		}
		list, _, err := s.Groups(ctx, ChangeQuery{Search: "phong HOP 1001"})
		if err != nil || len(list) != 1 || list[0].Done != 1 || list[0].Who != "lan" || list[0].Items[0].Did != "hang-up" || list[0].Items[0].Why != "" {
			t.Fatalf("%v %+v", err, list)
		}
		var more map[string]string
		if err := json.Unmarshal(list[0].Items[0].After, &more); err != nil || more["name"] != "Phòng họpA" {
			t.Errorf("%v %v", err, more)
		}
		if all, _, err := s.Changes(ctx, ChangeQuery{Kind: DeedMeeting, Item: "board@a"}); err != nil || len(all) != 1 || len(all[0].After) > 400 {
			t.Errorf("%v %+v", err, all)
		}
		if _, err := s.Undo(ctx, admin, list[0].Group); !errors.Is(err, ErrNotFound) {
			t.Errorf("taken back: %v", err)
		}
		for _, bad := range []Deed{{Kind: "rules", Item: "1"}, {Kind: DeedCall}, {Kind: DeedCall, Item: long}} {
			if err := s.Note(ctx, admin, bad); !errors.Is(err, ErrRecord) {
				t.Errorf("%+v is written down: %v", bad, err)
			}
		}
		if n, err := db.Sweep(ctx, time.Now().AddDate(0, 0, 3), Keep{Changes: 2}); err != nil || n < 2 {
			t.Errorf("%d expired (%v)", n, err)
		}
	})
}
