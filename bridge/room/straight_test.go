package room

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/transcode"
)

var (
	fmtPCMU = media.Format{Codec: media.PCMU, ClockRate: 8000}
	fmtPCMA = media.Format{Codec: media.PCMA, ClockRate: 8000, PT: 8}
	fmtOpus = media.Format{Codec: media.Opus, ClockRate: 48000, PT: 111}
)

// heardOut is a relay.Out that keeps when what came.
type heardOut struct {
	fakeOut
	now      *int64
	at       []int64
	payloads []byte // the first byte of each
}

func (o *heardOut) Send(h packet.Header, p []byte) {
	o.fakeOut.Send(h, p)
	o.at, o.payloads = append(o.at, *o.now), append(o.payloads, p[0])
}

// graphWorker takes graphs and sound, and gives nothing by itself.
type graphWorker struct{ *fakeWorker }

type graphMeeting struct {
	*fakeMeeting
	heard *int
}

func (m graphMeeting) Write(transcode.Frame) { *m.heard++ }

func (w graphWorker) Open(name string, ev transcode.Events) (Meeting, error) {
	m, err := w.fakeWorker.Open(name, ev)
	if err != nil {
		return nil, err
	}
	return graphMeeting{m.(*fakeMeeting), new(int)}, nil
}

// duo is some people in virtual time, whom a worker's place is held for.
type duo struct {
	t     *testing.T
	now   int64
	mixer *mixer
	work  *fakeWorker
	who   []*speaking
	woken int
}

// speaking is one of them. What is said is the number of the one who says it;
// the mix is 100.
type speaking struct {
	mic  *mic
	ear  *ear
	out  *heardOut
	seq  uint16
	ts   uint32
	quit bool // sends nothing
	mixs uint16
	id   transcode.StreamID

	octets int    // of its packets
	step   uint32 // of their timestamps
}

func newDuo(t *testing.T, w Worker) *duo {
	d := &duo{t: t, now: 1 << 60}
	if f, ok := w.(*fakeWorker); ok {
		d.work, w = f, graphWorker{f}
	}
	d.mixer = newMixer("1001", w, slog.New(slog.DiscardHandler), func() int64 { return d.now }, func() { d.woken++ }, func() {})
	t.Cleanup(d.mixer.close)
	return d
}

func (d *duo) join(name string, speaks, takes media.Format) *speaking {
	s := &speaking{out: &heardOut{fakeOut: fakeOut{codec: takes.Codec}, now: &d.now}, seq: uint16(1000 * len(d.who)), ts: uint32(70000 * len(d.who))}
	s.mic, s.ear = d.mixer.microphone(name, speaks), d.mixer.listener(name)
	s.octets, s.step = 160, uint32(speaks.ClockRate/50)
	s.mic.turn(true)
	s.ear.attune(s.out, takes)
	d.who = append(d.who, s)
	return s
}

func (d *duo) leave(s *speaking) {
	s.mic.close()
	s.ear.close()
	for i := range d.who {
		if d.who[i] == s {
			d.who = append(d.who[:i], d.who[i+1:]...)
			break
		}
	}
}

// run lets time pass: everybody speaks, the worker mixes, the room looks ten
// times a second.
func (d *duo) run(ms int64) {
	for range ms / 20 {
		if d.now/20e6%5 == 0 {
			d.look()
		}
		for i, s := range d.who {
			if !s.quit {
				payload := make([]byte, s.octets)
				payload[0] = byte(i)
				s.mic.write(&packet.Packet{Header: packet.Header{Seq: s.seq, Timestamp: s.ts}, Payload: payload, Audio: packet.NoLevel})
			}
			s.seq++
			s.ts += s.step
		}
		d.mix()
		d.now += 20e6
	}
}

func (d *duo) look() {
	d.mixer.commit(true)
	d.mixer.openings.Wait()
	d.mixer.commit(true)
}

