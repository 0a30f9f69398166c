package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

const (
	feedPace   = 250 * time.Millisecond // changes within this are told together
	feedRooms  = time.Second            // rooms tell nothing by themselves: they are looked at this often
	feedBehind = 1024                   // events a listener may be behind before it is cut
)

// event is one message of the event stream.
type event struct {
	name string
	data any
}

type gone struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// waiting is somebody who began to wait before a room's door.
type waiting struct {
	Room string `json:"room"`
	Guest
}

// feed compares calls, rooms and devices with what listeners were told, and tells them
// what changed. Without listeners it looks at nothing.
type feed struct {
	calls Calls
	rooms Rooms
	devs  bridge.Devices

	mu        sync.Mutex
	listeners map[chan event]struct{}
	told      map[string]Call
	toldRooms map[string]Room

	toldDevices map[string]Device
}

func newFeed(c Calls, r Rooms, d bridge.Devices) *feed {
	return &feed{
		calls: c, rooms: r, devs: d, listeners: map[chan event]struct{}{},
		told: map[string]Call{}, toldRooms: map[string]Room{}, toldDevices: map[string]Device{},
	}
}

// run looks for changes until ctx ends, then ends every listener.
func (f *feed) run(ctx context.Context) {
	events, stop := f.calls.Subscribe()
	defer stop()
	tick := time.NewTicker(feedPace)
	defer tick.Stop()
	dirty, idle := false, time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			f.end()
			return
		case <-events:
			dirty = true
		case <-tick.C:
			if idle += feedPace; dirty || idle >= feedRooms {
				dirty, idle = false, 0
				f.mu.Lock()
				if len(f.listeners) > 0 { // the first that comes gets everything anew
					f.look()
				}
				f.mu.Unlock()
			}
		}
	}
}

// listen gives everything that is now, then what changes. The channel is
// closed when the listener is too slow or the feed ends.
func (f *feed) listen() (<-chan event, func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.listeners) == 0 {
		clear(f.told)
		clear(f.toldRooms)
		clear(f.toldDevices)
	}
	f.look()
	ch := make(chan event, feedBehind+len(f.told)+len(f.toldRooms)+len(f.toldDevices)+1)
	for _, c := range f.told {
		ch <- event{"call", c}
	}
	for _, r := range f.toldRooms {
		ch <- event{"room", r}
	}
	for _, d := range f.toldDevices {
		ch <- event{"device", d}
	}
	ch <- event{"complete", struct{}{}}
	f.listeners[ch] = struct{}{}
	return ch, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.drop(ch)
	}
}

func (f *feed) drop(ch chan event) {
	if _, ok := f.listeners[ch]; ok {
		delete(f.listeners, ch)
		close(ch)
	}
}

// announce tells all listeners of something that is no state.
func (f *feed) announce(e event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(e)
}

func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for ch := range f.listeners {
		f.drop(ch)
	}
}

func (f *feed) tell(e event) {
	for ch := range f.listeners {
		select {
		case ch <- e:
		default:
			f.drop(ch) // it reconnects and gets everything anew
		}
	}
}

// look compares the present with what was told. f.mu is held.
func (f *feed) look() {
	now := make(map[string]bool)
	rooms := f.rooms.Rooms()
	for _, c := range callsOf(f.calls.Calls(), rooms) {
		now[c.ID] = true
		if old, ok := f.told[c.ID]; !ok || still(old) != still(c) {
			f.tell(event{"call", c})
		}
		f.told[c.ID] = c
	}
	for id := range f.told {
		if !now[id] {
			delete(f.told, id)
			f.tell(event{"call.ended", gone{ID: id}})
		}
	}
	f.lookRooms(rooms)
	f.lookDevices(devicesOf(f.devs.List()))
}

func (f *feed) lookRooms(list []bridge.RoomStatus) {
	now := make(map[string]bool)
	for _, s := range list {
		r := roomOf(s)
		now[r.Name] = true
		old, ok := f.toldRooms[r.Name]
		if !ok || !sameRoom(old, r) {
			f.tell(event{"room", r})
		}
		for _, g := range r.Waiting {
			if !slices.ContainsFunc(old.Waiting, func(o Guest) bool { return o.ID == g.ID }) {
				f.tell(event{"room.waiting", waiting{Room: r.Name, Guest: g}})
			}
		}
		f.toldRooms[r.Name] = r
	}
	for name := range f.toldRooms {
		if !now[name] {
			delete(f.toldRooms, name)
			f.tell(event{"room.ended", gone{Name: name}})
		}
	}
}

// still is a call without the figures that never stand still.
func still(c Call) Call {
	for _, s := range []*Stream{&c.Audio, &c.Video, &c.Content} {
		for _, f := range []*Flow{&s.In, &s.Out} {
			f.FPS, f.Bitrate, f.Packets, f.Lost, f.JitterMS, f.Keyframes = 0, 0, 0, 0, 0, 0
		}
	}
	return c
}

func sameRoom(a, b Room) bool {
	return a.Speaker == b.Speaker && a.Layout == b.Layout && a.Since.Equal(b.Since) && a.Tenant == b.Tenant && a.Entry == b.Entry &&
		slices.Equal(a.Waiting, b.Waiting) &&
		slices.EqualFunc(a.Participants, b.Participants, func(p, q Participant) bool {
			p.Level, q.Level = 0, 0
			return p == q
		})
}
