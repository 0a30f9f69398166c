package room

import (
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"slices"
)

// This file is what a page's messages do.

// offer answers an offer; a page with a new peer connection gets a new session.
func (v *visitor) offer(c *connection, m request) error {
	o, err := readOffer(m.SDP, v.engine.cfg.VP8)
	if err != nil {
		return err
	}
	v.negotiating.Lock()
	defer v.negotiating.Unlock()
	if !c.current() {
		return errReplaced
	}
	s, old := v.session, (*session)(nil)
	if s == nil || s.identity != o.identity {
		old = s
		if s, err = newSession(v.sessionConfig(), o, v); err != nil {
			return err
		}
		v.adopt(s)
	}
	if old != nil {
		old.close()
	}
	text, err := s.answer(o)
	if err != nil {
		v.room.log.Info("offer refused", "participant", v.id, "error", err)
		v.adopt(nil)
		s.close()
		return err
	}
	for _, cand := range v.early {
		_ = s.candidate(cand)
	}
	v.early = nil
	v.open(s)
	c.out.post(answerMsg{"answer", text, m.Revision})
	return nil
}

func (v *visitor) sessionConfig() sessionConfig {
	cfg := v.engine.cfg
	return sessionConfig{
		transport: v.engine.transport, audio: v.engine.audio, vp8: cfg.VP8, full: cfg.FullICE,
		both: v.compat, log: v.room.log.With("participant", v.id), now: v.room.now,
	}
}

// adopt makes s the session of the place; viewers of the one before are closed.
func (v *visitor) adopt(s *session) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range v.viewers() {
		w.close()
	}
	v.slots = map[string]*pageSlot{}
	v.session = s
	if v.ear != nil {
		v.ear.attune(nil, media.Format{})
	}
}

// open makes a viewer for each new slot of the session, and lets the mix go out.
func (v *visitor) open(s *session) {
	slots, sound := s.outputs()
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.left || v.session != s {
		return
	}
	for mid, sl := range slots {
		if v.slots[mid] == nil {
			v.slots[mid] = &pageSlot{viewer: newViewer(sl, func(*relay.Track) { r.wake() }), want: want{MID: mid}}
		}
	}
	v.assign()
	v.hearing(sound)
	r.wake()
}

// hearing lets sound go out in the best codec that the browser takes and the
// worker makes. Without a worker another's sound may still go straight.
func (v *visitor) hearing(sound *speaker) {
	if sound == nil || v.ear == nil {
		return
	}
	list := sound.taken()
	if len(list) == 0 {
		return
	}
	best := max(slices.IndexFunc(list, func(f media.Format) bool { return v.room.mixer.caps.Encodes(f.Codec) }), 0)
	f := list[best]
	f.Bitrate = 0
	v.ear.attune(sound, f)
}

func (v *visitor) candidate(m request) error {
	cand, err := readCandidate(m.Candidate)
	if err != nil || cand == nil {
		return err
	}
	v.negotiating.Lock()
	defer v.negotiating.Unlock()
	if v.session == nil {
		// A browser finds candidates while its offer is still on the way.
		if len(v.early) < maxCandidates {
			v.early = append(v.early, *cand)
		}
		return nil
	}
	return v.session.candidate(*cand)
}

// state takes what the page says that it sends.
func (v *visitor) state(m request) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if m.Audio && !v.audio {
		v.silenced = false // who was silenced may open the microphone again
	}
	v.audio, v.video, v.sharing = m.Audio, m.Video, m.Sharing
	v.voice()
	r.wake()
}

// want takes the whole list of what the slots shall show.
func (v *visitor) want(m request) error {
	if err := checkWants(m.Slots); err != nil {
		return err
	}
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	v.wants = m.Slots
	v.assign()
	r.wake()
	return nil
}

// assign gives the slots their wants. A want may come before its slot does.
func (v *visitor) assign() {
	for mid, s := range v.slots {
		s.want = want{MID: mid}
	}
	for _, w := range v.wants {
		if s := v.slots[w.MID]; s != nil {
			s.want = w
		}
	}
}

// keyframe: a decoder of the page is stuck.
func (v *visitor) keyframe(mid string) { v.slotKeyframe(mid) }

// The methods below implement host: what the session tells.

func (v *visitor) picture(s *session, in *incoming) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.session != s || v.left {
		return
	}
	p := &v.main
	if in.role == media.Content {
		p = &v.content
	}
	p.add(&layer{track: in.track, rank: rankOf(in.rid), in: in, need: r.now()})
	r.wake()
}

// rankOf puts the encodings h, m and l of a camera in order of size.
func rankOf(rid string) int {
	switch rid {
	case "", "h":
		return 0
	case "m":
		return 1
	case "l":
		return 2
	}
	return 3
}

func (v *visitor) gone(_ *session, in *incoming) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	v.main.remove(in)
	v.content.remove(in)
	r.unshow(in.track)
	r.wake()
}

func (v *visitor) sound(s *session, f media.Format) func(*packet.Packet) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.session != s || v.left {
		return func(*packet.Packet) {}
	}
	if v.mic != nil {
		v.mic.close()
	}
	v.mic = r.mixer.microphone(v.id, f)
	v.voice()
	r.wake()
	return v.mic.write
}

func (v *visitor) silent(s *session) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.session == s && v.mic != nil {
		v.mic.close()
		v.mic = nil
	}
	r.wake()
}

// linked is the state of the connection. A page that is there is asked for an
// ICE restart when the path is lost.
func (v *visitor) linked(s *session, connected, failed bool) {
	r := v.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if v.session == s && failed && !v.left {
		v.say(renegotiateMsg{"renegotiate", true})
	}
	r.wake()
}

// refused starts again with AES-CM beside AES-GCM: the page is asked for a
// new offer, which a new session answers.
func (v *visitor) refused(s *session) {
	v.negotiating.Lock()
	mine := v.session == s && !v.compat
	if mine {
		v.compat = true
		v.adopt(nil)
	}
	v.negotiating.Unlock()
	if !mine {
		return
	}
	s.close()
	v.room.log.Info("browser refuses AES-GCM, AES-CM is offered", "participant", v.id)
	v.room.mu.Lock()
	defer v.room.mu.Unlock()
	v.say(renegotiateMsg{"renegotiate", true})
}

func (v *visitor) slotKeyframe(mid string) {
	r := v.room
	r.mu.Lock()
	s := v.slots[mid]
	r.mu.Unlock()
	if s != nil {
		s.viewer.splice.KeyframeWanted()
	}
}

func (v *visitor) wake() { v.room.wake() }
