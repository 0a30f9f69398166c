package admin

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// The password of a name is set so often in a while, whatever device bears it; what stays as it is counts for nothing.
func TestPasswordsAreSetSoOften(t *testing.T) {
	var s sets
	now := time.Unix(1_700_000_000, 0)
	device := func(name, password string, aliases ...string) (d Device) {
		d.User, d.Aliases, d.Credentials.H235 = name, aliases, password
		return d
	}
	tried := func(tenant string, next, old Device) bool { return s.set(now, tenant, &next, &old) == nil }
	old := Device{}
	for i := range freeSets {
		next := device(fmt.Sprint("d", i), fmt.Sprint(i), "ROOM")
		if i%2 == 0 {
			next = device("room", fmt.Sprint(i))
		}
		if !tried("a", next, old) {
			t.Fatalf("%d is refused", i)
		}
	}
	if tried("a", device("Room", "x"), old) || tried("a", device("y", "x", "room"), old) {
		t.Error("one more is set")
	}
	same := device("room", "x")
	if !tried("a", same, same) || !tried("a", device("room", ""), same) || !tried("b", device("room", "x"), old) || !tried("a", device("hall", "x"), old) {
		t.Error("what is no guess is refused")
	}
	n := 0
	for range 24 * 60 {
		if now = now.Add(time.Minute); tried("a", device("room", fmt.Sprint("n", n)), old) {
			n++
		}
	}
	if n > 200 {
		t.Errorf("%d in a day", n)
	}
	var l *LockedOut
	if err := s.set(now, "a", &same, &old); errors.As(err, &l) && (l.Wait > longSet || !l.Sets) {
		t.Errorf("%v", err)
	}
}
