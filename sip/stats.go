package sip

import (
	"maps"
	"strconv"
	"sync"

	"github.com/roombridge/roombridge/sip/registrar"
)

// MessageKind is a kind of message, for counting.
type MessageKind struct {
	Out    bool
	Method string // of the request, or of the request that a response answers
	Status int    // 0 is a request
}

// Stats is what the endpoint did since it started, and has open now.
type Stats struct {
	Messages        map[MessageKind]uint64
	Retransmissions uint64            // sent again for want of an answer
	ParseErrors     uint64            // messages that could not be read
	Limited         uint64            // new dialogs over a source's rate, connections over a bound
	Refused         map[string]uint64 // invitations refused, by status
	Ended           map[string]uint64 // calls ended, by cause
	Dialogs         int
	Transactions    int
	Connections     int
	Register        registrar.Stats
}

type counters struct {
	mu sync.Mutex
	s  Stats
}

func newCounters() *counters {
	return &counters{s: Stats{
		Messages: map[MessageKind]uint64{}, Refused: map[string]uint64{}, Ended: map[string]uint64{},
	}}
}

// known keeps invented method names from growing the counters.
var known = map[string]bool{
	"INVITE": true, "ACK": true, "CANCEL": true, "BYE": true, "REGISTER": true, "OPTIONS": true, "SUBSCRIBE": true,
	"NOTIFY": true, "REFER": true, "INFO": true, "MESSAGE": true, "PRACK": true, "UPDATE": true, "PUBLISH": true,
}

func (c *counters) message(out bool, method string, status int) {
	if !known[method] {
		method = "other"
	}
	if status < 0 || status > 699 {
		status = 699
	}
	c.mu.Lock()
	c.s.Messages[MessageKind{out, method, status}]++
	c.mu.Unlock()
}

func (c *counters) retransmitted() { c.mu.Lock(); c.s.Retransmissions++; c.mu.Unlock() }
func (c *counters) parseError()    { c.mu.Lock(); c.s.ParseErrors++; c.mu.Unlock() }
func (c *counters) limited()       { c.mu.Lock(); c.s.Limited++; c.mu.Unlock() }

func (c *counters) refused(status int) {
	c.mu.Lock()
	c.s.Refused[strconv.Itoa(status)]++
	c.mu.Unlock()
}

func (c *counters) ended(cause string) {
	c.mu.Lock()
	c.s.Ended[cause]++
	c.mu.Unlock()
}

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Messages, s.Refused, s.Ended = maps.Clone(s.Messages), maps.Clone(s.Refused), maps.Clone(s.Ended)
	return s
}
