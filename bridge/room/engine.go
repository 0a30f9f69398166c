package room

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
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
	hall      hall // terminals that are asked something
	views     viewCounts

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
	if name == "" || len(name) > bridge.MaxFullRoom {
		return nil, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "this is not the name of a room"}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, refusedClosing
	}
	en := e.rooms[name]
	if en == nil {
		if len(e.rooms) >= e.cfg.MaxRooms {
			return nil, &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "too many rooms are open"}
		}
		if e.cfg.Open != nil {
			if err := e.cfg.Open(name, maps.Keys(e.rooms)); err != nil {
				return nil, err
			}
		}
		en = &entry{room: newRoom(e, name, e.cfg)}
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
	out := newOutbox(send)
	if c := e.resume(j, out); c != nil {
		return c, nil
	}
	v, err := e.arrive(j, out)
	if err != nil {
		out.drop()
		<-out.closed
		return nil, err
	}
	return v, nil
}

// resume gives a browser that comes back its old place.
func (e *Engine) resume(j bridge.Join, out *outbox) (back *connection) {
	if j.Resume == "" {
		return nil
	}
	e.lead(j.Room, func(r *room) bool {
		for _, p := range r.people {
			if p.visitor != nil && subtle.ConstantTimeCompare([]byte(p.visitor.token), []byte(j.Resume)) == 1 {
				back = p.visitor.attach(j, out, true)
			}
		}
		return back != nil
	})
	return back
}

// Rooms implements bridge.Engine.
func (e *Engine) Rooms() []bridge.RoomStatus {
	out := []bridge.RoomStatus{}
	for _, r := range e.list() {
		if s := r.status(); len(s.Participants) > 0 || len(s.Waiting) > 0 {
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
	e.hall.close()
	for _, r := range e.list() {
		r.dismiss("shutdown", refusedClosing)
	}
	var err error
	select {
	case <-e.empty:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, e.transport.close())
}

// dismiss sends everybody away, those who wait too. When the gateway goes down, the
// core hangs up the terminals itself.
func (r *room) dismiss(code string, why *bridge.Refusal) {
	r.mu.Lock()
	r.dismissed = why // whoever is on the way in is refused
	people := slices.Clone(r.people)
	r.settle(why, func(*waiter) bool { return true })
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, p := range people {
		if p.seat != nil && why.Cause == bridge.CauseShutdown {
			wg.Go(p.seat.Leave)
		} else {
			wg.Go(func() { p.part(code, why.Reason) })
		}
	}
	wg.Wait()
}
