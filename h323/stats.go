package h323

import (
	"maps"
	"sync"

	"github.com/roombridge/roombridge/h323/wire"
)

// MessageKind is a kind of call signalling message, for counting.
type MessageKind struct {
	Out  bool
	Type string // name of its type (H.225.0 7.3)
}

// Stats is what the endpoint did since it started, and has open now.
type Stats struct {
	Messages    map[MessageKind]uint64
	ParseErrors uint64            // messages that could not be read
	Limited     uint64            // Setups over a source's rate, connections over a bound
	Refused     map[string]uint64 // calls refused, by cause
	Ended       map[string]uint64 // calls ended, by cause
	Control     map[string]uint64 // calls by how H.245 went: "tunnel", "connection"
	FastConnect uint64            // calls whose channels were opened in Setup and its answer
	Calls       int               // legs
	Connections int               // TCP, of both kinds
}

type counters struct {
	mu sync.Mutex
	s  Stats
}

func newCounters() *counters {
	return &counters{s: Stats{
		Messages: map[MessageKind]uint64{}, Refused: map[string]uint64{}, Ended: map[string]uint64{}, Control: map[string]uint64{},
	}}
}

func (c *counters) note(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

// message counts by names that are known, so that invented types do not grow the
// counters.
func (c *counters) message(out bool, t wire.Type) {
	name := "other"
	if known[t] {
		name = t.String()
	}
	c.note(func(s *Stats) { s.Messages[MessageKind{out, name}]++ })
}

var known = map[wire.Type]bool{
	wire.Alerting: true, wire.CallProceeding: true, wire.Progress: true, wire.Setup: true, wire.Connect: true, wire.SetupAck: true,
	wire.ReleaseComplete: true, wire.Facility: true, wire.Notify: true, wire.StatusInquiry: true, wire.Information: true, wire.Status: true,
}

func (c *counters) parseError()          { c.note(func(s *Stats) { s.ParseErrors++ }) }
func (c *counters) limited()             { c.note(func(s *Stats) { s.Limited++ }) }
func (c *counters) fastConnect()         { c.note(func(s *Stats) { s.FastConnect++ }) }
func (c *counters) refused(cause string) { c.note(func(s *Stats) { s.Refused[cause]++ }) }
func (c *counters) ended(cause string)   { c.note(func(s *Stats) { s.Ended[cause]++ }) }
func (c *counters) control(how string)   { c.note(func(s *Stats) { s.Control[how]++ }) }

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Messages, s.Refused, s.Ended, s.Control = maps.Clone(s.Messages), maps.Clone(s.Refused), maps.Clone(s.Ended), maps.Clone(s.Control)
	return s
}
