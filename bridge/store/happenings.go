package store

import (
	"encoding/json"
	"strings"
	"time"
)

// Call is the record of a call.
type Call struct {
	ID        string          `json:"id"`
	Began     time.Time       `json:"began"`
	Connected time.Time       `json:"connected,omitzero"`
	Ended     time.Time       `json:"ended,omitzero"`
	Protocol  string          `json:"protocol"`
	Direction string          `json:"direction"`
	Number    string          `json:"number,omitempty"` // without PIN
	Rule      string          `json:"rule,omitempty"`
	Room      string          `json:"room,omitempty"`
	Alias     string          `json:"alias,omitempty"`
	Name      string          `json:"name,omitempty"`
	Device    string          `json:"device,omitempty"`
	Remote    string          `json:"remote,omitempty"`
	Cause     string          `json:"cause,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Streams   json.RawMessage `json:"streams,omitempty"` // codec, path and quality of each, as the API shows them
}

// Calls are the records of calls, by when they began.
var Calls = &Journal[Call]{table: "calls", form: func(c *Call) (string, time.Time, string) {
	return c.ID, c.Began, strings.Join([]string{c.ID, c.Number, c.Room, c.Alias, c.Name, c.Device, c.Remote, c.Protocol, c.Cause, c.Rule, c.Reason}, " ")
}}

// Event is something that happened which an administrator may want to know.
type Event struct {
	ID   string            `json:"id"` // NewEvent gives one
	At   time.Time         `json:"at"`
	Kind string            `json:"kind"` // "security.pin", "device.online", …
	Text string            `json:"text"`
	Call string            `json:"call,omitempty"`
	From string            `json:"from,omitempty"` // address or alias
	Data map[string]string `json:"data,omitempty"`
}

// NewEvent is an event with an id.
func NewEvent(at time.Time, kind, text string) Event {
	return Event{ID: newID(), At: at, Kind: kind, Text: text}
}

// Events are the events.
var Events = &Journal[Event]{table: "events", form: func(e *Event) (string, time.Time, string) {
	return e.ID, e.At, strings.Join([]string{e.Kind, e.Text, e.Call, e.From}, " ")
}}

// Presence is where a device was seen last. It is of the device with the same id.
type Presence struct {
	ID        string    `json:"id"`
	Seen      time.Time `json:"seen"`
	Online    bool      `json:"online"`
	Protocol  string    `json:"protocol"`
	Contact   string    `json:"contact,omitempty"` // where it is called
	Remote    string    `json:"remote,omitempty"`
	Device    string    `json:"device,omitempty"` // maker, product and software, as said
	Expires   time.Time `json:"expires,omitzero"`
	Encrypted bool      `json:"encrypted,omitempty"`
}

// Presences are written as devices register, without a place in the audit trail.
var Presences = &Journal[Presence]{table: "presence", form: func(p *Presence) (string, time.Time, string) {
	return p.ID, p.Seen, strings.Join([]string{p.ID, p.Contact, p.Remote, p.Device}, " ")
}}