// mix sends what the worker would: a frame for each output of the graph.
func (d *duo) mix() {
	for _, o := range d.graph().Outputs {
		for _, s := range d.who {
			if s.ear.id == o.ID {
				if s.id != o.ID {
					s.id, s.mixs = o.ID, 0
				}
				s.mixs++
				d.mixer.Frame(transcode.Frame{Stream: o.ID, Seq: s.mixs, Timestamp: uint32(s.mixs) * uint32(o.ClockRate/50), Payload: []byte{100}})
			}
		}
	}
}

func (d *duo) graph() transcode.Graph {
	if d.work == nil || len(d.work.meetings) == 0 {
		return transcode.Graph{}
	}
	return d.work.meetings[0].graph
}

// whole checks that an ear heard one stream without a gap from the packet
// numbered from on: every 20 ms, with numbers and timestamps to match.
func (d *duo) whole(s *speaking, from int) {
	d.t.Helper()
	for i := from + 1; i < len(s.out.sent); i++ {
		a, b := s.out.sent[i-1], s.out.sent[i]
		gap, step := s.out.at[i]-s.out.at[i-1], b.Timestamp-a.Timestamp
		if b.Seq != a.Seq+1 || gap > 40e6 || step == 0 || step > 2*uint32(s.ear.format.ClockRate/50) {
			d.t.Errorf("packet %d after %d ms: %+v, before %+v", i, gap/1e6, b, a)
		}
	}
	if last := s.out.at[len(s.out.at)-1]; d.now-last > 40e6 {
		d.t.Errorf("nothing for %d ms", (d.now-last)/1e6)
	}
}

func (d *duo) wants(s *speaking, p bridge.Path, reason string) {
	d.t.Helper()
	if st := d.mixer.soundWay(s.mic.owner, true); st.Path != p || !strings.Contains(st.Reason, reason) {
		d.t.Errorf("%+v, want %s because %q", st, p, reason)
	}
}

func TestTwoHearEachOtherStraight(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a := d.join("a", fmtPCMU, fmtPCMU)
	d.look()
	b := d.join("b", fmtPCMU, fmtPCMU)
	d.run(1000)
	if len(a.out.sent) != 50 || len(b.out.sent) != 50 || a.out.payloads[7] != 1 || b.out.payloads[7] != 0 {
		t.Errorf("%d and %d packets", len(a.out.sent), len(b.out.sent))
	}
	d.whole(a, 0)
	d.whole(b, 0)
	if g := d.graph(); len(g.Inputs)+len(g.Outputs) != 0 || *d.mixer.meeting.Load().Meeting.(graphMeeting).heard != 0 {
		t.Errorf("the worker has work: %+v", g)
	}
	d.wants(a, bridge.PathRelay, "both speak PCMU")
	if st := d.mixer.soundWay("a", false); st.Path != bridge.PathRelay {
		t.Errorf("%+v", st)
	}
}

// A third one comes and goes: nobody misses more than a packet.
func TestThirdComesAndGoes(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, b := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	d.run(1000)
	c := d.join("c", fmtOpus, fmtOpus)
	d.run(100)
	d.wants(a, bridge.PathTranscode, mixedSound)
	if n := len(b.out.payloads); b.out.payloads[n-1] != 0 {
		t.Error("the mix is heard before there is anything in it")
	}
	d.run(900)
	if g := d.graph(); len(g.Inputs) != 3 || len(g.Outputs) != 3 {
		t.Errorf("%+v", g)
	}
	for _, s := range d.who {
		if n := len(s.out.payloads); s.out.payloads[n-1] != 100 {
			t.Errorf("%s does not hear the mix", s.mic.owner)
		}
		d.whole(s, 0)
	}
	mixed := a.ear.id
	d.leave(c)
	d.run(500)
	d.wants(a, bridge.PathTranscode, mixedSound)
	d.run(1000)
	d.wants(a, bridge.PathRelay, "PCMU")
	c = d.join("c", fmtOpus, fmtOpus)
	d.run(1000)
	if a.ear.id == mixed {
		t.Error("an id was used twice")
	}
	d.whole(a, 0)
	d.whole(b, 0)
	d.whole(c, 0)
}

