package transcode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/transcode/wire"
)

// maxStreams bounds a graph.
const maxStreams = 1024

// Meeting is one meeting's worker as the gateway sees it: a process that is
// started when there is work, started again when it dies, and ended when there
// was none for a while. Its methods are safe from any goroutine.
type Meeting struct {
	sup  *Supervisor
	name string
	ev   Events
	log  *slog.Logger

	words         *stderr
	link          atomic.Pointer[link] // the running worker, nil while there is none
	waiting       atomic.Bool          // there is work, but as many workers run as may
	unsent        atomic.Uint64        // frames written while there was no worker
	unsentPackets atomic.Uint64        // likewise of pictures
	wanted        chan struct{}        // holds one: there may be work
	closing       chan struct{}
	end           sync.Once
	done          chan struct{} // closed when run has returned

	version atomic.Uint64 // of graph

	mu             sync.Mutex
	graph          Graph
	encoded        []byte // graph as JSON
	requests       requests
	holds          int // how many want the worker to stay though it has nothing to do
	restarts       uint64
	worker         WorkerStats
	dropped        uint64 // frames dropped by the queues of workers before this one
	droppedPackets uint64 // likewise of pictures
	foreign        uint64 // messages of workers about streams that do not exist

	renumber renumbering // the reader's alone
	shown    decodedCounts
}

func newMeeting(s *Supervisor, name string, ev Events) *Meeting {
	return &Meeting{
		sup: s, name: name, ev: ev, log: s.log.With("meeting", name),
		wanted: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
		requests: newRequests(), words: newStderr(s.log.With("meeting", name)),
	}
}

// SetGraph tells the worker what to do from now on. The latest graph wins and
// is given again to a worker that was started anew.
func (m *Meeting) SetGraph(g Graph) {
	if len(g.Inputs)+len(g.Outputs) > maxStreams {
		m.log.Error("graph refused: too many streams", "inputs", len(g.Inputs), "outputs", len(g.Outputs))
		return
	}
	if err := g.CheckPictures(); err != nil { // sound goes on
		m.log.Error("pictures of the graph refused", "error", err)
		g.VideoInputs, g.VideoOutputs = nil, nil
	}
	encoded, err := json.Marshal(g)
	if err != nil || len(encoded) > wire.Graph.MaxPayload() {
		m.log.Error("graph refused", "bytes", len(encoded), "error", err)
		return
	}
	m.mu.Lock()
	m.graph, m.encoded = g, encoded
	m.version.Add(1)
	if l := m.link.Load(); l != nil {
		l.queue.Control(wire.Message{Kind: wire.Graph, Payload: encoded})
	}
	m.mu.Unlock()
	if !g.empty() {
		m.need()
	}
}

// need wakes run when no worker runs. It is called once the work is written down.
func (m *Meeting) need() {
	select {
	case m.wanted <- struct{}{}:
	default:
	}
}

// busy tells whether there is work for a worker.
func (m *Meeting) busy() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.work()
}

func (m *Meeting) work() bool {
	return m.holds > 0 || !m.graph.empty() || len(m.requests.waiting)+len(m.requests.decoders) > 0
}

// Hold keeps a worker running though there is nothing to do, for who will ask it soon and cannot
// wait for its start. release, which may be called once, ends that.
func (m *Meeting) Hold() (release func()) {
	hold := func(n int) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.holds += n
	}
	hold(1)
	m.need()
	return func() { hold(-1) }
}

// Write gives the worker one encoded frame of an input. It never blocks: what
// the worker does not take in time is dropped, the oldest first, and counted.
func (m *Meeting) Write(f Frame) {
	l := m.link.Load()
	if l == nil {
		m.unsent.Add(1)
		return
	}
	msg := wire.Message{Kind: wire.Frame, ID: uint32(f.Stream), Seq: f.Seq, Timestamp: f.Timestamp, Payload: f.Payload}
	if f.Marker {
		msg.Flags = wire.FlagMarker
	}
	l.queue.Frame(msg)
}

// WritePicture gives the worker one RTP payload of a picture input. It never
// blocks: what the worker does not take in time is dropped, the oldest first,
// and counted.
func (m *Meeting) WritePicture(f Frame) {
	l := m.link.Load()
	if l == nil {
		m.unsentPackets.Add(1)
		return
	}
	msg := wire.Message{Kind: wire.Packet, ID: uint32(f.Stream), Seq: f.Seq, Timestamp: f.Timestamp, Payload: f.Payload}
	if f.Marker {
		msg.Flags = wire.FlagMarker
	}
	l.queue.Packet(msg)
}

// Refresh asks for a keyframe of a picture output. Those that begin have one
// without being asked.
func (m *Meeting) Refresh(id StreamID) {
	if l := m.link.Load(); l != nil {
		l.queue.Control(wire.Message{Kind: wire.Refresh, ID: uint32(id)})
	}
}

