package bridge

import (
	"cmp"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/relay"
)

// CallStatus is a call as the API shows it.
type CallStatus struct {
	ID        string
	Protocol  string
	Transport string
	Direction CallDirection
	Remote    string
	Device    string
	Alias     string
	Name      string
	Number    string
	Room      string
	Tenant    string // whose call it is; "" is nobody's
	Rule      string // of the number plan, that led it here
	State     State
	Stage     Stage // what it waits for before it is in the room
	Since     time.Time
	Audio     StreamStatus
	Video     StreamStatus
	Content   StreamStatus
	Layout    Layout // wished; "" while the call has no seat
	Arranged  string // how the picture is arranged now, as in SeatStatus
}

// StreamStatus is one stream of a call: In comes from the terminal, Out goes
// to it.
type StreamStatus struct {
	In, Out DirectionStatus
	Keying  string // none, sdes or dtls
	Suite   string // SRTP suite in force; "none", or empty while keys are awaited
}

// DirectionStatus is one direction of a stream: the path with its reason, and
// what flows.
type DirectionStatus struct {
	PathStatus
	relay.DirectionStats
}

// A status takes some 20 µs. On a machine with one processor packets wait for a long list,
// so whoever makes it pauses, which is when the runtime looks for packets.
const (
	statusBatch = 8
	statusPause = 50 * time.Microsecond
)

// Calls lists the running calls, oldest first.
func (c *Core) Calls() []CallStatus {
	running := c.running()
	list := make([]CallStatus, len(running))
	for i, call := range running {
		if i%statusBatch == statusBatch-1 {
			time.Sleep(statusPause)
		}
		list[i] = call.Status()
	}
	sortStatus(list)
	return list
}

// Status reads the call's state and counters.
func (c *Call) Status() CallStatus { return c.status(c.seated()) }

func (c *Call) status(seat Seat) CallStatus {
	c.mu.Lock()
	k, inv, state, stage, room, route := c.inv.Caller, c.inv, c.state, c.stage, c.room, c.route
	c.mu.Unlock()
	s := CallStatus{
		ID: c.id, Protocol: inv.Protocol, Transport: inv.Transport, Direction: c.direction,
		Device: k.Device, Alias: k.Alias, Name: displayName(k), Number: inv.Number, Room: room,
		Tenant: route.Tenant, Rule: route.Rule,
		State: state, Stage: stage, Since: c.since,
	}
	if k.Addr.IsValid() {
		s.Remote = k.Addr.String()
	}
	p := notSeated
	if seat != nil {
		p = seat.Status()
	}
	s.Audio = streamStatus(c.media.audio(), p.AudioIn, p.AudioOut)
	s.Video = streamStatus(c.media.video(), p.VideoIn, p.VideoOut)
	s.Content = streamStatus(nil, noContent, noContent)
	s.Layout, s.Arranged = p.Layout, p.Arranged
	return s
}

var (
	idle      = PathStatus{PathNone, "the call has no seat in a room"}
	noContent = PathStatus{PathNone, "no slides were negotiated"}
	notSeated = SeatStatus{AudioIn: idle, AudioOut: idle, VideoIn: idle, VideoOut: idle, ContentIn: idle, ContentOut: idle}
)

func streamStatus(s *relay.Stream, in, out PathStatus) StreamStatus {
	st := StreamStatus{In: DirectionStatus{PathStatus: in}, Out: DirectionStatus{PathStatus: out}, Keying: "none"}
	if s == nil {
		return st
	}
	stats := s.Stats()
	st.In.DirectionStats, st.Out.DirectionStats = stats.Recv, stats.Send
	n := s.Negotiated()
	st.Keying, st.Suite = n.Security.Keying.String(), stats.Security
	if n.Refused != "" && !n.Active() {
		st.In.Reason, st.Out.Reason = n.Refused, n.Refused
	}
	return st
}

// sortStatus orders calls by age, then id, so that lists are stable.
func sortStatus(list []CallStatus) {
	slices.SortFunc(list, func(a, b CallStatus) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
}
