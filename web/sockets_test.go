package web

import "testing"

// One address does not take the places of all, a proxy on this machine may.
func TestSocketsOfOneSource(t *testing.T) {
	for _, c := range []struct {
		one, other string
		most       int
	}{
		{"192.0.2.1:1", "192.0.2.2:1", 2}, {"[::ffff:192.0.2.1]:1", "192.0.2.2:1", 2},
		{"[2001:db8::1]:1", "[2001:db8:0:1::1]:1", 2}, {"127.0.0.1:1", "192.0.2.2:1", 4}, {"[::1]:1", "192.0.2.2:1", 4}, {"?", "192.0.2.2:1", 2},
	} {
		s, n := newSockets(4), 0
		for s.enter(sourceOf(c.one)) {
			n++
		}
		if n != c.most {
			t.Errorf("%s takes %d of 4", c.one, n)
		}
		if left := n < 4; s.enter(sourceOf(c.other)) != left {
			t.Errorf("beside %s others get in: %v", c.one, !left)
		}
		s.leave(sourceOf(c.one))
		if !s.enter(sourceOf(c.one)) {
			t.Errorf("%s cannot come back", c.one)
		}
	}
	if sourceOf("[2001:db8::1]:1") != sourceOf("[2001:db8::ffff]:9") {
		t.Error("addresses of a /64 are several sources")
	}
}
