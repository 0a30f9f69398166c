package room

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/transcode"
)

func TestStamper(t *testing.T) {
	type in struct {
		stream transcode.StreamID
		seq    uint16
		ts     uint32
		at     int64 // ms
	}
	type out struct {
		seq   uint16
		ts    uint32
		fresh bool
	}
	for _, c := range []struct {
		name string
		in   []in
		want []out
	}{
		{"goes through", []in{{1, 10, 1000, 0}, {1, 11, 1160, 20}}, []out{{10, 1000, true}, {11, 1160, false}}},
		{"keeps a gap", []in{{1, 10, 1000, 0}, {1, 13, 1480, 60}}, []out{{10, 1000, true}, {13, 1480, false}}},
		{"a new worker begins again", []in{{1, 500, 80000, 0}, {1, 1, 0, 700}, {1, 2, 160, 720}}, []out{{500, 80000, true}, {501, 85600, true}, {502, 85760, false}}},
		{"a new output", []in{{1, 500, 80000, 0}, {2, 501, 80160, 20}}, []out{{500, 80000, true}, {501, 80160, true}}},
		{"wraps", []in{{1, 65535, 0xffffffff, 0}, {1, 0, 159, 20}}, []out{{65535, 0xffffffff, true}, {0, 159, false}}},
		{"time jumps", []in{{1, 1, 0, 0}, {1, 2, 160000, 20}}, []out{{1, 0, true}, {2, 160, true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stamper{clock: 8000}
			for i, x := range c.in {
				seq, ts, fresh := s.next(x.stream, x.seq, x.ts, 1<<60+x.at*ms)
				if got := (out{seq, ts, fresh}); got != c.want[i] {
					t.Errorf("frame %d: %+v, want %+v", i, got, c.want[i])
				}
			}
		})
	}
}

// fakeOut is a relay.Out that keeps what it is sent.
type fakeOut struct {
	codec media.Codec
	sent  []packet.Header
}

func (o *fakeOut) Send(h packet.Header, _ []byte) { o.sent = append(o.sent, h) }
func (o *fakeOut) Flush()                         {}
func (o *fakeOut) PayloadType(f media.Format) (uint8, bool) {
	return f.PT, f.Codec == o.codec
}

func mixerFor(t *testing.T) (*mixer, *fakeWorker) {
	w := newFakeWorker()
	m := newMixer("room", w, slog.New(slog.DiscardHandler), func() int64 { return 1 << 60 }, func() {}, func() {})
	t.Cleanup(m.close)
	return m, w
}

func TestMixMinus(t *testing.T) {
	m, w := mixerFor(t)
	opus := media.Format{Codec: media.Opus, PT: 111, ClockRate: 48000}
	pcmu := media.Format{Codec: media.PCMU, ClockRate: 8000}
	var mics []*mic
	for _, who := range []string{"a", "b", "c"} {
		v := m.microphone(who, opus)
		v.turn(true)
		mics = append(mics, v)
		m.listener(who).attune(&fakeOut{codec: media.Opus}, opus)
	}
	m.listener("deaf").attune(nil, opus)
	m.listener("wrong").attune(&fakeOut{codec: media.PCMU}, opus)
	m.listener("phone").attune(&fakeOut{codec: media.PCMU}, pcmu)
	m.commit(true)
	m.openings.Wait()
	m.commit(true)
	g := w.meetings[0].graph
	if len(g.Inputs) != 3 || len(g.Outputs) != 4 {
		t.Fatalf("%+v", g)
	}
	for i, o := range g.Outputs[:3] {
		if len(o.Hears) != 2 || slices.Contains(o.Hears, mics[i].id) {
			t.Errorf("%d hears %v and is %d", i, o.Hears, mics[i].id)
		}
	}
	if phone := g.Outputs[3]; len(phone.Hears) != 3 || phone.Codec != media.PCMU || phone.ClockRate != 8000 {
		t.Errorf("%+v", phone)
	}
	before := mics[1].id
	mics[1].turn(false)
	m.commit(true)
	if g := w.meetings[0].graph; len(g.Inputs) != 2 {
		t.Errorf("a muted microphone is an input: %+v", g)
	}
	mics[1].turn(true)
	m.commit(true)
	if mics[1].id == before {
		t.Error("an id was used twice")
	}
}

func TestMixerPassesFrames(t *testing.T) {
	m, w := mixerFor(t)
	pcmu := media.Format{Codec: media.PCMU, ClockRate: 8000}
	a, b := m.microphone("a", pcmu), &fakeOut{codec: media.PCMU}
	ear := m.listener("b")
	ear.attune(b, pcmu)
	a.write(&packet.Packet{}) // before there is a worker
	m.commit(true)
	m.openings.Wait()
	a.turn(true)
	m.commit(true)
	for seq := range uint16(3) {
		a.write(&packet.Packet{Header: packet.Header{Seq: seq, Timestamp: uint32(seq) * 160}, Payload: []byte{1}})
	}
	if len(b.sent) != 3 || !b.sent[0].Marker || b.sent[1].Marker || b.sent[2].Seq != b.sent[0].Seq+2 {
		t.Errorf("%+v", b.sent)
	}
	m.Levels([]transcode.Level{{Stream: a.id, DBov: -20, Voice: true}, {Stream: 99, DBov: 0}})
	if h := m.hear(); len(h) != 1 || h[0] != (heard{"a", -20, true}) {
		t.Errorf("%+v", h)
	}
	if h := m.hear(); len(h) != 0 {
		t.Errorf("told twice: %+v", h)
	}
	ear.close()
	a.close()
	m.commit(true)
	if g := w.meetings[0].graph; len(g.Inputs)+len(g.Outputs) != 0 {
		t.Errorf("%+v", g)
	}
	m.Restarted("test")
}

// After a hold the receiver sees the stream go on: numbers that begin again would be
// packets of the past to it, and to SRTP the same keystream a second time.
func TestNumbersGoOnAfterAHold(t *testing.T) {
	now := int64(1 << 60)
	pcmu := media.Format{Codec: media.PCMU, ClockRate: 8000}
	m := newMixer("1001", newFakeWorker(), slog.New(slog.DiscardHandler), func() int64 { return now }, func() {}, func() {})
	out, other := &fakeOut{codec: media.PCMU}, &fakeOut{codec: media.PCMU}
	e := m.listener("phone")
	say := func(n int) {
		for i := range n {
			e.play(transcode.Frame{Stream: e.id, Seq: uint16(i), Timestamp: uint32(i * 160)}, now)
			now += 20 * ms
		}
	}
	e.attune(out, pcmu)
	say(50)
	e.attune(nil, media.Format{})
	say(1) // of no one
	now += 3000*ms - 20*ms
	e.attune(out, pcmu)
	say(2)
	if len(out.sent) != 52 {
		t.Fatalf("%d packets", len(out.sent))
	}
	before, after, next := out.sent[49], out.sent[50], out.sent[51]
	if after.Seq != before.Seq+1 || after.Timestamp != before.Timestamp+(3000+20)*8 || !after.Marker {
		t.Errorf("%+v, after the hold %+v", before, after)
	}
	if next.Seq != after.Seq+1 || next.Timestamp != after.Timestamp+160 {
		t.Errorf("%+v, then %+v", after, next)
	}
	e.attune(other, pcmu)
	say(1)
	if len(other.sent) != 1 || other.sent[0].Seq != 0 {
		t.Errorf("another receiver gets %+v", other.sent)
	}
	e.close()
	m.close()
}

func TestMixerWithoutWorker(t *testing.T) {
	m := newMixer("room", nil, slog.New(slog.DiscardHandler), func() int64 { return 1 << 60 }, func() {}, func() {})
	defer m.close()
	if m.trouble() == "" {
		t.Error("no reason")
	}
	v := m.microphone("a", media.Format{Codec: media.Opus, ClockRate: 48000})
	v.turn(true)
	v.write(&packet.Packet{Audio: 30})
	v.write(&packet.Packet{Audio: 50})
	m.commit(true)
	if h := m.hear(); len(h) != 1 || h[0] != (heard{"a", -30, true}) {
		t.Errorf("levels that browsers state: %+v", h)
	}
}

func TestMixerTriesAgain(t *testing.T) {
	w := newFakeWorker()
	w.fail = errNoWorker
	now := int64(1) << 60
	m := newMixer("room", w, slog.New(slog.DiscardHandler), func() int64 { return now }, func() {}, func() {})
	defer m.close()
	m.commit(true)
	m.openings.Wait()
	if m.trouble() == "" {
		t.Error("no reason")
	}
	w.fail = nil
	m.commit(true)
	m.openings.Wait()
	if len(w.meetings) != 0 {
		t.Error("tried again at once")
	}
	now += mixerRetry
	m.commit(true)
	m.openings.Wait()
	if len(w.meetings) != 1 || m.trouble() != "" {
		t.Errorf("%d meetings, %q", len(w.meetings), m.trouble())
	}
}
