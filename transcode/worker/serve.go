package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/transcode"
	"github.com/roombridge/roombridge/transcode/wire"
	"github.com/roombridge/roombridge/transcode/worker/screen"
	"github.com/roombridge/roombridge/transcode/worker/video"
)

// Options say what a worker tells of itself and how it works.
type Options struct {
	Confinement transcode.Confinement
	Screens     *screen.Painter
	CPUs        int // processors that picture codecs use at once, 0 is all
	Nice        int // scheduling priority of the process
}

// server is a worker at its socket.
type server struct {
	conn     io.ReadWriteCloser
	queue    *wire.Queue
	engine   *Engine
	begun    time.Time
	done     chan struct{}
	pings    atomic.Int32
	pinged   chan struct{}        // wakes who rests
	graphs   chan transcode.Graph // holds the latest
	requests *requests
	video    *video.Engine
	meter    tickMeter
	sound    chan transcode.WorkerStats // holds the latest counters of the engine

	starved atomic.Pointer[error] // why this worker gives up
	ending  sync.Once

	packetMu sync.Mutex
	packets  []wire.Message
}

// Serve works for the gateway at the other end of conn until that closes it.
// It is an error when the gateway breaks the protocol.
func Serve(conn io.ReadWriteCloser, o Options) error {
	s := &server{conn: conn, queue: wire.NewQueue(), begun: time.Now(), done: make(chan struct{}), graphs: make(chan transcode.Graph, 1), pinged: make(chan struct{}, 1), sound: make(chan transcode.WorkerStats, 1)}
	s.engine = NewEngine(s)
	s.requests = newRequests(s.queue, o.Screens)
	s.video = video.New(video.Options{Build: video.Native(o.Screens), CPUs: o.CPUs, Lower: lower(o.Nice)}, s)
	hello, err := json.Marshal(transcode.Hello{Version: wire.Version, Capabilities: Capabilities(), Confinement: o.Confinement})
	if err != nil {
		return err
	}
	s.queue.Control(wire.Message{Kind: wire.Hello, Payload: hello})
	ends := make(chan struct{}, 3)
	go func() { s.write(); s.end(); ends <- struct{}{} }()
	go func() { s.run(); ends <- struct{}{} }()
	go func() { s.report(); ends <- struct{}{} }()
	err = s.read()
	close(s.done)
	s.queue.Close()
	s.end()
	s.requests.close()
	s.video.Close()
	for range cap(ends) {
		<-ends
	}
	if why := s.starved.Load(); why != nil {
		return fmt.Errorf("worker: no picture could be encoded for too long: %w", *why)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// end ends the connection, with which the worker ends.
func (s *server) end() { s.ending.Do(func() { s.conn.Close() }) }

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
	case wire.Packet:
		s.video.Write(transcode.Frame{Stream: transcode.StreamID(m.ID), Seq: m.Seq, Timestamp: m.Timestamp, Marker: m.Marker(), Payload: m.Payload})
	case wire.Refresh:
		s.video.Refresh(transcode.StreamID(m.ID))
	case wire.Graph:
		return s.graph(m.Payload)
	case wire.Ping:
		s.pings.Add(1)
		select {
		case s.pinged <- struct{}{}:
		default:
		}
	case wire.Still, wire.Speech, wire.Picture, wire.Decode, wire.DecodeClose, wire.AccessUnit:
		return s.requests.handle(m)
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
	if err := g.CheckPictures(); err != nil {
		return err
	}
	s.video.SetGraph(g)
	select { // an older one that was not taken up yet is void
	case <-s.graphs:
	default:
	}
	s.graphs <- g
	return nil
}

// maxStall is how far behind the clock the engine catches up by ticking faster.
const maxStall = int64(500 * time.Millisecond)

// run ticks the engine at the pace of the clock, on a thread of its own: those of
// picture codecs have a lower priority. The times of ticks are computed, not
// read, so that no error adds up.
func (s *server) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
		s.count()
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