// MeetingStats is what is known of a meeting's worker.
type MeetingStats struct {
	PID      int
	Waiting  bool // there is work, but as many workers run as may
	Restarts uint64
	Dropped  uint64 // frames that did not reach the worker
	Packets  uint64 // packets of pictures that did not reach the worker
	Foreign  uint64 // messages about unknown streams that the worker sent
	Worker   WorkerStats
}

// Stats gives the counters; those of the worker are at most a second old.
func (m *Meeting) Stats() MeetingStats {
	m.mu.Lock()
	defer m.mu.Unlock()
	st := MeetingStats{Waiting: m.waiting.Load(), Restarts: m.restarts, Foreign: m.foreign, Worker: m.worker, Dropped: m.dropped + m.unsent.Load(), Packets: m.droppedPackets + m.unsentPackets.Load()}
	if l := m.link.Load(); l != nil {
		st.PID = l.proc.proc.Pid
		st.Dropped += l.queue.Dropped()
		st.Packets += l.queue.DroppedPackets()
	}
	return st
}

// PID is the worker's process id, 0 while none runs.
func (m *Meeting) PID() int {
	if l := m.link.Load(); l != nil {
		return l.proc.proc.Pid
	}
	return 0
}

// Close ends the worker and waits for its end. After it no event comes. It
// must not be called from an event.
func (m *Meeting) Close() {
	m.stop()
	<-m.done
}

func (m *Meeting) stop() { m.end.Do(func() { close(m.closing) }) }

func (m *Meeting) stopped() bool {
	select {
	case <-m.closing:
		return true
	default:
		return false
	}
}

// run keeps a worker alive while there is work, until Close.
func (m *Meeting) run() {
	defer close(m.done)
	defer m.sup.forget(m)
	defer func() {
		m.mu.Lock()
		m.requests.failAll(ErrClosed)
		m.mu.Unlock()
	}()
	var again backoff
	reason := ""
	for {
		for !m.busy() {
			select {
			case <-m.wanted:
			case <-m.closing:
				return
			}
		}
		if !m.turn() {
			return
		}
		begun := time.Now()
		err := m.serve(reason)
		<-m.sup.slots
		if m.stopped() {
			return
		}
		if errors.Is(err, errIdle) {
			reason, again = "", backoff{}
			continue
		}
		reason = err.Error()
		pause := again.next(time.Since(begun))
		m.log.Error("media worker died, it is started again", "reason", reason, "lived", time.Since(begun).Round(time.Millisecond), "pause", pause)
		m.countRestart()
		select {
		case <-time.After(pause):
		case <-m.closing:
			return
		}
	}
}

// turn waits until another worker may run; false is that the meeting closes.
func (m *Meeting) turn() bool {
	select {
	case m.sup.slots <- struct{}{}:
		return true
	default:
	}
	m.log.Warn("as many media workers run as may: this meeting waits for one", "most", m.sup.cfg.MaxWorkers)
	m.waiting.Store(true)
	defer m.waiting.Store(false)
	select {
	case m.sup.slots <- struct{}{}:
		return true
	case <-m.closing:
		return false
	}
}

func (m *Meeting) countRestart() {
	m.mu.Lock()
	m.restarts++
	m.mu.Unlock()
	m.sup.countRestart()
}

// backoff spaces the restarts of a worker that keeps dying.
type backoff struct{ early int }

const (
	healthy   = 10 * time.Second // a worker that lived so long starts again at once
	firstWait = 100 * time.Millisecond
	longWait  = 5 * time.Second
)

// next gives the pause before the next start: none after a worker that lived
// or the first time, then twice as long each time.
func (b *backoff) next(lived time.Duration) time.Duration {
	if lived >= healthy {
		b.early = 0
	}
	b.early++
	if b.early == 1 {
		return 0
	}
	return min(firstWait<<min(b.early-2, 10), longWait)
}

// Still asks the worker for a picture with text. It gives the NAL units of
// one access unit without start codes: SPS, PPS and the slices of an IDR picture.
func (m *Meeting) Still(ctx context.Context, s Still) ([][]byte, error) {
	if !m.sup.Available().Stills() {
		return nil, errors.New("transcode: this media worker makes no pictures")
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	if len(body) > wire.Still.MaxPayload() {
		return nil, fmt.Errorf("transcode: text of a still picture is too long")
	}
	answer, err := m.ask(ctx, &request{kind: wire.Still, body: body, reply: make(chan reply, 1)})
	if err != nil {
		return nil, err
	}
	return splitUnits(answer, s)
}

// ask sends a request to this worker or, should it die, to the next one, and
// waits for the answer.
func (m *Meeting) ask(ctx context.Context, r *request) ([]byte, error) {
	m.mu.Lock()
	if m.stopped() {
		m.mu.Unlock()
		return nil, ErrClosed
	}
	id := m.requests.add(r)
	if l := m.link.Load(); l != nil {
		r.send(l.queue, id)
	}
	m.mu.Unlock()
	m.need()
	defer func() {
		m.mu.Lock()
		m.requests.remove(id)
		m.mu.Unlock()
	}()
	select {
	case a := <-r.reply:
		return a.body, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-m.closing:
		return nil, ErrClosed
	}
}
