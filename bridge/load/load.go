// Package load knows how busy the gateway is and refuses new calls before
// running ones suffer.
//
// Three signs count: the processor time of the gateway and its media workers
// (over ten seconds, and without what workers use to start, so that a row of
// call set-ups does not count), the share of time that the busiest event loop
// of the packet path works, and how long packets wait for their loop (over
// three seconds). Waiting counts only while the gateway itself is at work: what
// else runs on the machine is no reason to refuse calls. A call that was just
// admitted has no media yet; it counts with what calls cost on average.
package load

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Reading is what one look at the gateway shows.
type Reading struct {
	CPU  time.Duration // processor time of the gateway and its workers since the beginning
	Busy float64       // share of the last second that the busiest loop worked, 0 to 1
	Late float64       // share of reads in that second that were late for somebody who measures, 0 to 1
	Wait time.Duration // what nearly all packets of that second had waited at most
}

// Config says what counts as too much.
type Config struct {
	Limit  float64          // share of processor or loop time, 0 to 1; 0 refuses nobody
	CPUs   int              // processors that the gateway may use
	Read   func() Reading   // called once a second
	Calls  func() int       // calls that run
	Now    func() time.Time // nil is time.Now
	Log    *slog.Logger     // nil is silent
	Period time.Duration    // between two readings; 0 is a second
}

// Status is the load as people see it.
type Status struct {
	CPU        float64       // share of the processors used, over ten seconds
	Loop       float64       // share of the busiest loop's time, over three seconds
	Late       float64       // share of late reads, over three seconds
	Wait       time.Duration // what nearly all packets wait at most, in the best of three seconds
	Limit      float64
	Overloaded bool
	Reason     string // why, when overloaded
	Headroom   int    // calls like the running ones that would still fit; -1 is unknown
}

// The windows and thresholds.
const (
	cpuWindow  = 10 // readings
	loopWindow = 3
	waitLimit  = 50 * time.Millisecond // people notice
	waitRelief = 20 * time.Millisecond
	atWork     = 0.75 // of the limit; below it packets wait because of what else runs on the machine
	relief     = 0.1  // below the limit by this much the gateway takes calls again
	settling   = 5    // readings until a call's media shows in them
	fewCalls   = 10   // below this the cost of a call is not known
)

// Meter watches the load.
type Meter struct {
	cfg  Config
	stop chan struct{}
	done chan struct{}

	mu       sync.Mutex
	past     []sample // the newest last, at most cpuWindow+1
	fresh    int      // calls admitted since the last reading
	status   Status
	perCall  float64 // loop time that a call takes
	running  int
	ended    int   // calls between the last two readings
	admitted []int // for each of the last settling readings, without as many as ended: those bring no media
}

type sample struct {
	Reading
	at time.Time
}

// New starts watching.
func New(cfg Config) *Meter {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Period <= 0 {
		cfg.Period = time.Second
	}
	m := &Meter{cfg: cfg, stop: make(chan struct{}), done: make(chan struct{}), status: Status{Limit: cfg.Limit, Headroom: -1}}
	go m.run()
	return m
}

func (m *Meter) run() {
	defer close(m.done)
	tick := time.NewTicker(m.cfg.Period)
	defer tick.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-tick.C:
			m.take(m.cfg.Read(), m.cfg.Calls(), m.cfg.Now())
		}
	}
}

// Close stops watching.
func (m *Meter) Close() {
	close(m.stop)
	<-m.done
}

// Status is the latest state.
func (m *Meter) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// Admit takes one more call or participant into account, or gives the
// *bridge.Refusal that says why there is no room for it.
func (m *Meter) Admit() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.status
	if m.cfg.Limit <= 0 {
		return nil
	}
	if s.Overloaded {
		return &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the gateway is busy: " + s.Reason}
	}
	coming := max(m.fresh-m.ended, 0) + m.coming()
	if expected := s.Loop + float64(coming+1)*m.perCall; expected > m.cfg.Limit {
		return &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: fmt.Sprintf("the gateway is busy: with the calls that are starting its relaying takes %.0f %% of the time it has", 100*expected)}
	}
	m.fresh++
	return nil
}

// coming counts calls that run and whose media does not yet show.
func (m *Meter) coming() (n int) {
	for _, a := range m.admitted {
		n += a
	}
	return n
}

// take enters a reading.
func (m *Meter) take(r Reading, running int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.past = append(m.past, sample{r, now})
	if len(m.past) > cpuWindow+1 {
		m.past = append(m.past[:0], m.past[1:]...)
	}
	m.ended = max(m.running+m.fresh-running, 0)
	if m.admitted = append(m.admitted, max(m.fresh-m.ended, 0)); len(m.admitted) > settling {
		m.admitted = append(m.admitted[:0], m.admitted[1:]...)
	}
	m.fresh, m.running = 0, running
	was := m.status
	m.judge()
	if is := m.status; is.Overloaded != was.Overloaded {
		if is.Overloaded {
			m.cfg.Log.Warn("new calls are refused", "reason", is.Reason, "calls", running)
		} else {
			m.cfg.Log.Info("new calls are taken again", "cpu", is.CPU, "loop", is.Loop, "calls", running)
		}
	}
}

// judge makes the status of the readings.
func (m *Meter) judge() {
	s := &m.status
	s.CPU, s.Loop, s.Late = m.cpu(), 0, 0
	recent := m.past[max(len(m.past)-loopWindow, 0):]
	s.Wait = recent[0].Wait
	for _, p := range recent {
		s.Wait = min(s.Wait, p.Wait)
		s.Loop += p.Busy / float64(len(recent))
		s.Late += p.Late / float64(len(recent))
	}
	m.perCall = 0
	if n := m.running - m.coming(); n >= fewCalls {
		m.perCall = s.Loop / float64(n)
	}
	s.Headroom = m.headroom()
	whole := len(m.past) > cpuWindow
	s.Reason = ""
	margin, wait := 0.0, waitLimit
	if s.Overloaded {
		margin, wait = relief, waitRelief
	}
	switch limit := m.cfg.Limit - margin; {
	case m.cfg.Limit <= 0:
	case whole && s.CPU > limit:
		s.Reason = fmt.Sprintf("it uses %.0f %% of its processors", 100*s.CPU)
	case len(m.past) >= loopWindow && s.Loop > limit:
		s.Reason = fmt.Sprintf("its relaying takes %.0f %% of the time it has", 100*s.Loop)
	case len(m.past) >= loopWindow && s.Wait > wait && max(s.CPU, s.Loop) > limit*atWork:
		s.Reason = fmt.Sprintf("packets wait for %v", s.Wait)
	}
	s.Overloaded = s.Reason != ""
}

// cpu is the share of the processors used between the oldest and the newest reading.
func (m *Meter) cpu() float64 {
	first, last := m.past[0], m.past[len(m.past)-1]
	wall := last.at.Sub(first.at).Seconds() * float64(max(m.cfg.CPUs, 1))
	if wall <= 0 {
		return 0
	}
	return max((last.CPU-first.CPU).Seconds()/wall, 0) // a worker that is just ending counts nowhere
}

// headroom is how many calls like those that run would still fit.
func (m *Meter) headroom() int {
	s := m.status
	use := max(s.CPU, s.Loop)
	if m.cfg.Limit <= 0 || m.running < fewCalls || use <= 0 {
		return -1
	}
	return int(max(m.cfg.Limit-use, 0) / (use / float64(m.running)))
}
