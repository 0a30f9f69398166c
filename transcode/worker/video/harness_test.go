package video

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/payload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Frames of the codec that tests use look like VP8 keyframes and others (RFC 6386 9.1), and
// hold a number, which is what their picture shows.
func fakeFrame(number uint32, key bool, size int) []byte {
	b := make([]byte, max(size, 16))
	if key {
		copy(b, []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a})
	} else {
		b[0] = 0x11
	}
	binary.BigEndian.PutUint32(b[10:], number)
	return b
}

func numberOf(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[10:]) }

// studio counts what the engine does with its codecs.
type studio struct {
	mu        sync.Mutex
	decoders  int // open
	encoders  int
	opened    int // encoders, ever
	decoded   int
	encoded   int
	adjusted  []codec.VideoSettings
	composed  int
	composers int
	held      int                            // pictures
	scarce    func(codec.VideoSettings) bool // tells which encoders find no memory; nil: none
	takes     map[string]time.Duration
}

func (s *studio) spend(what string) {
	s.mu.Lock()
	d := s.takes[what]
	s.mu.Unlock()
	if d > 0 {
		time.Sleep(d) // the codec's work, in virtual time
	}
}

func (s *studio) add(count *int, n int) {
	s.mu.Lock()
	*count += n
	s.mu.Unlock()
}

func (s *studio) get(count *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *count
}

func (s *studio) build() Build {
	return Build{
		Encodes: func(c media.Codec) bool { return c == media.VP8 },
		Decoder: func(media.Codec, string) (codec.VideoDecoder, error) {
			s.add(&s.decoders, 1)
			return &fakeDecoder{s: s}, nil
		},
		Encoder: func(_ media.Codec, set codec.VideoSettings) (codec.VideoEncoder, error) {
			if set.Width == 666 {
				return nil, codec.ErrSettings
			}
			s.mu.Lock()
			scarce := s.scarce != nil && s.scarce(set)
			s.mu.Unlock()
			if scarce {
				return nil, errors.New("out of memory")
			}
			s.add(&s.encoders, 1)
			s.add(&s.opened, 1)
			return &fakeEncoder{s: s, set: set}, nil
		},
		Scaler: func() (Scaler, error) { return fakeScaler{}, nil },
		Composer: func(w, h int, _ float64) (Composer, error) {
			s.add(&s.composers, 1)
			return &fakeComposer{s: s, w: w, h: h}, nil
		},
	}
}

// picture makes one that shows a number.
func (s *studio) picture(w, h int, number uint32) *codec.Picture {
	s.add(&s.held, 1)
	p := codec.NewPicture(func(*codec.Picture) { s.add(&s.held, -1) })
	plain := codec.Allocate(w, h)
	p.Width, p.Height, p.StrideY, p.StrideC, p.Y, p.U, p.V = w, h, plain.StrideY, plain.StrideC, plain.Y, plain.U, plain.V
	binary.BigEndian.PutUint32(p.Y, number)
	return p
}

type fakeDecoder struct{ s *studio }

var errNoFrame = errors.New("no frame")

func (d *fakeDecoder) Decode(b []byte) (*codec.Picture, bool, error) {
	d.s.spend("decode")
	if len(b) < 16 || b[0]&^1 != 0x10 {
		return nil, true, errNoFrame
	}
	d.s.add(&d.s.decoded, 1)
	return d.s.picture(64, 48, numberOf(b)), false, nil
}

func (d *fakeDecoder) Close() { d.s.add(&d.s.decoders, -1) }

type fakeEncoder struct {
	s     *studio
	set   codec.VideoSettings
	begun bool
}

func (e *fakeEncoder) Encode(p *codec.Picture, _ int64, key bool) (codec.Encoded, error) {
	e.s.spend("encode")
	if p.Width != e.set.Width || p.Height != e.set.Height {
		return codec.Encoded{}, codec.ErrSettings
	}
	e.s.add(&e.s.encoded, 1)
	key = key || !e.begun
	e.begun = true
	return codec.Encoded{Units: [][]byte{fakeFrame(binary.BigEndian.Uint32(p.Y), key, e.set.Bitrate/8/30)}, Key: key}, nil
}

