package transcode

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/transcode/codec"
	"github.com/roombridge/roombridge/transcode/internal/film"
)

// screenings are the gateway's side of a meeting with pictures.
type screenings struct {
	*told
	t       *testing.T
	meeting *Meeting
	sup     *Supervisor
	log     *logged

	lock    sync.Mutex
	viewers map[StreamID]*viewer
}

// viewer decodes one output.
type viewer struct {
	*film.Viewer
	numbers  []int
	stamps   []uint32
	times    []time.Time
	psnr     []float64
	original *codec.Picture
}

// screen starts a worker with pictures, or skips where this build has none.
func screen(t *testing.T, limits ...func(*SupervisorConfig)) *screenings {
	s := &screenings{told: newTold(), t: t, viewers: make(map[StreamID]*viewer)}
	s.sup, s.log = supervise(t, workerPath, limits...)
	if !s.sup.Available().Encodes(media.H264) {
		t.Skip("this build has no pictures")
	}
	s.meeting = open(t, s.sup, s)
	t.Cleanup(func() {
		s.meeting.Close()
		for _, v := range s.viewers {
			v.Close()
		}
	})
	return s
}

// watch decodes what an output sends.
func (s *screenings) watch(o VideoOutput) VideoOutput {
	s.t.Helper()
	v, err := film.NewViewer(o.Codec)
	if err != nil {
		s.t.Fatal(err)
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.viewers[o.ID] = &viewer{Viewer: v, original: codec.Allocate(o.Width, o.Height)}
	return o
}

// Packet overrides that of told: it decodes.
func (s *screenings) Packet(f Frame) {
	s.lock.Lock()
	defer s.lock.Unlock()
	v := s.viewers[f.Stream]
	if v == nil {
		return
	}
	if v.Push(film.Packet{Seq: f.Seq, Timestamp: f.Timestamp, Marker: f.Marker, Payload: slices.Clone(f.Payload)}) {
		n := film.Number(v.Picture)
		v.numbers, v.stamps, v.times = append(v.numbers, n), append(v.stamps, v.Timestamp), append(v.times, time.Now())
		if len(v.numbers)%4 == 0 && v.Picture.Width == v.original.Width {
			film.Draw(v.original, n)
			v.psnr = append(v.psnr, film.PSNR(v.Picture, v.original))
		}
	}
}

// seen gives a copy of what an output has shown.
func (s *screenings) seen(id StreamID) viewer {
	s.lock.Lock()
	defer s.lock.Unlock()
	v := *s.viewers[id]
	v.numbers, v.stamps, v.psnr = slices.Clone(v.numbers), slices.Clone(v.stamps), slices.Clone(v.psnr)
	return v
}

func (s *screenings) wishes(id StreamID) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wanted {
		if w == id {
			n++
		}
	}
	return n
}

// reel sends a film to an input, in real time, with keyframes when they are wanted.
type reel struct {
	*film.Source
	s    *screenings
	id   StreamID
	tear func(p *film.Packet) bool // false loses a packet
	quit chan struct{}
	done chan struct{}
}

func (s *screenings) send(id StreamID, c media.Codec, width, height int, tear func(*film.Packet) bool) *reel {
	s.t.Helper()
	src, err := film.NewSource(c, width, height, 1_500_000)
	if err != nil {
		s.t.Fatal(err)
	}
	r := &reel{Source: src, s: s, id: id, tear: tear, quit: make(chan struct{}), done: make(chan struct{})}
	go r.run()
	s.t.Cleanup(r.stop)
	return r
}

func (r *reel) run() {
	defer close(r.done)
	defer r.Close()
	tick := time.NewTicker(time.Second / 30)
	defer tick.Stop()
	given := 0
	for {
		wanted := r.s.wishes(r.id)
		list, err := r.Next(wanted > given)
		given = wanted
		if err != nil {
			r.s.t.Error(err)
			return
		}
		for _, p := range list {
			if r.tear == nil || r.tear(&p) {
				r.s.meeting.WritePicture(Frame{Stream: r.id, Seq: p.Seq, Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload})
			}
		}
		select {
		case <-tick.C:
		case <-r.quit:
			return
		}
	}
}

func (r *reel) stop() {
	select {
	case <-r.quit:
	default:
		close(r.quit)
	}
	<-r.done
}

func asItIs(id, input StreamID, c media.Codec, width, height int) VideoOutput {
	return VideoOutput{
		ID: id, Codec: c, Profile: 66, Level: 31, Mode: 1, Width: width, Height: height, FPS: 30, Bitrate: 1_500_000,
		Scene: Scene{Layout: Single, Tiles: []Tile{{Owner: "a", Input: input}}},
	}
}

// showing is the graph of one output that shows input 1, and is watched.
func (s *screenings) showing(id StreamID, width, height int) Graph {
	s.t.Helper()
	return Graph{VideoInputs: []VideoInput{{ID: 1, Codec: media.H264}}, VideoOutputs: []VideoOutput{s.watch(asItIs(id, 1, media.H264, width, height))}}
}

