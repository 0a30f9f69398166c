package admin

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/number"
	"github.com/roombridge/roombridge/bridge/store"
)

// Tenants name their own rooms with or without their id; operators name any.
func TestRoomNames(t *testing.T) {
	s := newService(t)
	if _, err := s.DB.Plans(t.Context(), s.Book); err != nil {
		t.Fatal(err)
	}
	op, a, b := s.Operator(""), actor(t, s, "a", Calls), actor(t, s, "b", Calls)
	for _, c := range []struct {
		who        *Actor
		name, want string
	}{
		{a, "board", "board"}, {a, "board@a", "board"}, {a, "board@b", ""}, {a, "x@y@a", ""}, {a, "", ""},
		{b, "board", "board@b"}, {b, "board@b", "board@b"}, {b, "board@a", ""}, {b, "board@c", ""},
		{op, "board", "board"}, {op, "board@a", "board"}, {op, "board@b", "board@b"}, {op, "a/b", ""},
	} {
		full, ok := c.who.Room(c.name)
		if full != c.want || ok != (c.want != "") {
			t.Errorf("%s says %s: %q %v, not %q", c.who.Name(), c.name, full, ok, c.want)
		}
	}
	for room, want := range map[string][3]bool{"board": {true, true, false}, "board@b": {true, false, true}, "board@c": {true, false, false}} {
		if got := [3]bool{op.SeesRoom(room), a.SeesRoom(room), b.SeesRoom(room)}; got != want {
			t.Errorf("%s is seen by %v, not %v", room, got, want)
		}
	}
	if full, ok := (*Service)(nil).Operator("").Room("board"); full != "board" || !ok {
		t.Error("without a store")
	}
	if (&Service{DB: s.DB, Book: &number.Book{}}).Operator("").SeesRoom("x") != true {
		t.Error("operators see all")
	}
}

// A room that was set up tells which rules of its tenant lead there; who may change numbers takes
// back what was done to it, and nothing else.
func TestRoomSetup(t *testing.T) {
	ctx, s := t.Context(), newService(t)
	plans, err := s.DB.Plans(ctx, s.Book)
	if err != nil {
		t.Fatal(err)
	}
	told, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); plans.Run(told) }()
	t.Cleanup(func() { stop(); <-done })
	d, err := actor(t, s, "b", Numbers).In(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"1001", "1002"} {
		r := number.Rule{Match: number.Match{Kind: number.Exact, Number: n}, Outcome: number.Outcome{Room: "board"}}.Normal()
		if _, _, err := d.PutNumber(ctx, r, 0); err != nil {
			t.Fatal(err)
		}
	}
	r, group, err := d.PutRoomSetup(ctx, store.Room{Name: "board", Label: "Phòng họp"}, 0)
	if err != nil || group == "" || r.Label != "Phòng họp" {
		t.Fatal(r, err)
	}
	if r.Full != "board@b" {
		t.Errorf("its full name is %s", r.Full)
	}
	for deadline := time.Now().Add(10 * time.Second); len(r.Ways) != 2; r, err = d.RoomSetup(ctx, "board") {
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%v ways lead there: %+v", err, r.Ways)
		}
	}
	other, err := s.Operator("").In(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if mine, _, err := other.PutRoomSetup(ctx, store.Room{Name: "board"}, 0); err != nil || len(mine.Ways) != 0 {
		t.Errorf("another tenant's ways: %+v, %v", mine, err)
	}
	if _, err := d.Undo(ctx, group); err != nil {
		t.Error(err)
	}
	_, text, err := other.NewToken(ctx, "", []Right{Read}, time.Time{})
	if err != nil || text == "" {
		t.Fatal(err)
	}
	page, err := other.ChangeGroups(ctx, ChangeQuery{Kind: "tokens"})
	if err != nil || len(page.Items) == 0 {
		t.Fatal(err)
	}
	only, err := actor(t, s, "a", Numbers).In(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := only.Undo(ctx, page.Items[0].Group); !errors.Is(err, ErrRight) {
		t.Errorf("took back what is no number: %v", err)
	}
}
