// Package sdp turns session descriptions (RFC 8866) into the neutral words of
// bridge/media and back, and keeps the memory of one leg's offers and answers
// (RFC 3264). It reads tolerantly what room terminals really send and writes
// strictly. It does no input or output.
package sdp

import (
	"net/netip"
	"strings"
)

// Description is a session description as it was read.
type Description struct {
	Origin     Origin
	Name       string // s=
	Info       string // i=
	Connection Connection
	Bandwidth  []Bandwidth
	Attributes []Attribute
	Media      []Media
	Skipped    int // lines that made no sense and were left out
}

// Origin is the o= line. Terminals without a user in From put their name here.
type Origin struct {
	User    string
	ID      string
	Version string
	Address netip.Addr // zero when it is a host name
}

// Connection is a c= line. Present without a valid Addr means that the line
// was there but named no address we can send to.
type Connection struct {
	Present bool
	Addr    netip.Addr
}

// Bandwidth is a b= line.
type Bandwidth struct {
	Type  string // "AS", "CT", "TIAS"…
	Value uint64 // in the type's own unit
}

// Attribute is an a= line. Name is in lower case.
type Attribute struct {
	Name  string
	Value string
}

// Media is an m= line with what belongs to it.
type Media struct {
	Type       string
	Port       int // -1: not a port number
	Proto      string
	Formats    []string
	Connection Connection
	Bandwidth  []Bandwidth
	Attributes []Attribute
}

// attribute gives the value of the first attribute of a name.
func attribute(list []Attribute, name string) (string, bool) {
	for _, a := range list {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

func (m *Media) attribute(name string) (string, bool) { return attribute(m.Attributes, name) }

func (m *Media) is(kind string) bool { return strings.EqualFold(m.Type, kind) }

// MediaAddr is the first address that the description wants media at, for
// choosing the local address to tell. It is zero when there is none.
func (d *Description) MediaAddr() netip.Addr {
	for i := range d.Media {
		m := &d.Media[i]
		if m.Port <= 0 {
			continue
		}
		c := d.connection(m)
		if c.Addr.IsValid() && !c.Addr.IsUnspecified() {
			return c.Addr
		}
	}
	return netip.Addr{}
}

// connection gives the c= line in force for a media line.
func (d *Description) connection(m *Media) Connection {
	if m.Connection.Present {
		return m.Connection
	}
	return d.Connection
}
