package room

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
)

// visitor is a browser's place in a room. Connections of its page come and
// go; the place stays for a while without one. Fields are guarded by the
// room's mutex unless said otherwise.
type visitor struct {
	*participant
	engine *Engine
	room   *room
	token  string
	dial   []string
	route  bridge.Route // that led here
	client string       // by which wrong PINs are counted
	tries  int          // of a host's PIN, how many are left

	negotiating sync.Mutex                // held while an offer is answered; before the room's
	compat      bool                      // AES-CM is offered too
	session     *session                  // written with both locks held
	early       []webrtc.ICECandidateInit // guarded by negotiating

	conn  *connection // nil while the page is away
	away  int64       // since when
	left  bool
	slots map[string]*pageSlot
	wants []want
	sent  sentState
	rated int64 // when quality was told last
}

// pageSlot is one slot of the page.
type pageSlot struct {
	viewer *viewer
	want   want
	made   made
}

// sentState is what the page was told, to be compared.
type sentState struct {
	participants int // count of told
	speaker      string
	speakerSaid  bool
	slots        []slotMsg
	limits       []encodingMsg
	room         stateMsg
	waiting      string
}

// newVisitor gives somebody a place who may come in.
func newVisitor(e *Engine, r *room, a *arrival) (*connection, error) {
	j := &a.join
	p := &participant{
		id: newID(), name: cleanName(j.Name, "Guest"), kind: kindBrowser, since: time.Now(),
		role: a.role, proven: a.proven, claims: !j.Route.HostPIN, capacity: j.Route.Capacity,
		audio: true, video: true, level: -127,
	}
	v := &visitor{
		participant: p, engine: e, room: r, token: newToken(), slots: map[string]*pageSlot{},
		dial: j.Dial, route: j.Route, client: j.Client, tries: pinTries, compat: e.cfg.CompatibleSRTP,
	}
	p.visitor = v
	p.ear = r.mixer.listener(p.id)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(p, a.id); err != nil {
		p.ear.close()
		return nil, err
	}
	return v.attach(*j, a.out, false), nil
}

// attach makes a connection the place's own; one before it is replaced.
func (v *visitor) attach(j bridge.Join, out *outbox, resumed bool) *connection {
	if old := v.conn; old != nil {
		old.out.post(newBye("replaced", "the same place was taken from another connection"))
		old.out.end()
	}
	c := &connection{visitor: v, out: out}
	v.conn, v.sent = c, sentState{}
	v.room.succeed()
	if j.Name != "" {
		v.name = cleanName(j.Name, v.name)
	}
	video := []string{"H264"}
	if v.engine.cfg.VP8 {
		video = append(video, "VP8")
	}
	dial := v.dial
	if dial == nil {
		dial = []string{}
	}
	c.out.post(welcomeMsg{
		Type: "welcome", ID: v.id, Resume: v.token, Resumed: resumed, Room: v.room.name, Dial: dial,
		Video: video, Version: v.engine.cfg.Version, Role: v.role,
	})
	v.room.wake()
	return c
}

// post queues a message for the page, if it is there.
func (v *visitor) post(b []byte) {
	if v.conn != nil && !v.conn.out.postRaw(b) {
		v.room.log.Warn("page takes no messages, cut off", "participant", v.id)
		v.detach(v.conn)
	}
}

func (v *visitor) say(m any) {
	if b, err := json.Marshal(m); err == nil {
		v.post(b)
	}
}

// detach notes that a connection is gone.
func (v *visitor) detach(c *connection) {
	if v.conn == c {
		v.conn, v.away = nil, v.room.now()
	}
}

// inform tells who is here and who speaks, if the page does not know.
func (v *visitor) inform(t *told, speaker string) {
	if v.conn == nil {
		return
	}
	if v.sent.participants != t.count {
		v.sent.participants = t.count
		v.post(t.message)
	}
	if speaker != v.sent.speaker || !v.sent.speakerSaid {
		v.sent.speaker, v.sent.speakerSaid = speaker, true
		v.say(speakerMsg{"speaker", speaker})
	}
}

// housekeep gives up a place whose page stays away.
func (v *visitor) housekeep(now int64) {
	if v.conn == nil && now-v.away > int64(v.room.cfg.Grace) && !v.left {
		v.room.log.Info("did not come back", "participant", v.id)
		go v.leave(newBye("removed", "the connection was lost for too long"))
		return
	}
	if now-v.rated >= qualityEvery {
		v.rated = now
		v.rate()
	}
}

// leave gives the place up. It returns when everything is closed.
func (v *visitor) leave(bye byeMsg) {
	r := v.room
	r.mu.Lock()
	if v.left {
		r.mu.Unlock()
		return
	}
	v.left = true
	c := v.conn
	v.conn = nil
	r.exit(v.participant)
	for _, w := range v.viewers() {
		w.close()
	}
	v.slots = map[string]*pageSlot{}
	r.mu.Unlock()
	if c != nil {
		if bye.Code != "" {
			c.out.post(bye)
		}
		c.out.end()
	}
	v.negotiating.Lock()
	r.mu.Lock()
	s := v.session
	v.session = nil
	r.mu.Unlock()
	v.negotiating.Unlock()
	if s != nil {
		s.close()
	}
	v.engine.release(r)
}

// noLimits is a receiver that takes everything.
var noLimits media.Limits
