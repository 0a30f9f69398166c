package web

import (
	"fmt"
	"slices"

	"github.com/roombridge/roombridge/bridge"
)

// This file lets the fakes be led, as bridge.Core and bridge/room are.

func (f *fakeCalls) Move(id, room string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(c bridge.CallStatus) bool { return c.ID == id })
	if i < 0 || f.refuse != nil {
		return i >= 0, f.refuse
	}
	f.list[i].Room = room
	return true, nil
}

// led does something to a room that there is, and writes it down.
func (f *fakeRooms) led(room, what string, do func(r *bridge.RoomStatus) bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if f.list[i].Name == room && do(&f.list[i]) {
			f.did = append(f.did, what)
			return true
		}
	}
	return false
}

func (f *fakeRooms) Mute(room, id string, muted bool) bool {
	return f.led(room, fmt.Sprintf("mute %s %q %v", room, id, muted), func(r *bridge.RoomStatus) bool {
		known := id == ""
		for i := range r.Participants {
			if p := &r.Participants[i]; id == "" && p.Role != bridge.RoleHost || p.ID == id {
				p.Silenced, known = muted, true
			}
		}
		return known
	})
}

func (f *fakeRooms) Remove(room, id, reason string) bool {
	return f.led(room, fmt.Sprintf("remove %s %s %s", room, id, reason), func(r *bridge.RoomStatus) bool {
		n := len(r.Participants)
		r.Participants = slices.DeleteFunc(slices.Clone(r.Participants), func(p bridge.ParticipantStatus) bool { return p.ID == id })
		return len(r.Participants) < n
	})
}

func (f *fakeRooms) SetRole(room, id string, role bridge.Role) (known bool, err error) {
	f.led(room, fmt.Sprintf("role %s %q %s", room, id, role), func(r *bridge.RoomStatus) bool {
		i := slices.IndexFunc(r.Participants, func(p bridge.ParticipantStatus) bool { return p.ID == id })
		if known = i >= 0; known && r.Participants[i].Kind == "terminal" {
			err = &bridge.Refusal{Cause: bridge.CauseDeclined, Reason: "terminals do not lead"}
		} else if known {
			r.Participants[i].Role = role
		}
		return known && err == nil
	})
	return known, err
}

func (f *fakeRooms) SetEntry(room string, e bridge.Entry) bool {
	return f.led(room, fmt.Sprintf("entry %s %s", room, e), func(r *bridge.RoomStatus) bool {
		r.Entry = e
		return true
	})
}

func (f *fakeRooms) Decide(room, id string, admit bool) bool {
	return f.led(room, fmt.Sprintf("decide %s %q %v", room, id, admit), func(r *bridge.RoomStatus) bool {
		n := len(r.Waiting)
		r.Waiting = slices.DeleteFunc(slices.Clone(r.Waiting), func(g bridge.Guest) bool { return id == "" || g.ID == id })
		return len(r.Waiting) < n
	})
}

func (f *fakeRooms) EndRoom(room, reason string) bool {
	return f.led(room, fmt.Sprintf("end %s %s", room, reason), func(*bridge.RoomStatus) bool { return true })
}

var _ bridge.Chair = (*fakeRooms)(nil)
