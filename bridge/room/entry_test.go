package room

import (
	"testing"

	"github.com/roombridge/roombridge/bridge"
)

func TestJudge(t *testing.T) {
	const open, lobby, locked = bridge.EntryOpen, bridge.EntryLobby, bridge.EntryLocked
	guest, host := caller{role: bridge.RoleGuest}, caller{role: bridge.RoleHost, lobby: true}
	ruled, first := caller{role: bridge.RoleGuest, lobby: true}, caller{role: bridge.RoleGuest, lobby: true, claims: true}
	waited := caller{role: bridge.RoleGuest, waited: true}
	for _, c := range []struct {
		name  string
		entry bridge.Entry
		hosts int
		who   caller
		want  verdict
	}{
		{"a guest walks in", open, 0, guest, comesIn},
		{"a guest waits for a host by the rule", open, 0, ruled, waits},
		{"and no longer when one is there", open, 1, ruled, comesIn},
		{"who becomes host by coming does not wait", open, 0, first, comesIn},
		{"a host never waits", open, 0, host, comesIn},
		{"the lobby holds guests", lobby, 1, guest, waits},
		{"the lobby holds who claims to lead", lobby, 0, first, waits},
		{"the lobby does not hold hosts", lobby, 0, host, comesIn},
		{"a lock turns guests away", locked, 1, guest, turnedAway},
		{"a lock turns away who claims to lead", locked, 0, first, turnedAway},
		{"a lock turns no host away", locked, 1, host, comesIn},
		{"a lock turns nobody away who waits", locked, 1, waited, waits},
		{"who waits comes in when it is open again", open, 1, waited, comesIn},
	} {
		if got := (doorway{c.entry, c.hosts}).judge(c.who); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestHeir(t *testing.T) {
	host, guest := standing{role: bridge.RoleHost, here: true}, standing{role: bridge.RoleGuest, here: true}
	mine, away := standing{role: bridge.RoleGuest, claims: true, here: true}, standing{role: bridge.RoleGuest, claims: true}
	for _, c := range []struct {
		name   string
		people []standing
		want   int
	}{
		{"nobody", nil, -1},
		{"the first page leads", []standing{mine}, 0},
		{"terminals and pages with a door for hosts do not", []standing{guest, guest}, -1},
		{"who is there longest follows", []standing{guest, mine, mine}, 1},
		{"whose page is lost does not", []standing{away, mine}, 1},
		{"there is a host", []standing{mine, host}, -1},
	} {
		if got := heir(c.people); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestLeast(t *testing.T) {
	for _, c := range [][3]int{{0, 0, 0}, {0, 5, 5}, {5, 0, 5}, {3, 5, 3}, {5, 3, 3}} {
		if got := least(c[0], c[1]); got != c[2] {
			t.Errorf("least of %d and %d is %d", c[0], c[1], got)
		}
	}
}
