package lockout

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestUsersAreBounded(t *testing.T) {
	g := NewUsers()
	now := time.Unix(1_700_000_000, 0)
	victim := User{Source: netip.MustParseAddr("192.0.2.1"), Name: "r\x00victim"}
	for range 30 {
		g.Failed(now, []User{victim})
	}
	for i := range maxSuspect + 2000 {
		u := User{Source: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), Name: fmt.Sprint("r\x00", i)}
		g.Failed(now, []User{u})
		g.Proved(now.Add(time.Duration(i)), u)
	}
	if g.suspects.Len() > maxSuspect || g.known.Len() > maxKnown {
		t.Errorf("%d suspects, %d known", g.suspects.Len(), g.known.Len())
	}
	if g.Wait(now, victim) == 0 {
		t.Error("the lock was pushed out of the table")
	}
}

func TestSource(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "2001:db8:1:2:3::4": "2001:db8:1:2::", "fe80::1%eth0": "fe80::",
	} {
		if got := Source(netip.MustParseAddr(in)); got.String() != want {
			t.Errorf("%s is of %v", in, got)
		}
	}
}
