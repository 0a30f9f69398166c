package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
	"github.com/roombridge/roombridge/transcode"
)

// Say makes a packet of each 20 ms, which holds the loudest sample of them.
func (m *fakeMeeting) Say(ctx context.Context, s transcode.Speech) (transcode.Spoken, error) {
	if ctx.Err() != nil {
		return transcode.Spoken{}, ctx.Err()
	}
	out := transcode.Spoken{PTime: 20}
	for part := range slices.Chunk(s.PCM, transcode.SpeechRate/50) {
		out.Frames = append(out.Frames, slices.Repeat([]byte{byte(slices.Max(part) >> 8)}, 160))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.touch()
	return out, nil
}

// Hold counts.
func (m *fakeMeeting) Hold() (release func()) {
	m.held.Add(1)
	return func() { m.held.Add(-1) }
}

// artist waits until the reception's worker is there.
func (r *rig) artist() (m *fakeMeeting) {
	r.t.Helper()
	r.eventually("the reception's worker", func() bool {
		r.worker.mu.Lock()
		defer r.worker.mu.Unlock()
		i := slices.IndexFunc(r.worker.meetings, func(m *fakeMeeting) bool { return m.name == "reception" })
		if i >= 0 {
			m = r.worker.meetings[i]
		}
		return i >= 0
	})
	return m
}

// notices gives what the artist was asked for, once it is as wished.
func (r *rig) notices(ok func([]transcode.Still) bool) (got []transcode.Still) {
	r.t.Helper()
	r.must(r.artist().wait(r.ctx(), func(m *fakeMeeting) bool {
		got = slices.DeleteFunc(slices.Clone(m.stills), func(s transcode.Still) bool { return s.Notice == nil })
		return ok(got)
	}))
	return got
}

// recorder keeps what arrives.
type recorder struct {
	mu      sync.Mutex
	packets []packet.Packet
	changed chan struct{}
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{}, 1)} }

func (s *recorder) WriteRTP(p *packet.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := *p
	q.Payload = slices.Clone(p.Payload)
	s.packets = append(s.packets, q)
	nudge(s.changed)
}

func (s *recorder) Flush() {}

func (s *recorder) take() []packet.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.packets)
}

// until waits until what arrived is as wished.
func (s *recorder) until(ctx context.Context, what string, ok func([]packet.Packet) bool) ([]packet.Packet, error) {
	for {
		got := s.take()
		if ok(got) {
			return got, nil
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return got, errors.New(what + " did not arrive")
		}
	}
}

// guestAtDesk is a terminal in reception.
type guestAtDesk struct {
	*terminal
	desk  bridge.Desk
	sound *recorder
	sight *recorder
}

// received brings a terminal from a room, which it left, to a desk.
func (r *rig) received(name string, o terminalOptions) *guestAtDesk {
	r.t.Helper()
	g := &guestAtDesk{terminal: r.terminal(name, o), sound: newRecorder(), sight: newRecorder()}
	g.terminal.seat.Leave()
	g.terminal.seat = nil
	g.far.Track().Attach(g.sound)
	if g.eye != nil {
		g.eye.Track().Attach(g.sight)
	}
	d, err := r.engine.Receive(g.as())
	r.must(err)
	g.desk = d
	r.t.Cleanup(d.Leave)
	return g
}

func (g *guestAtDesk) as() bridge.Terminal {
	return bridge.Terminal{CallID: "call-" + g.rig.t.Name(), Room: "1001", Name: "Guest", Audio: g.audio, Video: g.video}
}

// loud is a sound, half a second of it.
func loud(level int16) []int16 { return slices.Repeat([]int16{level << 8}, transcode.SpeechRate/2) }

func isLoud(p packet.Packet) bool { return len(p.Payload) > 0 && p.Payload[0] > 0 }

// A terminal is shown what is said, one after the other, and nobody else sees that it is there.
func TestDesk(t *testing.T) {
	r := newRig(t, nil)
	g := r.received("A", terminalOptions{})
	g.desk.Show(bridge.Notice{Title: "Welcome", Lines: []string{"Type a number"}, Asks: true})
	r.must(g.sees(r.ctx(), 1280))
	first := r.notices(func(s []transcode.Still) bool { return len(s) == 1 })[0]
	if n := first.Notice; n.Title != "Welcome" || !n.Asks ||
		first.Codec != media.H264 || first.Profile != 66 || first.Level != 31 || first.MaxNAL != noticePacket {
		t.Errorf("%+v %+v", first, n)
	}
	keys := func(p []packet.Packet) (n int) {
		for _, q := range p {
			if q.Keyframe {
				n++
			}
		}
		return n
	}
	before := keys(g.sight.take())
	g.desk.Show(bridge.Notice{Title: "Welcome", Entry: "1", Asks: true})
	_, err := g.sight.until(r.ctx(), "another keyframe", func(p []packet.Packet) bool { return keys(p) > before })
	r.must(err)
	if rooms := r.engine.Rooms(); len(rooms) != 0 {
		t.Errorf("%+v", rooms)
	}
	if st := g.desk.Status(); st.VideoOut.Path != bridge.PathCompose || st.AudioOut.Path != bridge.PathCompose ||
		st.VideoIn.Path != bridge.PathNone || !strings.Contains(st.VideoIn.Reason, "reception") {
		t.Errorf("%+v", st)
	}
	if n := r.artist().held.Load(); n != 1 {
		t.Errorf("the artist is held %d times", n)
	}
	before = keys(g.sight.take())
	g.desk.KeyframeWanted()
	_, err = g.sight.until(r.ctx(), "a keyframe that was asked for", func(p []packet.Packet) bool { return keys(p) > before })
	r.must(err)
	g.desk.Leave()
	g.desk.Leave()
	g.desk.Show(bridge.Notice{Title: "late"})
	g.desk.Say(loud(5))
	if n := r.artist().held.Load(); n != 0 {
		t.Errorf("the artist is held %d times when nobody is there", n)
	}
}

