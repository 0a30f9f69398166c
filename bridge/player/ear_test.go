package player

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

var heard = []media.Format{
	{Codec: media.G722, PT: 9, ClockRate: 8000},
	{Codec: media.PCMU, PT: 0, ClockRate: 8000},
	{Codec: media.PCMA, PT: 8, ClockRate: 8000},
	{Codec: media.Opus, PT: 111, ClockRate: 48000, Channels: 2},
	{Codec: media.DTMF, PT: 101, ClockRate: 8000},
}

// listener is an ear with a clock and a recording in memory.
type listener struct {
	*ear
	time    int64
	rate    int
	samples []int16
	closed  bool
	fault   error
}

func (l *listener) Write(s []int16) error {
	if l.fault == nil {
		l.samples = append(l.samples, s...)
	}
	return l.fault
}

func (l *listener) Close() error { l.closed = true; return nil }

func newListener() *listener {
	l := &listener{}
	l.ear = newEar(func() int64 { return l.time }, packet.NewPool(packet.MaxSize))
	l.record = func(rate int) recorder { l.rate = rate; return l }
	l.understand(heard)
	return l
}

// spokenPackets is what a speaker sends in a while.
func spokenPackets(c media.Codec, pt uint8, d time.Duration) []packet.Packet {
	out := &fakeOut{}
	s := &speaker{out: out}
	s.set(Tone(440, -15).voice(c), pt, 8000)
	out.run(1, 1+int64(d), s.step)
	list := make([]packet.Packet, len(out.sent))
	for i, p := range out.sent {
		list[i] = packet.Packet{Header: p.Header, Payload: p.payload, Arrived: p.at}
	}
	return list
}

func (l *listener) hearAll(list []packet.Packet) {
	for i := range list {
		l.time = max(l.time, list[i].Arrived)
		l.WriteRTP(&list[i])
		l.ear.Flush()
	}
}

func TestEarHearsEachCodec(t *testing.T) {
	for _, f := range heard[:3] {
		l := newListener()
		l.hearAll(spokenPackets(f.Codec, f.PT, 2*time.Second))
		r := l.finish()
		if r.Codec != f.Codec || r.Decoded != 100 || r.FirstAudio != 1 || r.LongestGapMS != 20 || !l.closed {
			t.Errorf("%s: %+v", f.Codec, r)
		}
		if len(r.Tones) == 0 || math.Abs(r.Tones[0].Hz-440) > 1 || math.Abs(r.Tones[0].DBFS+15) > 0.5 || math.Abs(r.LevelDBFS+15) > 0.5 {
			t.Errorf("%s: %+v at %v dBFS", f.Codec, r.Tones, r.LevelDBFS)
		}
		if want := 2 * newDecoder(f.Codec).Rate(); len(l.samples) != want || l.rate != want/2 {
			t.Errorf("%s: %d samples at %d recorded", f.Codec, len(l.samples), l.rate)
		}
	}
}

// The recording keeps its time over what is lost.
func TestEarFillsGaps(t *testing.T) {
	l := newListener()
	list := spokenPackets(media.G722, 9, 3*time.Second)
	l.hearAll(append(list[:50:50], list[100:]...))
	r := l.finish()
	if len(l.samples) != 3*16000 || r.Lost != 50 || r.LongestGapMS != 51*20 {
		t.Errorf("%d samples, %+v", len(l.samples), r)
	}
	for _, s := range l.samples[50*320 : 100*320] {
		if s != 0 {
			t.Fatal("the gap is not silent")
		}
	}
}

func TestEarOrders(t *testing.T) {
	l := newListener()
	list := spokenPackets(media.PCMU, 0, 2*time.Second)
	r := rand.New(rand.NewPCG(1, 1))
	for i := 1; i+1 < len(list); i += 2 {
		if r.IntN(2) == 0 {
			list[i].Arrived = list[i+1].Arrived
			list[i], list[i+1] = list[i+1], list[i]
		}
	}
	l.hearAll(list)
	got := l.finish()
	if got.Decoded != 100 || got.Lost != 0 || got.Reordered == 0 || len(l.samples) != 16000 {
		t.Errorf("%+v, %d samples", got, len(l.samples))
	}
	if len(got.Tones) != 1 {
		t.Errorf("the sound is not whole: %+v", got.Tones)
	}
}

