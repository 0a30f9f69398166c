package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/screen"
)

// Options say what a worker tells of itself.
type Options struct {
	Confinement transcode.Confinement
	Screens     *screen.Painter
}

// server is a worker at its socket.
type server struct {
	conn   io.ReadWriter
	queue  *wire.Queue
	engine *Engine
	begun  time.Time
	done   chan struct{}
	pings  atomic.Int32
	pinged chan struct{}        // wakes who rests
	graphs chan transcode.Graph // holds the latest
	video  *pictures
	meter  tickMeter
}

// Serve works for the gateway at the other end of conn until that closes it.
// It is an error when the gateway breaks the protocol.
func Serve(conn io.ReadWriteCloser, o Options) error {
	s := &server{conn: conn, queue: wire.NewQueue(), begun: time.Now(), done: make(chan struct{}), graphs: make(chan transcode.Graph, 1), pinged: make(chan struct{}, 1)}
	s.engine = NewEngine(s)
	s.video = newPictures(s.queue, o.Screens)
	hello, err := json.Marshal(transcode.Hello{Version: wire.Version, Capabilities: Capabilities(), Confinement: o.Confinement})
	if err != nil {
		return err
	}
	s.queue.Control(wire.Message{Kind: wire.Hello, Payload: hello})
	ends := make(chan struct{}, 2)
	go func() { s.write(); conn.Close(); ends <- struct{}{} }()
	go func() { s.run(); ends <- struct{}{} }()
	err = s.read()
	close(s.done)
	s.queue.Close()
	conn.Close()
	s.video.close()
	for range cap(ends) {
		<-ends
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// now is the engine's clock.
func (s *server) now() int64 { return int64(time.Since(s.begun)) }

func (s *server) write() {
	var buf []byte
	for {
		if cap(buf) > 1<<20 {
			buf = nil
		}
		buf = s.queue.Take(buf, nil)
		if len(buf) == 0 {
			return
		}
		if _, err := s.conn.Write(buf); err != nil {
			return
		}
	}
}

// read takes the gateway's messages. The clock is read once for all that came
// with one read.
func (s *server) read() error {
	r := wire.NewReader(s.conn)
	now := s.now()
	for {
		fresh := !r.Buffered()
		m, err := r.Next()
		if err != nil {
			return err
		}
		if fresh {
			now = s.now()
		}
		if err := s.handle(m, now); err != nil {
			return fmt.Errorf("%v message: %w", m.Kind, err)
		}
	}
}

func (s *server) handle(m wire.Message, now int64) error {
	switch m.Kind {
	case wire.Frame:
		s.engine.Write(transcode.Frame{Stream: transcode.StreamID(m.ID), Seq: m.Seq, Timestamp: m.Timestamp, Marker: m.Marker(), Payload: m.Payload}, now)
	case wire.Graph:
		return s.graph(m.Payload)
	case wire.Ping:
		s.pings.Add(1)
		select {
		case s.pinged <- struct{}{}:
		default:
		}
	case wire.Still, wire.Picture, wire.Decode, wire.DecodeClose, wire.AccessUnit:
		return s.video.handle(m)
	default:
		return errors.New("not one that the gateway sends")
	}
	return nil
}

func (s *server) graph(body []byte) error {
	var g transcode.Graph
	if err := json.Unmarshal(body, &g); err != nil {
		return err
	}
	select { // an older one that was not taken up yet is void
	case <-s.graphs:
	default:
	}
	s.graphs <- g
	return nil
}

// maxStall is how far behind the clock the engine catches up by ticking faster.
const maxStall = int64(500 * time.Millisecond)

// run ticks the engine at the pace of the clock. The times of ticks are
// computed, not read, so that no error adds up.
func (s *server) run() {
	defer s.engine.Close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	next := s.now()
	for {
		select {
		case <-timer.C:
		case <-s.done:
			return
		}
		for now := s.now(); next <= now; now = s.now() {
			if behind := now - next; behind > maxStall {
				skip := behind / tickTime
				s.engine.Skip(int(skip))
				s.meter.skipped += uint64(skip)
				next += skip * tickTime
			}
			s.tick(next, now)
			next += tickTime
		}
		if s.engine.Idle() {
			if !s.rest() {
				return
			}
			next = s.now()
		}
		timer.Reset(time.Duration(next - s.now()))
	}
}

// rest waits, without ticking, while there is nothing to mix: a meeting of
// pictures alone costs nothing. It is false at the end.
func (s *server) rest() bool {
	for s.engine.Idle() {
		select {
		case g := <-s.graphs:
			s.arrange(g)
		case <-s.pinged:
			s.pong()
		case <-s.done:
			return false
		}
	}
	return true
}

func (s *server) arrange(g transcode.Graph) {
	for _, r := range s.engine.SetGraph(g) {
		s.queue.Control(wire.Message{Kind: wire.Error, ID: uint32(r.Stream), Seq: uint16(wire.Graph), Payload: []byte(r.Reason)})
	}
}

func (s *server) pong() {
	for s.pings.Load() > 0 {
		s.pings.Add(-1)
		s.queue.Control(wire.Message{Kind: wire.Pong})
	}
}

func (s *server) tick(at, now int64) {
	select {
	case g := <-s.graphs:
		s.arrange(g)
	default:
	}
	s.engine.Tick(at)
	s.pong()
	s.meter.add(s.now()-now, now-at)
	if s.meter.ticks == statsTicks {
		s.report()
	}
}

// Frame sends a frame that the engine made.
func (s *server) Frame(f transcode.Frame) {
	m := wire.Message{Kind: wire.Frame, ID: uint32(f.Stream), Seq: f.Seq, Timestamp: f.Timestamp, Payload: f.Payload}
	if f.Marker {
		m.Flags = wire.FlagMarker
	}
	s.queue.Frame(m)
}

// Levels sends the loudness of the inputs.
func (s *server) Levels(l []transcode.Level) {
	body, err := json.Marshal(l)
	if err == nil {
		s.queue.Control(wire.Message{Kind: wire.Levels, Payload: body})
	}
}

const statsTicks = 100

// tickMeter measures what ticks cost, over a second.
type tickMeter struct {
	ticks, skipped uint64
	sum, max       int64
	allLate        uint64
}

func (t *tickMeter) add(cost, late int64) {
	t.ticks++
	t.sum += cost
	t.max = max(t.max, cost)
	if late > tickTime {
		t.allLate++
	}
}

func (s *server) report() {
	st := s.engine.Stats()
	st.Late, st.Skipped = s.meter.allLate, s.meter.skipped
	st.TickUS = float64(s.meter.sum) / float64(s.meter.ticks) / 1e3
	st.MaxUS = float64(s.meter.max) / 1e3
	st.HeapKB = heapKB()
	s.meter.ticks, s.meter.sum, s.meter.max = 0, 0, 0
	st.Inputs = st.Inputs[:min(len(st.Inputs), 150)] // what fits a message
	body, err := json.Marshal(st)
	if err == nil {
		s.queue.Control(wire.Message{Kind: wire.Stats, Payload: body})
	}
}

func heapKB() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64() >> 10
}