func (e *fakeEncoder) Adjust(bitrate, fps int) error {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	e.set.Bitrate, e.set.FPS = bitrate, fps
	e.s.adjusted = append(e.s.adjusted, e.set)
	return nil
}

func (e *fakeEncoder) Close() { e.s.add(&e.s.encoders, -1) }

// fakeScaler takes the number along.
type fakeScaler struct{}

func (fakeScaler) Scale(dst *codec.Picture, _ Rect, src *codec.Picture) error {
	copy(dst.Y, src.Y[:4])
	return nil
}

func (fakeScaler) Close() {}

// fakeComposer shows the sum of the inputs' numbers.
type fakeComposer struct {
	s       *studio
	w, h    int
	last    uint32
	any     bool
	hurried bool
}

func (c *fakeComposer) Compose(s *transcode.Scene, source func(transcode.StreamID) *codec.Picture, _ time.Duration) (*codec.Picture, bool) {
	c.s.spend("compose")
	sum := uint32(len(s.Tiles)) << 24
	for _, t := range s.Tiles {
		if p := source(t.Input); p != nil {
			sum += binary.BigEndian.Uint32(p.Y)
			p.Release()
		}
	}
	c.s.add(&c.s.composed, 1)
	changed := sum != c.last || !c.any
	c.last, c.any = sum, true
	return c.s.picture(c.w, c.h, sum), changed
}

func (c *fakeComposer) Hurry(on bool) { c.hurried = on }

func (c *fakeComposer) Close() { c.s.add(&c.s.composers, -1) }

// seen is what came out of one output.
type seen struct {
	packets []transcode.Frame
	frames  []seenFrame
	putting payload.Assembler
}

type seenFrame struct {
	number    uint32
	key       bool
	timestamp uint32
	at        time.Duration
}

// gallery is a Sink that puts frames together again.
type gallery struct {
	t      testing.TB
	begun  time.Time
	codec  media.Codec
	frame  func(id transcode.StreamID, f payload.Frame) // of real codecs
	mu     sync.Mutex
	by     map[transcode.StreamID]*seen
	wanted map[transcode.StreamID][]time.Duration
	no     map[transcode.StreamID]string

	starved int // times
}

func newGallery(t testing.TB) *gallery {
	return &gallery{
		t: t, begun: time.Now(), codec: media.VP8, by: make(map[transcode.StreamID]*seen),
		wanted: make(map[transcode.StreamID][]time.Duration), no: make(map[transcode.StreamID]string),
	}
}

func (g *gallery) Packets(list []transcode.Frame) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range list {
		s := g.by[p.Stream]
		if s == nil {
			a, err := payload.NewAssembler(g.codec)
			if err != nil {
				g.t.Error(err)
			}
			s = &seen{putting: a}
			g.by[p.Stream] = s
		}
		if n := len(s.packets); n > 0 && p.Seq != s.packets[n-1].Seq+1 {
			g.t.Errorf("output %d: number %d after %d", p.Stream, p.Seq, s.packets[n-1].Seq)
		}
		f, ok := s.putting.Push(p.Seq, p.Timestamp, p.Marker, p.Payload)
		p.Payload = nil
		s.packets = append(s.packets, p)
		if !ok {
			continue
		}
		if g.frame != nil {
			g.frame(p.Stream, f)
			continue
		}
		if f.Damaged {
			g.t.Errorf("output %d: a frame that does not decode", p.Stream)
		}
		s.frames = append(s.frames, seenFrame{numberOf(f.Data), f.Key, f.Timestamp, time.Since(g.begun)})
	}
}

func (g *gallery) KeyframeWanted(id transcode.StreamID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wanted[id] = append(g.wanted[id], time.Since(g.begun))
}

func (g *gallery) Refused(id transcode.StreamID, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.no[id] = reason
}

func (g *gallery) Starved(error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starved++
}

// of gives the frames of an output so far.
func (g *gallery) of(id transcode.StreamID) []seenFrame {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.by[id] == nil {
		return nil
	}
	return slices.Clone(g.by[id].frames)
}

func (g *gallery) asked(id transcode.StreamID) []time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.wanted[id])
}