// The far end may change the codec in a call; digits are no sound.
func TestEarFollowsTheCodec(t *testing.T) {
	l := newListener()
	first := spokenPackets(media.PCMA, 8, time.Second)
	second := spokenPackets(media.G722, 9, 2*time.Second)[50:]
	digit := packet.Packet{Header: packet.Header{PT: 101, Seq: 50, Timestamp: 8000}, Payload: []byte{1, 10, 0, 160}, Arrived: first[49].Arrived}
	for i := range second {
		second[i].Seq++
	}
	l.hearAll(append(append(first, digit), second...))
	r := l.finish()
	if r.Codec != media.G722 || r.Decoded != 100 || len(l.samples) != 2*8000 || l.rate != 8000 {
		t.Errorf("%+v, %d samples at %d", r, len(l.samples), l.rate)
	}
	if len(r.Tones) == 0 || math.Abs(r.Tones[0].Hz-440) > 1 || r.Tones[0].Share < 0.9 {
		t.Errorf("%+v", r.Tones)
	}
}

// A source that starts over with other times is not a gap of hours.
func TestEarBoundsSilence(t *testing.T) {
	l := newListener()
	list := spokenPackets(media.PCMU, 0, 2*time.Second)
	for i := range list[50:] {
		list[50+i].Timestamp += 1 << 30
	}
	l.hearAll(list)
	if l.finish(); len(l.samples) != 16000 {
		t.Errorf("%d samples", len(l.samples))
	}
}

func TestEarWithoutSound(t *testing.T) {
	l := newListener()
	l.hearAll([]packet.Packet{{Header: packet.Header{PT: 77}, Payload: []byte{1}}})
	if r := l.finish(); r.FirstAudio != 0 || r.Decoded != 0 || r.Tones != nil || l.rate != 0 {
		t.Errorf("%+v", r)
	}
	deaf := newEar(func() int64 { return 1 }, packet.NewPool(packet.MaxSize))
	deaf.WriteRTP(&packet.Packet{Payload: []byte{1}})
	if r := deaf.finish(); r.Decoded != 0 {
		t.Errorf("without formats: %+v", r)
	}
}

func TestSoundRecordingFails(t *testing.T) {
	l := newListener()
	l.fault = errors.New("the disk is full")
	told := 0
	l.failed = func(error) { told++ }
	l.hearAll(spokenPackets(media.PCMU, 0, time.Second))
	if r := l.finish(); told != 1 || !l.closed || r.Decoded != 50 {
		t.Errorf("told %d times, %+v", told, r)
	}
}

func TestEarKeepsNoPackets(t *testing.T) {
	pool := packet.NewPool(packet.MaxSize)
	e := newEar(func() int64 { return 1 }, pool)
	e.understand(heard)
	list := spokenPackets(media.PCMU, 0, time.Second)
	for i := range list {
		if i != 10 {
			e.WriteRTP(&list[i])
		}
	}
	if e.finish(); pool.Outstanding() != 0 {
		t.Errorf("%d packets are kept", pool.Outstanding())
	}
}

// Opus of a browser, three 20 ms frames of silence as libopus writes them.
func TestEarHearsOpus(t *testing.T) {
	l := newListener()
	var list []packet.Packet
	for i := range 3 {
		list = append(list, packet.Packet{
			Header:  packet.Header{PT: 111, Seq: uint16(i), Timestamp: uint32(i * 960)},
			Payload: []byte{0xf8, 0xff, 0xfe}, Arrived: 1 + int64(i)*20*millisecond,
		})
	}
	l.hearAll(list)
	if r := l.finish(); r.Decoded != 3 || r.Codec != media.Opus || len(l.samples) != 3*320 {
		t.Errorf("%+v, %d samples", r, len(l.samples))
	}
}

func FuzzEar(f *testing.F) {
	for _, format := range heard {
		f.Add(format.PT, []byte{0xf8, 0xff, 0xfe}, uint16(1), uint32(160))
	}
	f.Fuzz(func(t *testing.T, pt uint8, payload []byte, seq uint16, timestamp uint32) {
		l := newListener()
		for i := range uint16(3) {
			l.time += millisecond
			l.WriteRTP(&packet.Packet{Header: packet.Header{PT: pt & 127, Seq: seq * i, Timestamp: timestamp * uint32(i)}, Payload: payload})
			l.ear.Flush()
		}
		if l.finish(); len(l.samples) > 25*48000 {
			t.Fatalf("%d samples of three packets", len(l.samples))
		}
	})
}
