package room

import (
	"github.com/roombridge/roombridge/bridge"
)

// verdict is what becomes of somebody before a room's door.
type verdict uint8

const (
	comesIn verdict = iota
	waits
	turnedAway
)

// doorway is what of a room decides who comes in.
type doorway struct {
	entry bridge.Entry
	hosts int // who are in
}

// caller is somebody before the door.
type caller struct {
	role   bridge.Role
	lobby  bool // waits for a host, by the number plan
	claims bool // becomes host where there is none
	waited bool // stands there already: a lock turns away who comes, and nobody who waits
}

// judge decides about a caller.
func (d doorway) judge(c caller) verdict {
	switch {
	case c.role == bridge.RoleHost:
		return comesIn
	case d.entry == bridge.EntryLocked && !c.waited:
		return turnedAway
	case d.entry == bridge.EntryLocked, d.entry == bridge.EntryLobby:
		return waits
	case c.lobby && d.hosts == 0 && !c.claims:
		return waits
	}
	return comesIn
}

// standing is a participant as the question who leads sees it.
type standing struct {
	role   bridge.Role
	claims bool // may lead without a PIN: a browser in a room that has none for hosts
	here   bool // its page is connected
}

// heir finds who shall lead when nobody does, in the order in which they came: -1 is nobody.
func heir(people []standing) int {
	next := -1
	for i, p := range people {
		if p.role == bridge.RoleHost {
			return -1
		}
		if next < 0 && p.claims && p.here {
			next = i
		}
	}
	return next
}

// least is the smaller one of two bounds, of which 0 is none.
func least(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// knownEntry tells whether an entry is one.
func knownEntry(e bridge.Entry) bool {
	return e == bridge.EntryOpen || e == bridge.EntryLobby || e == bridge.EntryLocked
}