// The first screen comes at once, also when another process disturbs some of the tries.
func TestDeskShowsAtOnce(t *testing.T) {
	r := newRig(t, nil)
	least := time.Hour
	for i := 0; i < 20 && least > 500*time.Millisecond; i++ {
		g := r.received(fmt.Sprint(i), terminalOptions{})
		begun := time.Now()
		g.desk.Show(bridge.Notice{Title: fmt.Sprint("Welcome ", i)})
		r.must(g.sees(r.ctx(), 1280))
		least = min(least, time.Since(begun))
	}
	if least > 500*time.Millisecond {
		t.Errorf("the first screen took %v", least)
	}
}

// The same screen for many is made once.
func TestDesksShareScreens(t *testing.T) {
	r := newRig(t, nil)
	var all []*guestAtDesk
	for i := range 4 {
		g := r.received(fmt.Sprint(i), terminalOptions{})
		all = append(all, g)
		g.desk.Show(bridge.Notice{Title: "Welcome"})
		g.desk.Say(loud(7))
	}
	for _, g := range all {
		r.must(g.sees(r.ctx(), 1280))
		_, err := g.sound.until(r.ctx(), "the prompt", func(p []packet.Packet) bool { return slices.ContainsFunc(p, isLoud) })
		r.must(err)
	}
	r.notices(func(s []transcode.Still) bool { return len(s) == 1 })
}

// What is said comes as one stream in time, and stops when something else is said. When
// the machine stood still meanwhile, it is said to somebody else.
func TestDeskSpeaks(t *testing.T) {
	r := newRig(t, nil)
	var g *guestAtDesk
	wrong := errors.New("nothing was said")
	for i := 0; i < 10 && wrong != nil; i++ {
		g = r.received(fmt.Sprint(i), terminalOptions{noVideo: true})
		g.desk.Show(bridge.Notice{Title: "nobody sees it"})
		g.desk.Say(loud(9))
		got, err := g.sound.until(r.ctx(), "half a second", func(p []packet.Packet) bool { return len(p) >= 34 })
		r.must(err)
		wrong = spoken(got[:34])
	}
	r.must(wrong)
	g.desk.Say(loud(20))
	_, err := g.sound.until(r.ctx(), "another sound", func(p []packet.Packet) bool {
		return slices.ContainsFunc(p, func(p packet.Packet) bool { return p.Payload[0] == 20 })
	})
	r.must(err)
	g.desk.Say(nil)
	got, err := g.sound.until(r.ctx(), "silence", func(p []packet.Packet) bool { return !isLoud(p[len(p)-1]) })
	r.must(err)
	inOrder(t, got)
}

// spoken says what is wrong with half a second of sound between silence.
func spoken(got []packet.Packet) error {
	for i, p := range got {
		if i > 0 && (p.Seq != got[i-1].Seq+1 || p.Timestamp != got[i-1].Timestamp+160) {
			return fmt.Errorf("packet %d: number %d after %d, time %d after %d", i, p.Seq, got[i-1].Seq, p.Timestamp, got[i-1].Timestamp)
		}
		if p.Marker != (i == 0) || isLoud(p) != (i >= 3 && i < 28) {
			return fmt.Errorf("packet %d: marker %v, loud %v", i, p.Marker, isLoud(p))
		}
	}
	took := time.Duration(got[len(got)-1].Arrived - got[0].Arrived)
	if took < 600*time.Millisecond || took > 900*time.Millisecond {
		return fmt.Errorf("%d packets took %v", len(got), took)
	}
	return nil
}

// inOrder checks that numbers go on one by one and times never go back.
func inOrder(t *testing.T, got []packet.Packet) {
	t.Helper()
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if b.SSRC != a.SSRC || b.Seq != a.Seq+1 || packet.TimeDiff(b.Timestamp, a.Timestamp) < 0 {
			t.Errorf("packet %d: source %x after %x, number %d after %d, time %d after %d", i, b.SSRC, a.SSRC, b.Seq, a.Seq, b.Timestamp, a.Timestamp)
		}
	}
}

