package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
)

func TestChangesAndUndo(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		first := change(t, s, func(tx *Tx) error {
			return errors.Join(Rules.Put(ctx, tx, aRule(t, db, "1", "one", "1111")), Rules.Put(ctx, tx, aRule(t, db, "2", "two", "")))
		})
		second := change(t, s, func(tx *Tx) error {
			return errors.Join(Rules.Put(ctx, tx, aRule(t, db, "1", "uno", "9999")), Rules.Delete(ctx, tx, "2", anyVersion), Rules.Put(ctx, tx, aRule(t, db, "3", "three", "")))
		})
		list, _, err := s.Changes(ctx, ChangeQuery{Group: second})
		if err != nil || len(list) != 3 {
			t.Fatalf("%v %+v", err, list)
		}
		text, _ := json.Marshal(list)
		if s := string(text); strings.Contains(s, "9999") || strings.Contains(s, "h1.") || !list[2].Secret || list[2].Who != "an" || list[2].Before == nil {
			t.Errorf("%s", s)
		}
		if _, err := s.Undo(ctx, admin, first); !errors.Is(err, ErrConflict) {
			t.Errorf("undone though changed since: %v", err)
		}
		undone, err := s.Undo(ctx, Who{Name: "binh"}, second)
		if err != nil {
			t.Fatal(err)
		}
		one, err1 := Rules.Get(ctx, s, "1")
		two, err2 := Rules.Get(ctx, s, "2")
		_, err3 := Rules.Get(ctx, s, "3")
		if err1 != nil || err2 != nil || !errors.Is(err3, ErrNotFound) || one.Value.Room != "one" || two.Value.Room != "two" ||
			!db.PINKey().Opens(one.Value.GuestPIN, "1111") {
			t.Errorf("%v %v %v %+v", err1, err2, err3, one)
		}
		if _, err = s.Undo(ctx, admin, undone); err != nil {
			t.Errorf("what was undone is not done again: %v", err)
		}
		if one, err = Rules.Get(ctx, s, "1"); err != nil || !db.PINKey().Opens(one.Value.GuestPIN, "9999") {
			t.Errorf("%v %+v", err, one)
		}
		var seen int
		for q := (ChangeQuery{Limit: 4, Search: "rules"}); ; {
			list, next, err := s.Changes(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(list)
			if q.Before = next; next == "" {
				break
			}
		}
		if seen != 2+3+3+3 {
			t.Errorf("%d changes in pages", seen)
		}
		if n, err := s.ExpireChanges(ctx, time.Now().Add(time.Hour), 100); err != nil || n != 11 {
			t.Errorf("%d changes expired (%v)", n, err)
		}
	})
}

// A text of several lines is kept and taken back like others, whatever was searched of it.
func TestChangesOfManyLines(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		group := change(t, db.Site(), func(tx *Tx) error {
			return Administrators.Put(ctx, tx, Administrator{Name: "an", Label: "A\nN", Role: RoleViewer})
		})
		list, _, err := db.Site().Changes(ctx, ChangeQuery{Group: group})
		if err != nil || len(list) != 1 || !json.Valid(list[0].After) {
			t.Fatalf("%v %+v", err, list)
		}
		if _, err = db.Site().Undo(ctx, admin, group); err != nil {
			t.Error(err)
		}
	})
	var r row
	old := row{id: "1", sort: "s", folded: "ac\nme", body: `{"a":"b"}`} // as earlier versions kept it
	if r.unpack("1", old.pack()); r != old {
		t.Errorf("%+v", r)
	}
}

func TestImport(t *testing.T) {
	onEach(t, func(t *testing.T, open func() *DB) {
		ctx, db := t.Context(), open()
		s := tenant(t, db, "a")
		read := func(text string) []number.Rule {
			rules, err := number.ReadCSV(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			return rules
		}
		sheet := read("number,room,guest_pin\n1,one,1111\n2,two,\n")
		p, err := s.Preview(ctx, sheet, number.Replace)
		if err != nil || len(p.Added) != 2 {
			t.Fatalf("%v %+v", err, p)
		}
		if _, _, err = s.Import(ctx, admin, sheet, number.Replace, p.Basis); err != nil {
			t.Fatal(err)
		}
		if _, _, err = s.Import(ctx, admin, read("number\n9\n"), number.Replace, p.Basis); !errors.Is(err, ErrConflict) {
			t.Errorf("applied to a plan that nobody saw: %v", err)
		}
		next := read("number,room,guest_pin\n1,one,****\n2,zwei,\n3,three,\n")
		i, group, err := s.Import(ctx, admin, next, number.Replace, "")
		if err != nil || len(i.Changed) != 1 || len(i.Added) != 1 || i.Same != 1 {
			t.Fatalf("%v %+v", err, i)
		}
		if _, err = s.Undo(ctx, admin, group); err != nil {
			t.Fatal(err)
		}
		if p, err = s.Preview(ctx, sheet, number.Replace); err != nil || !p.Empty() {
			t.Errorf("undone, there is a difference: %v %+v", err, p)
		}
		bad := read("match,number,room\nany,,x\n")
		bad[0].Layout = "circle"
		if _, _, err = s.Import(ctx, admin, bad, number.Merge, ""); err == nil {
			t.Error("a rule that is wrong is applied")
		}
	})
}

// A plan that would not compile any more is not committed, however it came to be.
func TestPlanIsBounded(t *testing.T) {
	ctx, db := t.Context(), mustOpen(t, newURL(t, "sqlite"))
	s := tenant(t, db, "a")
	put := func(from, to int) error {
		_, err := s.Change(ctx, admin, "", func(tx *Tx) error {
			for i := from; i < to; i++ {
				r := number.Rule{Match: number.Match{Kind: number.Regex, Number: fmt.Sprintf(`%d\d`, i)}, Label: `"match":"regex"`}
				if err := Rules.Put(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	if err := put(0, number.MaxRegexes); err != nil {
		t.Fatal(err)
	}
	if err := put(number.MaxRegexes, number.MaxRegexes+1); err == nil {
		t.Error("an expression too many")
	}
}
