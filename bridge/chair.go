package bridge

import "time"

// Chair is an Engine whose rooms can be led: by hosts at their pages, by
// administrators through the API. Each method tells whether there was what it names.
type Chair interface {
	// Mute silences a participant for everybody, or lets them be heard again; "" is
	// everybody who is not a host. Who was silenced may open their microphone again themselves.
	Mute(room, participant string, muted bool) bool
	// Remove sends a participant away.
	Remove(room, participant, reason string) bool
	// SetRole makes somebody at a page a host, or a guest again. It tells whether there is such a
	// participant; the error is a *Refusal.
	SetRole(room, participant string, role Role) (known bool, err error)
	// SetEntry says who gets in from now on.
	SetEntry(room string, e Entry) bool
	// Decide lets somebody who waits in, or sends them away; "" is all who wait.
	Decide(room, waiting string, admit bool) bool
	// EndRoom sends everybody away.
	EndRoom(room, reason string) bool
}

// Entry says who gets into a room without being asked about.
type Entry string

// Entries. Hosts get in always.
const (
	EntryOpen   Entry = "open"   // everybody
	EntryLobby  Entry = "lobby"  // guests wait until a host lets them in
	EntryLocked Entry = "locked" // nobody
)

// Anteroom is an Engine that keeps people before a room's door.
type Anteroom interface {
	// Knock asks whether somebody may enter a room, which need not be open yet.
	// decided is told once, maybe before Knock returns: nil for yes, else a
	// *Refusal. After a yes the room stays open as it is, and a place in it is kept for this
	// guest. Who knocks calls leave always: once the seat is taken (that of the terminal whose
	// call's id is the guest's takes the kept place), or to give up. It may be called more than once, and
	// an answer that is on its way may still be told after it.
	Knock(room string, g Guest, decided func(error)) (leave func())
}

// Doorkeeper lets people who type PINs in, and keeps those out who guess.
type Doorkeeper interface {
	// Enter tries a PIN at a route's door. from is who tries: a terminal's address, or a
	// page's. RoleNone is a wrong PIN; the error is a *Refusal of who has to wait.
	Enter(r Route, from, pin string) (Role, error)
}

// Guest is somebody before a room's door.
type Guest struct {
	ID     string // of the one who waits: a call's id, or one that the engine made
	Name   string
	Kind   string // "browser" or "terminal"
	CallID string
	Number string
	Role   Role
	Lobby  bool // a guest waits until a host is there, by the number plan
	Since  time.Time
	// Capacity of the room by the number plan, 0 is none.
	Capacity int
}

// Receptionist is an Engine that seats terminals apart, where nobody else is, so
// that they can be asked and told something.
type Receptionist interface {
	// Receive seats a terminal apart; its Room is not entered.
	Receive(t Terminal) (Desk, error)
}

// Desk is a seat apart. Its methods may be called after Leave.
type Desk interface {
	Seat
	// Show changes the terminal's picture within half a second, whatever codec and size it has.
	Show(n Notice)
	// Say speaks in place of what is being said; nil is silence. Sound is 16 kHz,
	// one channel, 16 bits.
	Say(sound []int16)
}

// Notice is a screen with text.
type Notice struct {
	Title    string   // large: what is asked, or the room's name
	Lines    []string // smaller: what to do
	Entry    string   // what was typed so far, dots where it is secret
	Places   int      // of an entry: how many are expected, 0 is not known
	Asks     bool     // an entry is awaited: the field is drawn though it is empty
	Error    string   // what was wrong with the last entry
	Footer   string   // small, at the bottom
	Waiting  bool     // something is being waited for
	Language string   // "vi" or "en"
}