// rises checks that what was shown goes forward, in numbers and in time.
func (v *viewer) rises(t *testing.T) {
	t.Helper()
	for i := 1; i < len(v.numbers); i++ {
		if v.numbers[i] < v.numbers[i-1] || int32(v.stamps[i]-v.stamps[i-1]) <= 0 {
			t.Errorf("picture %d at %d after %d at %d", v.numbers[i], v.stamps[i], v.numbers[i-1], v.stamps[i-1])
		}
	}
}

// Each codec becomes each other one, in a worker process over its socket.
func TestTranscode(t *testing.T) {
	s := screen(t)
	caps := s.sup.Available()
	var codecs []media.Codec
	for _, c := range caps.VideoEncode {
		if caps.Decodes(c) {
			codecs = append(codecs, c)
		}
	}
	if len(codecs) < 2 {
		t.Errorf("only %v go both ways", codecs)
	}
	id := StreamID(100)
	for i, in := range codecs {
		input := StreamID(1 + i)
		g := Graph{VideoInputs: []VideoInput{{ID: input, Codec: in}}}
		for _, out := range codecs {
			g.VideoOutputs = append(g.VideoOutputs, s.watch(asItIs(id, input, out, 352, 288)))
			id++
		}
		s.meeting.SetGraph(g)
		r := s.send(input, in, 352, 288, nil)
		for _, o := range g.VideoOutputs {
			s.compare(string(in)+" to "+string(o.Codec), o.ID)
		}
		r.stop()
	}
	if st := s.meeting.Stats(); st.Restarts != 0 {
		t.Errorf("%+v", st)
	}
}

// compare waits for some pictures of an output, which must be like those that were sent.
func (s *screenings) compare(name string, id StreamID) {
	s.t.Helper()
	eventually(s.t, name, func() bool { v := s.seen(id); return len(v.psnr) >= 6 })
	v := s.seen(id)
	v.rises(s.t)
	slices.Sort(v.psnr)
	median := v.psnr[len(v.psnr)/2]
	s.t.Logf("%-22s %d pictures, PSNR from %.1f, median %.1f dB", name, len(v.numbers), v.psnr[0], median)
	if median < 30 || v.Damaged > 0 || v.Keys > 3 {
		s.t.Errorf("%s: median PSNR %.1f dB, %d damaged, %d keyframes", name, median, v.Damaged, v.Keys)
	}
}

// With packets lost, pictures stand still until a keyframe that was asked for; what is
// shown is never damaged.
func TestPictureLoss(t *testing.T) {
	s := screen(t)
	s.meeting.SetGraph(s.showing(10, 640, 360))
	n := 0
	s.send(1, media.H264, 640, 360, func(*film.Packet) bool { n++; return n%60 != 0 })
	eventually(t, "recovery from several losses", func() bool {
		v := s.seen(10)
		return s.wishes(1) > 5 && len(v.psnr) > 10
	})
	v := s.seen(10)
	v.rises(t)
	for _, p := range v.psnr {
		if p < 28 {
			t.Errorf("a picture of %.1f dB was shown", p)
		}
	}
	eventually(t, "counters", func() bool {
		st := s.meeting.Stats().Worker
		return len(st.VideoInputs) == 1 && st.VideoInputs[0].Lost > 0 && st.VideoInputs[0].Damaged > 0 && st.VideoInputs[0].Wanted > 1
	})
}

// Thousands of packets of garbage on some inputs: the other one is shown as if nothing was. It is
// compared with a worker beside that gets none, for others may be busy on this machine.
func TestGarbage(t *testing.T) {
	s, control := screen(t), screen(t)
	caps := s.sup.Available()
	hostile := []StreamID{}
	for i := range caps.VideoDecode {
		hostile = append(hostile, StreamID(2+i))
	}
	both := []*screenings{s, control}
	for _, s := range both {
		g := s.showing(10, 320, 180)
		for i, c := range caps.VideoDecode {
			id := hostile[i]
			g.VideoInputs = append(g.VideoInputs, VideoInput{ID: id, Codec: c})
			g.VideoOutputs = append(g.VideoOutputs, asItIs(100+id, id, media.H264, 320, 180))
		}
		s.meeting.SetGraph(g)
		s.send(1, media.H264, 320, 180, nil)
	}
	shown := func() (n [2]int) {
		for i, s := range both {
			n[i] = len(s.seen(10).numbers)
		}
		return n
	}
	eventually(t, "pictures", func() bool { n := shown(); return min(n[0], n[1]) > 5 })
	r := rand.New(rand.NewPCG(5, 6))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	before := shown()
	for i := range 300 {
		<-tick.C
		for range 5 {
			for _, id := range hostile {
				s.meeting.WritePicture(garbage(r, id, i))
			}
		}
	}
	after := shown()
	if with, without := after[0]-before[0], after[1]-before[1]; with < without/2 || s.seen(10).Damaged > 0 {
		t.Errorf("%d pictures with garbage, %d without", with, without)
	}
	if st := s.meeting.Stats(); st.Restarts != 0 {
		t.Errorf("%d restarts", st.Restarts)
	}
}

