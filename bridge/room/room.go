package room

import (
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/relay"
)

// room is one meeting. It lives while somebody is in it, waits before it or is on the way in.
type room struct {
	name   string
	engine *Engine
	since  time.Time
	cfg    Config
	log    *slog.Logger
	now    func() int64
	mixer  *mixer

	studio *studio       // guarded by mu
	layout bridge.Layout // of terminals that chose none; guarded by mu

	poke chan struct{} // wakes the goroutine: something changed
	ring chan struct{} // wakes the goroutine: levels came
	done chan struct{}
	gone chan struct{} // the goroutine has ended

	mu       sync.Mutex
	people   []*participant // in the order in which they came
	floor    floor
	speaker  string
	told     told
	levelsAt int64
	entry    bridge.Entry
	capacity int       // by the routes that lead here, 0 is none
	waiting  []*waiter // in the order in which they came
	granted  []*waiter // may come in and are on the way: each counts as one who is in
	met      bool      // somebody has been in since the meeting began
	calling  *calling
	ended    bool
	// dismissed rooms take nobody in any more, for this reason.
	dismissed *bridge.Refusal
}

// told is what pages are told of who is here.
type told struct {
	list    []participantMsg
	next    []participantMsg // being gathered
	message []byte           // list as it is sent
	count   int              // of messages there were
}

// changed takes what is gathered, if it is news.
func (t *told) changed() {
	if t.count > 0 && slices.Equal(t.list, t.next) {
		return
	}
	b, err := json.Marshal(participantsMsg{Type: "participants", List: t.next})
	if err != nil {
		return
	}
	t.list, t.next, t.message = t.next, t.list, b
	t.count++
}

const (
	roomTick    = 100 * time.Millisecond
	roomRest    = 500 * time.Millisecond // instead, where no page is and nothing changed for
	roomSettle  = 3e9                    // ns
	levelsEvery = 180e6                  // ns
	quietLevel  = -60                    // dBov: below is not worth telling
)

func newRoom(e *Engine, name string, cfg Config) *room {
	r := &room{
		name: name, engine: e, since: time.Now(), cfg: cfg, log: cfg.Log.With("room", name), now: relay.Clock,
		layout: bridge.LayoutAuto, entry: bridge.EntryOpen, calling: newCalling(),
		poke: make(chan struct{}, 1), ring: make(chan struct{}, 1), done: make(chan struct{}), gone: make(chan struct{}),
	}
	r.mixer = newMixer(name, cfg.Worker, r.log, r.now, r.wake, r.rang)
	r.studio = newStudio(r, r.mixer)
	r.mixer.studio = r.studio
	go r.run()
	return r
}

// wake makes the room look at everything again soon. It never waits and may
// be called with any lock held.
func (r *room) wake() { nudge(r.poke) }

// rang makes the room listen soon.
func (r *room) rang() { nudge(r.ring) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (r *room) run() {
	defer close(r.gone)
	tick := newPace(r.now())
	defer tick.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-tick.C:
			tick.Next()
			r.mu.Lock()
			now := r.now()
			r.housekeep(now)
			r.evaluate(now)
			tick.passed(now, r.hasPages())
			r.mu.Unlock()
		case <-r.poke:
			r.mu.Lock()
			now := r.now()
			r.evaluate(now)
			tick.changed(now)
			r.mu.Unlock()
		case <-r.ring:
			r.mu.Lock()
			r.attend(r.now())
			r.mu.Unlock()
		}
	}
}

// pace ticks as often as a room has to look at everything. Terminals alone
// need it rarely: what they do comes with a poke.
type pace struct {
	*relay.Beat
	since int64 // the last change
	slow  bool
}

func newPace(now int64) *pace { return &pace{Beat: relay.NewBeat(roomTick), since: now} }

func (p *pace) passed(now int64, pages bool) {
	if slow := !pages && now-p.since > roomSettle; slow != p.slow {
		p.set(slow)
	}
}

func (p *pace) changed(now int64) {
	if p.since = now; p.slow {
		p.set(false)
	}
}

func (p *pace) set(slow bool) {
	p.slow = slow
	every := roomTick
	if slow {
		every = roomRest
	}
	p.Reset(every)
}

func (r *room) hasPages() bool {
	return slices.ContainsFunc(r.people, func(p *participant) bool { return p.visitor != nil })
}

// housekeep does what is due by time alone.
func (r *room) housekeep(now int64) {
	for _, p := range r.people {
		for _, l := range slices.Concat(p.main.layers, p.content.layers) {
			if l.in != nil {
				l.track.Tick(now)
			}
		}
		if p.visitor != nil {
			p.visitor.housekeep(now)
		}
	}
	r.studio.tick(now)
}

// evaluate decides who speaks, who sees whom and who hears whom, and tells
// the pages what changed. It is called with the mutex held.
func (r *room) evaluate(now int64) {
	if r.ended {
		return
	}
	r.listen(now)
	r.studio.begin(now)
	for _, p := range r.people {
		if p.seat != nil {
			p.seat.look(now)
		} else {
			p.visitor.look(now)
		}
	}
	r.studio.arrange(now)
	r.mixer.depict(r.studio.graph(now))
	r.mixer.commit(r.needsWorker())
	r.tell(now)
}

