package room

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// Engine is the embedded WebRTC room engine.
type Engine struct {
	cfg       Config
	transport *transport
	audio     []media.Codec

	mu     sync.Mutex
	rooms  map[string]*entry
	open   int // rooms, those that are just ending included
	closed bool
	empty  chan struct{} // closed when closed and no room is open
}

// entry counts who holds a room open: participants, and whoever is on the
// way in.
type entry struct {
	room *room
	refs int
}

var _ bridge.Engine = (*Engine)(nil)

// New opens the ports for browsers.
func New(cfg Config) (*Engine, error) {
	cfg = cfg.withDefaults()
	t, err := listen(cfg)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, transport: t, rooms: map[string]*entry{}, empty: make(chan struct{})}
	e.audio = audioOrder(mixerCaps(cfg.Worker))
	return e, nil
}

// Addrs are the addresses where browsers' media arrives, UDP and TCP.
func (e *Engine) Addrs() []string {
	var out []string
	if e.transport.udpAddr.IsValid() {
		out = append(out, "udp://"+e.transport.udpAddr.String())
	}
	if e.transport.tcpAddr.IsValid() {
		out = append(out, "tcp://"+e.transport.tcpAddr.String())
	}
	return out
}

// Drops counts the datagrams that were dropped at the UDP port, by the reason.
func (e *Engine) Drops() map[string]uint64 { return e.transport.mux.drops.read() }

// acquire gives the room of a name, which it opens if need be, and holds it.
func (e *Engine) acquire(name string) (*room, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxRoomName {
		return nil, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "this is not the name of a room"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, &bridge.Refusal{Cause: bridge.CauseShutdown, Reason: "the gateway is going down"}
	}
	en := e.rooms[name]
	if en == nil {
		if len(e.rooms) >= e.cfg.MaxRooms {
			return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "too many rooms are open"}
		}
		en = &entry{room: newRoom(name, e.cfg)}
		e.rooms[name] = en
		e.open++
	}
	en.refs++
	return en.room, nil
}

// release lets go of a room; the last one ends it.
func (e *Engine) release(r *room) {
	e.mu.Lock()
	en := e.rooms[r.name]
	en.refs--
	last := en.refs == 0
	if last {
		delete(e.rooms, r.name)
	}
	e.mu.Unlock()
	if !last {
		return
	}
	r.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open--; e.closed && e.open == 0 {
		close(e.empty)
	}
}

// Seat implements bridge.Engine.
func (e *Engine) Seat(_ context.Context, t bridge.Terminal) (bridge.Seat, error) {
	r, err := e.acquire(t.Room)
	if err != nil {
		return nil, err
	}
	s, err := newSeat(e, r, t)
	if err != nil {
		e.release(r)
		return nil, err
	}
	return s, nil
}

// Join implements bridge.Engine.
func (e *Engine) Join(_ context.Context, j bridge.Join, send func(msg []byte)) (bridge.Visitor, error) {
	r, err := e.acquire(j.Room)
	if err != nil {
		return nil, err
	}
	if c := r.resume(j, send); c != nil {
		e.release(r)
		return c, nil
	}
	if e.cfg.Admit != nil {
		if err := e.cfg.Admit(); err != nil {
			e.release(r)
			return nil, err
		}
	}
	c, err := newVisitor(e, r, j, send)
	if err != nil {
		e.release(r)
		return nil, err
	}
	return c, nil
}

// resume gives a browser that comes back its old place.
func (r *room) resume(j bridge.Join, send func([]byte)) *connection {
	if j.Resume == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.people {
		if p.visitor != nil && subtle.ConstantTimeCompare([]byte(p.visitor.token), []byte(j.Resume)) == 1 {
			return p.visitor.attach(j, send, true)
		}
	}
	return nil
}

// Rooms implements bridge.Engine.
func (e *Engine) Rooms() []bridge.RoomStatus {
	out := []bridge.RoomStatus{}
	for _, r := range e.list() {
		if s := r.status(); len(s.Participants) > 0 {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b bridge.RoomStatus) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (e *Engine) list() []*room {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []*room
	for _, en := range e.rooms {
		out = append(out, en.room)
	}
	return out
}

// Close implements bridge.Engine.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	was := e.closed
	e.closed = true
	if !was && e.open == 0 {
		close(e.empty)
	}
	e.mu.Unlock()
	if was {
		return nil
	}
	for _, r := range e.list() {
		r.dismiss("shutdown", "the gateway is going down")
	}
	var err error
	select {
	case <-e.empty:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, e.transport.close())
}

// dismiss sends everybody away.
func (r *room) dismiss(code, reason string) {
	r.mu.Lock()
	r.dismissed = true // whoever is on the way in is refused
	people := slices.Clone(r.people)
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range people {
		if p.visitor != nil {
			wg.Go(func() { p.visitor.leave(newBye(code, reason)) })
		} else {
			wg.Go(p.seat.Leave)
		}
	}
	wg.Wait()
}