// A third one who is gone before the mix was heard changes nothing.
func TestThirdLeavesAtOnce(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, _ := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	d.run(500)
	c := d.join("c", fmtPCMU, fmtPCMU)
	d.run(100)
	d.leave(c)
	d.run(300)
	d.wants(a, bridge.PathRelay, "PCMU")
	for i, p := range a.out.payloads {
		if p != 1 {
			t.Fatalf("packet %d is %d", i, p)
		}
	}
	d.whole(a, 0)
}

func TestNotStraight(t *testing.T) {
	short := fmtPCMU
	short.PTime = 10
	g7221 := func(bitrate int) media.Format {
		return media.Format{Codec: media.G7221, ClockRate: 32000, Bitrate: bitrate}
	}
	for name, c := range map[string]struct {
		speaks, takes media.Format
		reason        string
	}{
		"another codec":    {fmtPCMA, fmtPCMU, "one sends PCMA, the other takes PCMU"},
		"short packets":    {fmtPCMU, short, "packets of 20 ms come, and the receiver takes 10"},
		"another bit rate": {g7221(24000), g7221(48000), "one sends G.722.1 Annex C at 24 kbit/s"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFakeWorker()
			w.caps.AudioDecode = append(w.caps.AudioDecode, media.G7221)
			w.caps.AudioEncode = append(w.caps.AudioEncode, media.G7221)
			d := newDuo(t, w)
			a, b := d.join("a", c.speaks, fmtPCMU), d.join("b", fmtPCMU, c.takes)
			d.run(1000)
			d.wants(b, bridge.PathTranscode, c.reason)
			d.wants(a, bridge.PathRelay, "both speak PCMU") // the other direction stands for itself
			g := d.graph()
			if len(g.Inputs) != 1 || g.Inputs[0].ID != a.mic.id || len(g.Outputs) != 1 || g.Outputs[0].ID != b.ear.id {
				t.Errorf("%+v", g)
			}
			if want := c.speaks.Bitrate; len(g.Inputs) == 1 && g.Inputs[0].Bitrate != want {
				t.Errorf("an input of %d bit/s, want %d", g.Inputs[0].Bitrate, want)
			}
			d.whole(a, 0)
			d.whole(b, 0)
		})
	}
}

// Strange packets are for the worker alone.
func TestStrangePacketsAreMixed(t *testing.T) {
	g722 := media.Format{Codec: media.G722, ClockRate: 8000, PT: 9}
	for name, c := range map[string]struct {
		octets int
		step   uint32
	}{
		"of 1 ms":                {8, 8},
		"with another clock":     {160, 320},
		"that stand still":       {160, 0},
		"with empty payloads":    {1, 160},
		"of 1 ms, another clock": {8, 16},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDuo(t, newFakeWorker())
			a, b := d.join("a", g722, g722), d.join("b", g722, g722)
			a.octets, a.step = c.octets, c.step
			d.run(1000)
			d.wants(b, bridge.PathTranscode, "only the worker")
			d.wants(a, bridge.PathRelay, "G722")
			a.octets, a.step = 160, 160
			d.run(1500)
			d.wants(b, bridge.PathRelay, "G722")
		})
	}
}

// Who is muted is heard as silence, which the worker makes.
func TestMutedIsMixed(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, b := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	d.run(500)
	a.mic.turn(false)
	heard := len(b.out.sent)
	d.run(1000)
	d.wants(b, bridge.PathTranscode, "microphone is off")
	d.wants(a, bridge.PathRelay, "")
	for _, p := range b.out.payloads[heard:] {
		if p != 100 {
			t.Fatalf("heard %d while the microphone is off", p)
		}
	}
	a.mic.turn(true)
	d.run(1500)
	d.wants(b, bridge.PathRelay, "")
	d.whole(b, heard)
}

