package transcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/roombridge/roombridge/transcode/wire"
)

// Patience with a worker.
const (
	helloWait   = 10 * time.Second       // from start to hello
	pingEvery   = 500 * time.Millisecond // while it says nothing else
	pongWait    = 4 * time.Second        // then it hangs and is killed; on a loaded machine a worker may wait for its turn
	goodbyeWait = 500 * time.Millisecond // from our goodbye to its end
)

// link is the connection to one worker process.
type link struct {
	proc    *process
	queue   *wire.Queue
	greeted chan struct{} // closed by the reader when the hello was good
	heard   atomic.Bool   // it said something since the last look
	reading chan error    // the reader's last words
	writing chan error    // the writer's, if it failed
}

// serve runs one worker until it dies or the meeting closes. The error says
// why it died. reason is why the one before died, empty for the first.
func (m *Meeting) serve(reason string) error {
	if m.stopped() {
		return ErrClosed
	}
	proc, err := m.sup.launch.start(m.sup.path, m.sup.cfg)
	if err != nil {
		return fmt.Errorf("media worker does not start: %w", err)
	}
	l := &link{proc: proc, queue: wire.NewQueue(), greeted: make(chan struct{}), reading: make(chan error, 1), writing: make(chan error, 1)}
	tell := m.words
	tell.listen()
	ends := make(chan struct{}, 3)
	go func() { tell.copy(proc.stderr); ends <- struct{}{} }()
	go func() { l.write(); ends <- struct{}{} }()
	go func() { m.read(l, reason); ends <- struct{}{} }()
	err = m.watch(l)
	m.leave(l)
	l.finish(m.stopped() || errors.Is(err, errIdle))
	for range cap(ends) {
		<-ends
	}
	if last := tell.last(); last != "" && err != nil {
		err = fmt.Errorf("%w; it said: %s", err, last)
	}
	return err
}

// watch waits for whatever ends this worker: its death, a protocol error, no
// answer to pings, or our Close.
func (m *Meeting) watch(l *link) error {
	hello := time.NewTimer(helloWait)
	defer hello.Stop()
	select {
	case <-l.greeted:
	case <-l.proc.exited:
		return l.early(l.cause(errGone, l.reading))
	case err := <-l.reading:
		return l.early(l.cause(err, nil))
	case <-hello.C:
		return errors.New("it said no hello")
	case <-m.closing:
		return nil
	}
	return m.guard(l)
}

// early says of an error that it came before the hello, if it did.
func (l *link) early(err error) error {
	select {
	case <-l.greeted:
		return err
	default:
		return fmt.Errorf("before it said hello: %w", err)
	}
}

// errIdle is the end of a worker that had nothing to do.
var errIdle = errors.New("it had nothing to do")

// guard waits while a worker serves, and pings it when it is silent.
func (m *Meeting) guard(l *link) error {
	tick := time.NewTicker(min(pingEvery, m.sup.cfg.Idle))
	defer tick.Stop()
	heard := time.Now()
	busy := heard
	for {
		select {
		case <-tick.C:
			now := time.Now()
			switch {
			case l.heard.Swap(false):
				heard = now
			case now.Sub(heard) > pongWait:
				return fmt.Errorf("it has not answered for %v", pongWait)
			default:
				l.queue.Control(wire.Message{Kind: wire.Ping})
			}
			if m.busy() {
				busy = now
			} else if now.Sub(busy) >= m.sup.cfg.Idle && m.retire(l) {
				return errIdle
			}
		case err := <-l.reading:
			return l.cause(err, nil)
		case err := <-l.writing:
			return l.cause(err, l.reading)
		case <-l.proc.exited:
			return l.cause(errGone, l.reading)
		case <-m.closing:
			return nil
		}
	}
}

// errGone is a connection that is closed: there must be a reason elsewhere.
var errGone = errors.New("it closed the connection")

// lastWords is how long the other half of an explanation is waited for.
const lastWords = 100 * time.Millisecond

// cause finds out why a worker is lost. A broken protocol tells more than the
// death that follows, and a death more than the closed socket that follows it.
func (l *link) cause(err error, reading <-chan error) error {
	late := time.After(lastWords)
	for exited := l.proc.exited; errors.Is(err, errGone) && (exited != nil || reading != nil); {
		select {
		case <-exited:
			exited = nil
		case e := <-reading:
			if reading = nil; !errors.Is(e, errGone) {
				return e
			}
		case <-late:
			exited, reading = nil, nil
		}
	}
	select {
	case <-l.proc.exited:
		if errors.Is(err, errGone) {
			return errors.New(l.proc.how)
		}
	default:
	}
	return err
}

// retire takes the link away unless work has come meanwhile: what comes from
// now on is for the next worker.
func (m *Meeting) retire(l *link) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.work() && m.link.CompareAndSwap(l, nil)
}

// leave takes the link away from the meeting's other goroutines.
func (m *Meeting) leave(l *link) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.link.CompareAndSwap(l, nil)
	m.dropped += l.queue.Dropped()
	m.droppedPackets += l.queue.DroppedPackets()
	for _, d := range m.requests.decoders {
		d.workerLost()
	}
}

// finish ends the process, gently after our goodbye, and waits until it was reaped.
func (l *link) finish(gently bool) {
	l.queue.Close()
	if !gently {
		l.proc.kill()
	}
	l.proc.conn.Close()
	select {
	case <-l.proc.exited:
	case <-time.After(goodbyeWait):
		l.proc.kill()
		<-l.proc.exited
	}
	l.proc.stderr.Close()
}

// keepBuffer is the largest write buffer kept after a picture went through.
const keepBuffer = 1 << 20

// write sends what is queued, all that waits in one call.
func (l *link) write() {
	var buf []byte
	for {
		if cap(buf) > keepBuffer {
			buf = nil
		}
		buf = l.queue.Take(buf, nil)
		if len(buf) == 0 {
			if l.queue.Failed() {
				l.writing <- errors.New("it does not read what it is sent")
			}
			return
		}
		if _, err := l.proc.conn.Write(buf); err != nil {
			l.writing <- fmt.Errorf("%w: %w", errGone, err)
			return
		}
	}
}

// read takes the worker's messages until the connection ends.
func (m *Meeting) read(l *link, reason string) {
	r := wire.NewReader(l.proc.conn)
	err := m.greet(l, r, reason)
	if err == nil {
		err = m.receive(l, r)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) {
		err = errGone
	}
	l.reading <- err
}

// greet checks the hello and gives the worker all it needs to know.
func (m *Meeting) greet(l *link, r *wire.Reader, reason string) error {
	msg, err := r.Next()
	if err != nil {
		return err
	}
	var h Hello
	if msg.Kind != wire.Hello {
		return fmt.Errorf("its first message is %v", msg.Kind)
	}
	if err := json.Unmarshal(msg.Payload, &h); err != nil {
		return fmt.Errorf("its hello: %w", err)
	}
	if h.Version != wire.Version {
		return fmt.Errorf("it speaks protocol version %d, not %d", h.Version, wire.Version)
	}
	m.sup.tellConfinement(h.Confinement, l.proc.namespaces)
	m.mu.Lock()
	if m.encoded != nil {
		l.queue.Control(wire.Message{Kind: wire.Graph, Payload: m.encoded})
	}
	m.requests.askAgain(l.queue)
	m.link.Store(l)
	m.mu.Unlock()
	m.renumber.restarted()
	m.shown = decodedCounts{}
	close(l.greeted)
	m.log.Info("media worker runs", "pid", l.proc.proc.Pid)
	if reason != "" {
		m.ev.Restarted(reason)
	}
	return nil
}
