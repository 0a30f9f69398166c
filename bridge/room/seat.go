package room

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/plan"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/room/stills"
)

// seat is a terminal's place in a room. Fields are guarded by the room's
// mutex unless said otherwise.
type seat struct {
	*participant
	engine   *Engine
	room     *room
	terminal bridge.Terminal

	viewer   *viewer // nil: no video
	view     plan.View
	plan     plan.Decision // what the terminal is shown
	met      []plan.Person // as it was given them last
	layout   bridge.Layout // wished; "" is the room's
	keys     keypad
	banner   banner // says which layout was chosen
	still    *relay.Still
	stillFor stillKey
	drawing  context.CancelFunc // of the picture with text that is being made
	texted   bool               // the still shows text
	blankAt  int64              // when the still was last to be shown
	limit    atomic.Int64       // what the terminal asked for in RTCP or signalling, bit/s
	line     lineLimit          // what its line carries, by what it reports
	relayed  atomic.Bool        // it is shown somebody's picture as it is

	listener *micSink
	receives bool // video, at the last look
	left     bool
	closed   chan struct{}
}

// stillKey is what a still picture depends on.
type stillKey struct {
	size stills.Size
	mode uint8
	pt   uint8
}

var _ bridge.Seat = (*seat)(nil)

func newSeat(e *Engine, r *room, t bridge.Terminal) (*seat, error) {
	p := &participant{
		id: newID(), name: cleanName(t.Name, "Terminal"), kind: kindTerminal, callID: t.CallID, device: t.Device,
		number: t.Number, protocol: t.Protocol, since: time.Now(), level: -127,
		role: max(t.Role, bridge.RoleGuest), proven: t.Role == bridge.RoleHost, capacity: t.Capacity,
	}
	s := &seat{participant: p, engine: e, room: r, terminal: t, closed: make(chan struct{})}
	p.seat = s
	p.ear = r.mixer.listener(p.id)
	if t.Video != nil {
		p.main.add(&layer{track: t.Video.Track()})
		s.viewer = newViewer(t.Video, func(shown *relay.Track) {
			r.log.Debug("picture switched", "call", s.callID, "track", shown.ID())
			r.wake()
		})
	}
	if t.Content != nil {
		p.content.add(&layer{track: t.Content.Track()})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.enter(p, t.CallID); err != nil {
		p.ear.close()
		if s.viewer != nil {
			s.viewer.close()
		}
		return nil, err
	}
	if t.Video != nil {
		t.Video.SetFeedback(seatFeedback{s})
	}
	s.negotiated()
	r.evaluate(r.now())
	return s, nil
}

// seatFeedback is what the terminal says of the picture it gets.
type seatFeedback struct{ s *seat }

func (f seatFeedback) KeyframeWanted() { f.s.viewer.splice.KeyframeWanted() }
func (f seatFeedback) Reported(r relay.Report) {
	told := plan.Report{Lost: r.Lost, Trip: r.Trip, Sent: r.Sent, Burst: r.Burst, Span: r.Span, Fixed: f.s.relayed.Load()}
	changed := f.s.line.report(told, f.s.room.now())
	f.s.terminal.Video.Probe(f.s.line.bitrate() > 0)
	if changed {
		f.s.room.log.Debug("line", "call", f.s.callID, "lost", r.Lost, "trip", r.Trip, "sent", r.Sent, "burst", r.Burst, "limit", f.s.line.bitrate())
		f.s.room.wake()
	}
}
func (f seatFeedback) BitrateLimit(bps int) {
	if f.s.limit.Swap(int64(bps)) != int64(bps) {
		f.s.room.wake()
	}
}

// negotiated takes what the streams were negotiated to.
func (s *seat) negotiated() {
	audio, video := negotiatedOf(s.terminal.Audio), negotiatedOf(s.terminal.Video)
	s.audio = flows(audio, media.Recv)
	s.video = flows(video, media.Recv)
	s.sharing = flows(negotiatedOf(s.terminal.Content), media.Recv)
	s.hearing(audio)
	s.speaking(audio)
	if s.video && !s.receives {
		s.terminal.Video.Track().RequestKeyframe()
	}
	s.receives = s.video
	if s.viewer != nil {
		s.prepareStill(video)
	}
}

func negotiatedOf(st *relay.Stream) media.Stream {
	if st == nil {
		return media.Stream{}
	}
	return st.Negotiated()
}

// flows tells whether media flows in a direction: it was agreed and is not on hold.
func flows(st media.Stream, d media.Direction) bool {
	return st.Active() && st.Direction&d != 0 && !st.Held
}

// hearing lets the mix go to the terminal in the codec negotiated.
func (s *seat) hearing(audio media.Stream) {
	if flows(audio, media.Send) {
		s.ear.attune(s.terminal.Audio, audio.Send)
	} else {
		s.ear.attune(nil, media.Format{})
	}
}

// speaking lets the others hear the terminal.
func (s *seat) speaking(audio media.Stream) {
	if s.terminal.Audio == nil {
		return
	}
	if s.listener == nil {
		s.listener = &micSink{}
		s.terminal.Audio.Track().Attach(s.listener)
	}
	s.listener.take(s, audio)
}

// micSink passes a terminal's sound to the mixer. A terminal may change among
// the codecs it negotiated from packet to packet; each has its input.
type micSink struct {
	mics atomic.Pointer[[]ptMic]
}

type ptMic struct {
	pt  uint8
	mic *mic
}

// take makes inputs for the codecs negotiated. The first is the participant's
// own; one that another is used for instead is rare.
func (k *micSink) take(s *seat, audio media.Stream) {
	old := k.mics.Load()
	var list []ptMic
	on := flows(audio, media.Recv)
	for _, f := range audio.Recv {
		if f.Codec == media.DTMF || f.Codec.Kind() != media.Audio {
			continue
		}
		list = append(list, ptMic{f.PT, k.micFor(s, old, f)})
	}
	k.mics.Store(&list)
	if old != nil {
		for _, o := range *old {
			if !containsMic(list, o.mic) {
				o.mic.close()
			}
		}
	}
	for _, m := range list {
		m.mic.turn(on && !s.silenced)
	}
}

// turn says whether others hear the terminal.
func (k *micSink) turn(on bool) {
	if list := k.mics.Load(); list != nil {
		for _, m := range *list {
			m.mic.turn(on)
		}
	}
}

func (k *micSink) micFor(s *seat, old *[]ptMic, f media.Format) *mic {
	if old != nil {
		for _, o := range *old {
			if o.pt == f.PT && o.mic.format.Matches(f) {
				return o.mic
			}
		}
	}
	return s.room.mixer.microphone(s.id, f)
}

func containsMic(list []ptMic, m *mic) bool {
	for _, x := range list {
		if x.mic == m {
			return true
		}
	}
	return false
}

// WriteRTP implements relay.Sink.
func (k *micSink) WriteRTP(p *packet.Packet) {
	list := k.mics.Load()
	if list == nil {
		return
	}
	for i := range *list {
		if m := &(*list)[i]; m.pt == p.PT {
			m.mic.write(p)
			return
		}
	}
}

// Flush implements relay.Sink.
func (k *micSink) Flush() {}

func (k *micSink) close() {
	if list := k.mics.Swap(nil); list != nil {
		for _, m := range *list {
			m.mic.close()
		}
	}
}

// MediaChanged implements bridge.Seat.
func (s *seat) MediaChanged() {
	r := s.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.left {
		return
	}
	s.negotiated()
	r.evaluate(r.now())
}

// KeyframeWanted implements bridge.Seat.
func (s *seat) KeyframeWanted() {
	if s.viewer != nil {
		s.viewer.splice.KeyframeWanted()
	}
}

// Leave implements bridge.Seat.
func (s *seat) Leave() {
	r := s.room
	r.mu.Lock()
	if s.left {
		r.mu.Unlock()
		<-s.closed
		return
	}
	s.left = true
	r.exit(s.participant)
	if s.drawing != nil {
		s.drawing()
	}
	if s.viewer != nil {
		s.viewer.close()
	}
	r.mu.Unlock()
	if s.terminal.Video != nil {
		s.terminal.Video.SetFeedback(nil)
	}
	if s.listener != nil {
		s.terminal.Audio.Track().Detach(s.listener)
		s.listener.close()
	}
	if s.still != nil {
		s.still.Close()
	}
	s.engine.release(r)
	close(s.closed)
}