// A sender that stops is replaced by the mix, and waited for.
func TestStallIsMixed(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, b := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	d.run(500)
	a.quit = true
	d.run(1500)
	d.wants(b, bridge.PathTranscode, "pauses")
	if n := len(b.out.payloads); b.out.payloads[n-1] != 100 {
		t.Error("nothing is heard")
	}
	a.quit = false
	d.run(2000)
	d.wants(b, bridge.PathTranscode, "pauses")
	d.run(10_000)
	d.wants(b, bridge.PathRelay, "")
	if !(b.out.sent[len(b.out.sent)-1].Timestamp-b.out.sent[0].Timestamp == 160*uint32((b.out.at[len(b.out.at)-1]-b.out.at[0])/20e6)) {
		t.Error("the timestamps do not go with the time")
	}
}

// A terminal that changes the codec it takes gets no packet of the one before.
func TestCodecChanges(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, b := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	d.run(500)
	b.out.codec = media.PCMA
	b.ear.attune(b.out, fmtPCMA)
	before := len(b.out.sent)
	d.run(500)
	d.wants(b, bridge.PathTranscode, "one sends PCMU, the other takes PCMA")
	for i, p := range b.out.payloads[before:] {
		if p != 100 || b.out.sent[before+i].PT != 8 {
			t.Fatalf("packet %d of %d: %+v", i, p, b.out.sent[before+i])
		}
	}
	d.whole(b, 0)
	_ = a
}

// A terminal may send another of its codecs at any time.
func TestAnotherPayloadType(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, b := d.join("a", fmtPCMU, fmtPCMU), d.join("b", fmtPCMU, fmtPCMU)
	second := d.mixer.microphone("a", fmtPCMA)
	second.turn(true)
	d.run(500)
	d.wants(b, bridge.PathRelay, "")
	first := a.mic
	a.mic, d.woken = second, 0
	d.run(20)
	if d.woken != 1 {
		t.Errorf("the room was woken %d times", d.woken)
	}
	d.run(480)
	d.wants(b, bridge.PathTranscode, "one sends PCMA")
	if g := d.graph(); len(g.Inputs) != 2 {
		t.Errorf("%+v", g)
	}
	a.mic = first
	d.run(2000)
	d.wants(b, bridge.PathRelay, "")
}

// Without a worker two still hear each other. Packets that nobody can hear
// leave the room at rest.
func TestStraightWithoutWorker(t *testing.T) {
	d := newDuo(t, nil)
	a, b := d.join("a", fmtOpus, fmtOpus), d.join("b", fmtOpus, fmtOpus)
	defer func() {
		if d.woken != 0 {
			t.Errorf("the room was woken %d times", d.woken)
		}
	}()
	d.run(500)
	d.wants(a, bridge.PathRelay, "opus")
	d.whole(b, 0)
	c := d.join("c", fmtOpus, fmtOpus)
	d.run(500)
	if len(c.out.sent) != 0 {
		t.Errorf("%d packets", len(c.out.sent))
	}
	d.whole(b, 0) // better than nothing
	d.leave(b)
	d.run(500)
	d.leave(c)
	d.join("d", fmtPCMU, fmtPCMU)
	d.run(500)
	d.wants(a, bridge.PathTranscode, "one sends PCMU, the other takes opus")
}

// Levels of sound that the worker does not get are those that browsers state.
func TestLevelsOfStraightSound(t *testing.T) {
	d := newDuo(t, newFakeWorker())
	a, _ := d.join("a", fmtOpus, fmtOpus), d.join("b", fmtOpus, fmtOpus)
	d.run(200)
	a.mic.write(&packet.Packet{Audio: 30, Payload: []byte{1}})
	if h := d.mixer.hear(); len(h) != 1 || h[0] != (heard{"a", -30, true}) {
		t.Errorf("%+v", h)
	}
}