// attend takes levels, twenty times a second, and looks at everything only
// when somebody else has the floor.
func (r *room) attend(now int64) {
	if before := r.speaker; !r.ended {
		if r.listen(now); r.speaker != before {
			r.evaluate(now)
		}
	}
}

// needsWorker: for one browser alone there is nothing to mix; a terminal is
// shown a picture with text.
func (r *room) needsWorker() bool {
	return len(r.people) > 1 || slices.ContainsFunc(r.people, func(p *participant) bool { return p.seat != nil })
}

// listen takes the levels and finds the speaker.
func (r *room) listen(now int64) {
	for _, h := range r.mixer.hear() {
		r.floor.hear(h.owner, h.dbov, h.voice, now)
		if p := r.find(h.owner); p != nil {
			p.level = h.dbov
		}
	}
	for _, p := range r.people {
		if !p.heard() {
			r.floor.mute(p.id)
		}
	}
	if speaker := r.floor.speaker(now); speaker != r.speaker {
		r.speaker = speaker
		r.log.Debug("speaks", "participant", speaker)
	}
	if now-r.levelsAt < levelsEvery {
		return
	}
	levels := map[string]int{}
	for _, p := range r.people {
		if p.level > quietLevel && p.heard() {
			levels[p.id] = p.level
		}
		p.level = -127
	}
	if len(levels) > 0 || r.levelsAt == 0 {
		r.broadcast(levelsMsg{"levels", levels})
	}
	r.levelsAt = now
}

// tell sends what changed to the pages.
func (r *room) tell(now int64) {
	if !r.hasPages() {
		return
	}
	r.told.next = r.told.next[:0]
	for _, p := range r.people {
		r.told.next = append(r.told.next, p.message(now))
	}
	r.told.changed()
	for _, p := range r.people {
		if p.visitor != nil {
			p.visitor.inform(&r.told, r.speaker)
			p.visitor.informRoom()
		}
	}
}

func (r *room) broadcast(m any) {
	b, err := json.Marshal(m)
	if err != nil {
		return
	}
	for _, p := range r.people {
		if p.visitor != nil {
			p.visitor.post(b)
		}
	}
}

func (r *room) find(id string) *participant {
	for _, p := range r.people {
		if p.id == id {
			return p
		}
	}
	return nil
}

// enter adds a participant, if there is room: for who knocked as that guest there is.
func (r *room) enter(p *participant, guest string) error {
	if r.dismissed != nil {
		return r.dismissed
	}
	if !r.takeOver(guest) && r.full(p.capacity) {
		return refusedFull
	}
	r.met, r.capacity = true, least(r.capacity, p.capacity)
	r.people = append(r.people, p)
	r.log.Info("joined", "participant", p.id, "kind", p.kind, "call", p.callID, "role", p.role)
	if p.role == bridge.RoleHost {
		r.reconsider()
	}
	r.wake()
	return nil
}

// exit takes a participant out and lets go of everything that others saw of it.
func (r *room) exit(p *participant) bool {
	i := slices.Index(r.people, p)
	if i < 0 {
		return false
	}
	r.people = slices.Delete(r.people, i, i+1)
	r.floor.leave(p.id)
	for _, l := range slices.Concat(p.main.layers, p.content.layers) {
		r.unshow(l.track)
	}
	r.studio.leave(p.id)
	if p.mic != nil {
		p.mic.close()
		p.mic = nil
	}
	if p.ear != nil {
		p.ear.close()
		p.ear = nil
	}
	r.log.Info("left", "participant", p.id, "kind", p.kind, "call", p.callID)
	r.adjourn()
	r.succeed()
	r.wake()
	return true
}

// unshow takes a track from every viewer, before it ends.
func (r *room) unshow(t *relay.Track) {
	for _, p := range r.people {
		for _, v := range p.viewers() {
			if v.track == t || v.asked == t {
				v.show(nil, noLimits)
			}
		}
	}
	r.studio.unshow(t)
}

func (p *participant) viewers() []*viewer {
	var list []*viewer
	if p.seat != nil && p.seat.viewer != nil {
		list = append(list, p.seat.viewer)
	}
	if p.visitor != nil {
		for _, s := range p.visitor.slots {
			list = append(list, s.viewer)
		}
	}
	return list
}

func (r *room) status() bridge.RoomStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, tenant := bridge.TenantOf(r.name)
	s := bridge.RoomStatus{
		Name: r.name, Since: r.since, Speaker: r.speaker, Layout: r.layout, Tenant: tenant, Entry: r.entry, Waiting: r.guests(),
	}
	for _, p := range r.people {
		s.Participants = append(s.Participants, p.status())
	}
	return s
}

// end stops the room. Everybody has left.
func (r *room) end() {
	r.mu.Lock()
	r.ended = true
	r.studio.close()
	r.mu.Unlock()
	close(r.done)
	<-r.gone
	r.calling.end()
	r.mixer.close()
	r.log.Info("room ended")
}
