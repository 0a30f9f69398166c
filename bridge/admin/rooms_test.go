package admin

import (
	"testing"

	"github.com/roombridge/roombridge/bridge/number"
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
