package room

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay"
	"github.com/roombridge/roombridge/bridge/relay/wire"
	"github.com/roombridge/roombridge/bridge/room/stills"
	"github.com/roombridge/roombridge/transcode"
)

// Every path of media through a room is followed here from the datagram that
// arrives to the datagrams that leave, and must not allocate on the way.

// counted is a socket that counts what is written, and gives its handler to
// the test.
type counted struct {
	nowhere
	at      netip.AddrPort
	handler wire.Handler
	written *atomic.Int64
}

func (c *counted) Serve(h wire.Handler)      { c.handler = h }
func (c *counted) LocalAddr() netip.AddrPort { return c.at }
func (c *counted) Write(_ netip.AddrPort, data [][]byte) int {
	c.written.Add(int64(len(data)))
	return len(data)
}

// box is a terminal's stream whose sockets are the test's.
type box struct {
	stream  *relay.Stream
	socks   []*counted
	written atomic.Int64
	plain   []byte
	seq     uint16
}

var terminalAt = netip.MustParseAddrPort("203.0.113.9:40000")

func newBox(t testing.TB, kind media.Kind, f media.Format) *box {
	t.Helper()
	b := &box{}
	p, err := relay.NewPlane(relay.PlaneConfig{Address: roomAt.Addr(), PortMin: 20000, PortMax: 20001, Listen: func(at netip.AddrPort) (wire.Socket, error) {
		s := &counted{at: at, written: &b.written}
		b.socks = append(b.socks, s)
		return s, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	if b.stream, err = p.Open(relay.StreamOptions{CallID: "call", Kind: kind}); err != nil {
		t.Fatal(err)
	}
	if err := b.stream.Apply(media.Stream{
		Kind: kind, Direction: media.SendRecv, Send: f, Recv: []media.Format{f}, Remote: terminalAt,
		RemoteRTCP: netip.AddrPortFrom(terminalAt.Addr(), terminalAt.Port()+1), Feedback: media.PLI,
	}); err != nil {
		t.Fatal(err)
	}
	b.plain = append(make([]byte, packet.HeaderSize), 0x61)
	packet.Write(b.plain, packet.Header{PT: f.PT, SSRC: 5})
	b.plain = append(b.plain, make([]byte, 1000)...)
	return b
}

// speak lets a burst of the terminal's packets arrive.
func (b *box) speak(n int, now int64, change func(p []byte, i int)) {
	w := wire.Borrow()
	for i := range n {
		binary.BigEndian.PutUint16(b.plain[2:], b.seq)
		binary.BigEndian.PutUint32(b.plain[4:], uint32(b.seq)*100)
		change(b.plain, i)
		w.Append(b.plain, terminalAt)
		b.seq++
	}
	b.socks[0].handler.Receive(w, now)
	w.Release()
}

// receivers show a track in some browsers' slots.
func receivers(t *testing.T, track *relay.Track, n int) (slots []*slot, ends []*far) {
	for range n {
		s, f, _ := boundSlot(t, 109, 3)
		f.sent.lose = true
		sp := relay.NewSplice(relay.SpliceConfig{Out: s, Kind: media.Video})
		sp.Select(track)
		t.Cleanup(sp.Close)
		slots, ends = append(slots, s), append(ends, f)
	}
	return slots, ends
}

// idr is one packet from which a picture can begin.
func idr() []byte {
	return append([]byte{0x78, 0, 4, 0x67, 66, 0xe0, 31, 0, 2, 0x68, 1, 0, 2, 0x65, 0x80}, make([]byte, 50)...)
}

func noAllocations(t *testing.T, what string, warm int, round func()) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	for range warm {
		round()
	}
	if n := testing.AllocsPerRun(300, round); n != 0 {
		t.Errorf("%s: %v allocations a batch", what, n)
	}
}

var ours = media.Format{Codec: media.H264, PT: 97, ClockRate: 90000, H264: media.H264Params{Profile: 66, Constraints: 0xe0, Level: 31, Mode: 1}}

// camera makes a burst of a browser's layer, sealed outside of what is measured.
type camera struct {
	rig   *gateRig
	data  [][]byte
	plain []byte
	seq   uint16
}

func newCamera(r *gateRig) *camera {
	c := &camera{rig: r, plain: marshal(r.t, shot(1, 108, 0, midID, "1", ridID, "h", twccID, 0))}
	for range 7 {
		c.data = append(c.data, make([]byte, 0, packet.MaxSize))
	}
	return c
}

func (c *camera) burst(payload []byte) {
	head := len(c.plain) - 2
	for i := range c.data {
		b := append(append(c.data[i][:0], c.plain[:head]...), payload...)
		binary.BigEndian.PutUint16(b[2:], c.seq)
		binary.BigEndian.PutUint32(b[4:], uint32(c.seq)*100)
		c.seq++
		sealed, err := c.rig.out.Seal(b[:0], b)
		if err != nil {
			c.rig.t.Fatal(err)
		}
		c.data[i] = sealed
	}
	c.rig.now += 30 * ms
	if !c.rig.gate.receive(c.data, c.rig.now, &c.rig.work) {
		c.rig.t.Fatal("refused")
	}
}

func TestBrowserToBrowsersDoesNotAllocate(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.host.quiet, r.sent.lose = true, true
	c := newCamera(r)
	c.burst(idr())
	track := r.host.layer("h").in.track
	slots, _ := receivers(t, track, 3)
	c.burst(idr())
	before := slots[2].sent.packets
	payload := append([]byte{0x61}, make([]byte, 1000)...)
	noAllocations(t, "browser to browsers", 100, func() { c.burst(payload) })
	if got := slots[2].sent.packets - before; got < 300*7 {
		t.Errorf("%d packets left", got)
	}
	track.Close() // the slots end before what they show
}

func TestBrowserToTerminalDoesNotAllocate(t *testing.T) {
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.host.quiet, r.sent.lose = true, true
	c := newCamera(r)
	c.burst(idr())
	b := newBox(t, media.Video, ours)
	sp := relay.NewSplice(relay.SpliceConfig{Out: b.stream, Kind: media.Video})
	defer sp.Close()
	sp.Select(r.host.layer("h").in.track)
	c.burst(idr())
	payload := append([]byte{0x61}, make([]byte, 1000)...)
	noAllocations(t, "browser to terminal", 100, func() { c.burst(payload) })
	if n := b.written.Load(); n < 300*7 {
		t.Errorf("%d packets left", n)
	}
}

func TestTerminalToBrowsersDoesNotAllocate(t *testing.T) {
	b := newBox(t, media.Video, ours)
	now := relay.Clock()
	slots, _ := receivers(t, b.stream.Track(), 3)
	frame := b.plain
	nals := stills.Sizes[3].NALs()
	for i, nal := range nals { // one frame, a unit a packet
		b.plain = append(append([]byte(nil), frame[:packet.HeaderSize]...), nal...)
		b.speak(1, now, func(p []byte, _ int) {
			binary.BigEndian.PutUint32(p[4:], 7)
			if i == len(nals)-1 {
				p[1] |= 0x80
			}
		})
	}
	b.plain = frame
	time := uint32(7)
	round := func() {
		now += 30 * ms
		time += 2700
		b.speak(7, now, func(p []byte, i int) {
			binary.BigEndian.PutUint32(p[4:], time)
			p[1] = 97
			if i == 6 {
				p[1] |= 0x80
			}
		})
	}
	noAllocations(t, "terminal to browsers", 100, round)
	if got := slots[0].sent.packets; got < 300*7 {
		t.Errorf("%d packets left", got)
	}
}

// still is a worker's meeting that takes everything.
type stillMeeting struct {
	Meeting
	frames, packets int
}

func (m *stillMeeting) Write(transcode.Frame)        { m.frames++ }
func (m *stillMeeting) WritePicture(transcode.Frame) { m.packets++ }
func (m *stillMeeting) Refresh(transcode.StreamID)   {}
func (m *stillMeeting) Close()                       {}

func TestSoundDoesNotAllocate(t *testing.T) {
	m, _ := mixerFor(t)
	meeting := &stillMeeting{}
	m.meeting.Store(&meetingRef{meeting})

	// From a browser and from a terminal to the worker.
	r := newGateRig(t).keyed(media.AEADGCM128)
	r.sent.lose = true
	mic := m.microphone("browser", media.Format{Codec: media.Opus, ClockRate: 48000})
	mic.turn(true)
	r.session.host = hearingHost{r.host, mic.write}
	plain := marshal(t, shot(micSSRC, 111, 0))
	data := [][]byte{make([]byte, 0, packet.MaxSize)}
	seq := uint16(0)
	noAllocations(t, "a browser's sound", 50, func() {
		b := append(data[0][:0], plain...)
		binary.BigEndian.PutUint16(b[2:], seq)
		seq++
		data[0], _ = r.out.Seal(b[:0], b)
		r.now += 20 * ms
		r.gate.receive(data, r.now, &r.work)
	})
	if meeting.frames < 300 {
		t.Errorf("%d frames of the browser", meeting.frames)
	}
	b := newBox(t, media.Audio, media.Format{Codec: media.PCMU, ClockRate: 8000})
	sink := &micSink{}
	voice := m.microphone("terminal", media.Format{Codec: media.PCMU, ClockRate: 8000})
	voice.turn(true)
	sink.mics.Store(&[]ptMic{{0, voice}})
	b.stream.Track().Attach(sink)
	b.plain = b.plain[:packet.HeaderSize+160]
	meeting.frames = 0
	now := relay.Clock()
	noAllocations(t, "a terminal's sound", 50, func() {
		now += 20 * ms
		b.speak(1, now, func([]byte, int) {})
	})
	if meeting.frames < 300 {
		t.Errorf("%d frames of the terminal", meeting.frames)
	}

	// From the worker to both.
	s := &speaker{now: relay.Clock, way: &way{}, bound: true, formats: []media.Format{{Codec: media.Opus, PT: 111, ClockRate: 48000}}}
	f := newFar(t, s.way)
	f.sent.lose = true
	s.open(f.out)
	for name, c := range map[string]struct {
		out relay.Out
		f   media.Format
	}{
		"sound to a browser":  {s, media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000}},
		"sound to a terminal": {b.stream, media.Format{Codec: media.PCMU, ClockRate: 8000}},
	} {
		e := m.listener(name)
		e.attune(c.out, c.f)
		frame := transcode.Frame{Stream: e.id, Payload: make([]byte, 160)}
		noAllocations(t, name, 50, func() {
			now += 20 * ms
			frame.Seq++
			frame.Timestamp += 160
			e.play(frame, now)
		})
	}
	if s.sent.packets < 300 || b.written.Load() < 300 {
		t.Errorf("%d packets to the browser, %d to the terminal", s.sent.packets, b.written.Load())
	}
}

// From a browser to a terminal and back, when they are alone and speak the same.
func TestStraightSoundDoesNotAllocate(t *testing.T) {
	m, _ := mixerFor(t)
	opus := media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2}
	s := &speaker{now: relay.Clock, way: &way{}, bound: true, formats: []media.Format{opus}}
	f := newFar(t, s.way)
	f.sent.lose = true
	s.open(f.out)
	b := newBox(t, media.Audio, opus)
	mic, ear := m.microphone("browser", opus), m.listener("browser")
	mic.turn(true)
	ear.attune(s, opus)
	voice, hears := m.microphone("terminal", opus), m.listener("terminal")
	voice.turn(true)
	hears.attune(b.stream, opus)
	m.commit(true)

	r := newGateRig(t).keyed(media.AEADGCM128)
	r.sent.lose = true
	r.session.host = hearingHost{r.host, mic.write}
	plain := marshal(t, shot(micSSRC, 111, 0))
	data := [][]byte{make([]byte, 0, packet.MaxSize)}
	seq := uint16(0)
	noAllocations(t, "a browser to a terminal", 50, func() {
		p := append(data[0][:0], plain...)
		binary.BigEndian.PutUint16(p[2:], seq)
		seq++
		data[0], _ = r.out.Seal(p[:0], p)
		r.now += 20 * ms
		r.gate.receive(data, r.now, &r.work)
	})
	if n := b.written.Load(); n < 300 {
		t.Errorf("%d packets to the terminal", n)
	}
	sink := &micSink{}
	sink.mics.Store(&[]ptMic{{111, voice}})
	b.stream.Track().Attach(sink)
	b.plain = b.plain[:packet.HeaderSize+160]
	now := relay.Clock()
	noAllocations(t, "a terminal to a browser", 50, func() {
		now += 20 * ms
		b.speak(1, now, func([]byte, int) {})
	})
	if s.sent.packets < 300 {
		t.Errorf("%d packets to the browser", s.sent.packets)
	}
}

// hearingHost gives one sink for sound.
type hearingHost struct {
	*gateHost
	sink func(*packet.Packet)
}

func (h hearingHost) sound(*session, media.Format) func(*packet.Packet) { return h.sink }