// garbage is a packet of nonsense that may look like the beginning of something.
func garbage(r *rand.Rand, id StreamID, i int) Frame {
	b := make([]byte, r.IntN(MaxPacket))
	for j := range b {
		b[j] = byte(r.Uint32())
	}
	if len(b) > 12 {
		switch r.IntN(3) {
		case 0:
			copy(b, []byte{0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 0xff, 0x3f, 0xff, 0x3f})
		case 1:
			copy(b, []byte{0x67, 0x42, 0xc0, 0x1f, 0xff, 0xff})
		}
	}
	return Frame{Stream: id, Seq: uint16(i) + uint16(r.IntN(3)), Timestamp: uint32(i/3) * 3000, Marker: r.IntN(4) == 0, Payload: b}
}

// A worker that dies is started again with the graph; each output goes on with a
// keyframe and with rising numbers.
func TestPicturesAfterDeath(t *testing.T) {
	s := screen(t)
	s.meeting.SetGraph(s.showing(10, 320, 180))
	s.send(1, media.H264, 320, 180, nil)
	eventually(t, "pictures", func() bool { return len(s.seen(10).numbers) > 10 })
	s.meeting.link.Load().proc.kill()
	eventually(t, "a restart", func() bool { return len(s.restarted()) == 1 })
	n := len(s.seen(10).numbers)
	eventually(t, "pictures again", func() bool { return len(s.seen(10).numbers) > n+10 })
	v := s.seen(10)
	v.rises(t)
	if v.Keys < 2 {
		t.Errorf("%d keyframes", v.Keys)
	}
}

// A worker that wants more memory than it may have goes without what it cannot have, or
// dies alone and is started again, and that is counted. Other meetings know nothing of it.
func TestMemoryLimit(t *testing.T) {
	other := screen(t)
	other.meeting.SetGraph(other.showing(10, 320, 180))
	other.send(1, media.H264, 320, 180, nil)
	for name, limit := range map[string]int64{"pictures": 150 << 20, "anything": 40 << 20} {
		t.Run(name, func(t *testing.T) {
			s := screen(t, func(c *SupervisorConfig) { c.MemoryLimit = limit })
			g := Graph{VideoInputs: []VideoInput{{ID: 1, Codec: media.H264}}}
			for i := range StreamID(20) {
				o := asItIs(10+i, 1, media.H264, 1920, 1080)
				o.Bitrate += int(i) * 1000
				g.VideoOutputs = append(g.VideoOutputs, o)
			}
			s.meeting.SetGraph(g)
			s.send(1, media.H264, 320, 180, nil)
			if name == "anything" {
				eventually(t, "restarts", func() bool { return s.sup.Stats().Restarts > 1 })
				return
			}
			eventually(t, "the end or a refusal", func() bool {
				return s.sup.Stats().Restarts > 0 || strings.Contains(s.log.String(), "cannot serve")
			})
			s.meeting.SetGraph(Graph{VideoInputs: g.VideoInputs, VideoOutputs: []VideoOutput{s.watch(asItIs(99, 1, media.H264, 320, 180))}})
			eventually(t, "pictures again", func() bool { return len(s.seen(99).numbers) > 5 })
		})
	}
	n := len(other.seen(10).numbers)
	eventually(t, "pictures of the other meeting", func() bool { return len(other.seen(10).numbers) > n+5 })
	if n := other.sup.Stats().Restarts; n != 0 {
		t.Errorf("%d restarts of another meeting", n)
	}
}

// Bounds of a graph's pictures: sound goes on when they are broken.
func TestGraphBounds(t *testing.T) {
	long := strings.Repeat("x", MaxName+1)
	for name, g := range map[string]Graph{
		"inputs":  {VideoInputs: make([]VideoInput, MaxVideoInputs+1)},
		"outputs": {VideoOutputs: make([]VideoOutput, MaxVideoOutputs+1)},
		"tiles":   {VideoOutputs: []VideoOutput{{Scene: Scene{Tiles: make([]Tile, MaxTiles+1)}}}},
		"name":    {VideoOutputs: []VideoOutput{{Scene: Scene{Tiles: []Tile{{Name: long}}}}}},
		"owner":   {VideoOutputs: []VideoOutput{{Scene: Scene{Tiles: []Tile{{Owner: long}}}}}},
		"title":   {VideoOutputs: []VideoOutput{{Scene: Scene{Title: long}}}},
		"sets":    {VideoInputs: []VideoInput{{ParameterSets: strings.Repeat(long, 4)}}},
	} {
		if g.CheckPictures() == nil {
			t.Errorf("too much in %s is taken", name)
		}
		m := &Meeting{sup: &Supervisor{}, log: slog.New(slog.DiscardHandler), wanted: make(chan struct{}, 1)}
		g.Outputs = []Output{{ID: 5}}
		m.SetGraph(g)
		if len(m.graph.Outputs) != 1 || len(m.graph.VideoInputs)+len(m.graph.VideoOutputs) != 0 {
			t.Errorf("%s: %+v", name, m.graph)
		}
	}
	if err := (&Graph{}).CheckPictures(); err != nil {
		t.Error(err)
	}
}