// camera sends frames into one input.
type camera struct {
	id     transcode.StreamID
	cut    payload.Packetizer
	seq    uint16
	ts     uint32
	number uint32
	lose   bool // the next frame loses its first packet
	mute   bool
	size   int
}

// show is an engine with fake codecs in virtual time.
type show struct {
	t       *testing.T
	engine  *Engine
	studio  *studio
	gallery *gallery
	cameras []*camera
}

// play runs a test in virtual time.
func play(t *testing.T, test func(s *show)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &show{t: t, studio: &studio{takes: make(map[string]time.Duration)}, gallery: newGallery(t)}
		s.engine = New(Options{Build: s.studio.build(), CPUs: 2}, s.gallery)
		test(s)
		s.engine.Close()
		if st := s.studio; st.decoders != 0 || st.encoders != 0 || st.composers != 0 || st.held != 0 {
			t.Errorf("left open: %d decoders, %d encoders, %d composers, %d pictures", st.decoders, st.encoders, st.composers, st.held)
		}
	})
}

func (s *show) camera(id transcode.StreamID) *camera {
	cut, err := payload.NewPacketizer(media.VP8, payload.Options{MTU: 200})
	if err != nil {
		s.t.Fatal(err)
	}
	c := &camera{id: id, cut: cut, number: uint32(id) * 1000, seq: 65000, ts: 1 << 31, size: 500}
	s.cameras = append(s.cameras, c)
	return c
}

// frame makes the camera's next frame.
func (s *show) frame(c *camera, key bool) {
	c.number++
	c.ts += 3000
	if c.mute {
		return
	}
	payloads, err := c.cut.Payloads(codec.Encoded{Units: [][]byte{fakeFrame(c.number, key, c.size)}, Key: key})
	if err != nil {
		s.t.Fatal(err)
	}
	for i, p := range payloads {
		if !c.lose || i > 0 {
			s.engine.Write(transcode.Frame{Stream: c.id, Seq: c.seq, Timestamp: c.ts, Marker: i == len(payloads)-1, Payload: p})
		}
		c.seq++
	}
	c.lose = false
}

// run lets time pass, in which cameras send 30 frames a second. Those of which a keyframe is
// wanted send one if keys is set.
func (s *show) run(d time.Duration, keys bool) {
	for n := range int(d * 30 / time.Second) {
		for _, c := range s.cameras {
			wanted := s.gallery.asked(c.id)
			key := keys && len(wanted) > 0 && time.Since(s.gallery.begun)-wanted[len(wanted)-1] < 34*time.Millisecond
			s.frame(c, key)
		}
		time.Sleep(33 * time.Millisecond)
		if n%3 != 0 {
			time.Sleep(time.Millisecond / 2)
		}
	}
	synctest.Wait()
}

func (s *show) graph(outs ...transcode.VideoOutput) {
	g := transcode.Graph{VideoOutputs: outs}
	for _, c := range s.cameras {
		g.VideoInputs = append(g.VideoInputs, transcode.VideoInput{ID: c.id, Codec: media.VP8})
	}
	s.engine.SetGraph(g)
}

// single is an output that shows one input as it is.
func single(id, input transcode.StreamID) transcode.VideoOutput {
	return transcode.VideoOutput{
		ID: id, Codec: media.VP8, Width: 64, Height: 48, FPS: 30, Bitrate: 300_000,
		Scene: transcode.Scene{Layout: transcode.Single, Tiles: []transcode.Tile{{Input: input}}},
	}
}

// grid is an output that shows several.
func grid(id transcode.StreamID, inputs ...transcode.StreamID) transcode.VideoOutput {
	o := single(id, 0)
	o.Width, o.Height = 640, 360
	o.Scene = transcode.Scene{Layout: transcode.Grid}
	for _, in := range inputs {
		o.Scene.Tiles = append(o.Scene.Tiles, transcode.Tile{Owner: string(rune('a' + in)), Input: in})
	}
	return o
}

func (s *show) stats() transcode.WorkerStats {
	var st transcode.WorkerStats
	s.engine.Stats(&st)
	return st
}

func encodedFrame(number uint32, key bool, size int) codec.Encoded {
	return codec.Encoded{Units: [][]byte{fakeFrame(number, key, size)}, Key: key}
}