// From the desk to a room and back the terminal receives one stream of each kind.
func TestFromDeskToRoom(t *testing.T) {
	r := newRig(t, nil)
	page := r.guest("An", roomtest.Options{})
	g := r.received("A", terminalOptions{})
	for range 2 {
		g.desk.Show(bridge.Notice{Title: "Wait", Waiting: true})
		g.desk.Say(loud(9))
		r.must(g.sees(r.ctx(), 1280))
		before := len(g.sound.take())
		_, err := g.sound.until(r.ctx(), "the prompt", func(p []packet.Packet) bool { return len(p) > before+10 })
		r.must(err)

		g.desk.Leave()
		seat, err := r.engine.Seat(context.Background(), g.as())
		r.must(err)
		r.must(g.sees(r.ctx(), 640)) // the page's camera
		before = len(g.sound.take())
		r.eventually("the page's sound", func() bool {
			r.must(page.Mic.Send([]byte{1, 2, 3}, 30))
			return len(g.sound.take()) > before+10
		})
		seat.Leave()
		d, err := r.engine.Receive(g.as())
		r.must(err)
		t.Cleanup(d.Leave)
		g.desk = d
	}
	inOrder(t, g.sound.take())
	inOrder(t, g.sight.take())
}

// A terminal that is put on hold is shown the screen again when it comes back, in what it takes then, and told
// what was said meanwhile; what it has heard is not said again.
func TestDeskFollowsNegotiation(t *testing.T) {
	r := newRig(t, nil)
	g := r.received("A", terminalOptions{})
	g.desk.Show(bridge.Notice{Title: "Welcome"})
	r.must(g.sees(r.ctx(), 1280))
	g.negotiate(terminalOptions{receive: cb31, sends: cb31}, media.Inactive, true)
	g.desk.MediaChanged()
	if st := g.desk.Status(); st.VideoOut.Path != bridge.PathNone || st.AudioOut.Path != bridge.PathNone {
		t.Errorf("on hold: %+v", st)
	}
	g.desk.Say(loud(3))
	g.negotiate(terminalOptions{receive: media.H264Params{Profile: 66, Level: 12}, sends: cb31}, media.SendRecv, false)
	g.desk.MediaChanged()
	r.must(g.sees(r.ctx(), 352))
	said := func(level byte) func([]packet.Packet) bool {
		return func(all []packet.Packet) bool {
			n := 0
			for _, p := range all {
				if isLoud(p) && p.Payload[0] == level {
					n++
				}
			}
			return n == 25 && !slices.ContainsFunc(all[len(all)-6:], isLoud) // to its end
		}
	}
	_, err := g.sound.until(r.ctx(), "what was said on hold", said(3))
	r.must(err)
	g.negotiate(terminalOptions{receive: cb31, sends: cb31}, media.Inactive, true)
	g.desk.MediaChanged()
	g.negotiate(terminalOptions{receive: media.H264Params{Profile: 66, Level: 12}, sends: cb31}, media.SendRecv, false)
	g.desk.MediaChanged()
	g.desk.Say(loud(4))
	_, err = g.sound.until(r.ctx(), "sound", said(4))
	r.must(err)
	if !said(3)(g.sound.take()) {
		t.Error("said twice")
	}
	last := r.notices(func(s []transcode.Still) bool { return len(s) == 2 })[1]
	if last.Width != 352 || last.Level != 11 || last.Notice.Title != "Welcome" {
		t.Errorf("%+v", last)
	}
	deskFeedback{g.desk.(*desk)}.BitrateLimit(64_000)
	r.must(g.sees(r.ctx(), 176))
}

// A gateway without a worker, or one that makes nothing, still seats terminals; what H.264
// can show without text it does.
func TestDeskWithoutWorker(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Worker.(*fakeWorker).fail = errNoWorker })
	g := r.received("A", terminalOptions{})
	g.desk.Show(bridge.Notice{Title: "Welcome"})
	g.desk.Say(loud(4))
	r.must(g.sees(r.ctx(), 1280))

	none := newRig(t, func(c *Config) { c.Worker = nil })
	h := none.received("B", terminalOptions{})
	h.desk.Show(bridge.Notice{Title: "Welcome"})
	h.desk.Say(loud(4))
	if st := h.desk.Status(); st.VideoOut.Path != bridge.PathNone || !strings.Contains(st.VideoOut.Reason, "does not make") {
		t.Errorf("%+v", st)
	}
}

// The engine takes everybody from their desks when it closes, and receives nobody more.
func TestHallCloses(t *testing.T) {
	r := newRig(t, nil)
	g := r.received("A", terminalOptions{})
	g.desk.Show(bridge.Notice{Title: "Welcome"})
	g.desk.Say(loud(4))
	r.must(r.engine.Close(r.ctx()))
	var refusal *bridge.Refusal
	if _, err := r.engine.Receive(g.as()); !errors.As(err, &refusal) || refusal.Cause != bridge.CauseShutdown {
		t.Errorf("%v", err)
	}
	if n := len(r.engine.hall.desks); n != 0 {
		t.Errorf("%d desks", n)
	}
}
