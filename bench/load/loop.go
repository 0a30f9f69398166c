package load

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/roombridge/roombridge/bench/udp"
)

// Config says what sources send.
type Config struct {
	Addr    netip.Addr // of the generator's sockets
	Packets int        // in a burst
	Rate    int        // bursts a second
	Size    int        // of an RTP packet before sealing, bytes
	Segment bool       // hand bursts over as a network card with receive offload would
	Joined  bool       // take them as one with segmentation offload would
}

// Loop is the generator: one thread that sends, receives and measures.
type Loop struct {
	cfg   Config
	ticks uint32 // RTP time between bursts
	epoll int
	wake  int // eventfd
	done  chan struct{}

	mu    sync.Mutex
	todo  []func()
	ended bool

	// Of the loop's goroutine.
	legs     []*Leg // nil: closed
	sources  []*Source
	canvases map[int]*canvas
	rx       *udp.Receiver
	tx       udp.Sender
	running  bool
	start    int64 // planned time of the first source's first burst
	next     int   // source whose turn it is
	round    int64 // how often all had theirs
	tickAt   int64
	ticked   int
	measured bool
	skips    int // times that the plan was given up
	delays   [2]Histogram
	late     Histogram
}

// NewLoop starts a loop.
func NewLoop(cfg Config) (*Loop, error) {
	l := &Loop{
		cfg: cfg, ticks: uint32(90000 / cfg.Rate), done: make(chan struct{}), canvases: map[int]*canvas{}, rx: udp.NewReceiver(cfg.Joined),
	}
	var err error
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.epoll)
		return nil, fmt.Errorf("load: %w", err)
	}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, l.wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1}); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	go l.run()
	return l, nil
}

// Do has something done by the loop and waits for it. After Close it does nothing.
func (l *Loop) Do(f func()) {
	done := make(chan struct{})
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	l.todo = append(l.todo, func() { f(); close(done) })
	l.mu.Unlock()
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = unix.Write(l.wake, one[:])
	<-done
}

// Close ends the loop and closes all legs.
func (l *Loop) Close() {
	l.Do(func() {
		for _, leg := range l.legs {
			if leg != nil {
				leg.sock.Close()
			}
		}
		l.mu.Lock()
		l.ended = true
		l.mu.Unlock()
	})
	<-l.done
}

// Open makes a leg.
func (l *Loop) Open() (*Leg, error) {
	s, err := udp.Open(l.cfg.Addr, udp.Options{Stamps: true, Joined: l.cfg.Joined})
	if err != nil {
		return nil, err
	}
	leg := &Leg{loop: l, sock: s, ssrc: rand.Uint32() | 1}
	l.Do(func() {
		leg.slot = len(l.legs)
		l.legs = append(l.legs, leg)
		err = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, s.FD, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(leg.slot)})
	})
	return leg, err
}

// Close ends a leg with what it carries.
func (l *Leg) Close() {
	l.loop.Do(func() {
		if l.loop.legs[l.slot] != l {
			return
		}
		l.loop.legs[l.slot] = nil
		l.loop.sources = slices.DeleteFunc(l.loop.sources, func(s *Source) bool { return s.leg == l })
		l.loop.next = 0
		l.sock.Close()
	})
}

// Send makes a leg carry a source. It sends from the next Start on.
func (l *Leg) Send(s *Source) *Source {
	l.loop.Do(func() {
		lp := l.loop
		s.leg, s.id, s.size, s.header = l, l.ssrc, lp.cfg.Size, headerSize
		s.base = uint32(rand.Uint32N(1 << 15))
		if s.MIDID != 0 {
			s.header += 12
		}
		if lp.canvases[s.header] == nil {
			lp.canvases[s.header] = newCanvas(lp.cfg.Packets, lp.cfg.Size, s.header)
		}
		s.canvas = lp.canvases[s.header]
		if s.Secured {
			for range lp.cfg.Packets {
				s.sealed = append(s.sealed, make([]byte, 0, s.size+s.overhead()))
			}
		}
		l.source = s
	})
	return s
}

// Receive makes a leg a sink of a source, whoever relays it.
func (l *Leg) Receive(k *Sink, of *Source) *Sink {
	l.loop.Do(func() {
		k.leg, k.source = l, of
		k.Sample = max(k.Sample, 1)
		l.sink = k
	})
	return k
}

// Start lets all sources send from soon on, their bursts spread evenly over the period.
func (l *Loop) Start() {
	l.Do(func() {
		l.sources = l.sources[:0]
		for _, leg := range l.legs {
			if leg != nil && leg.source != nil {
				l.sources = append(l.sources, leg.source)
			}
		}
		l.running, l.start, l.next, l.round = len(l.sources) > 0, Now()+50e6, 0, 0
	})
}

// Stop ends the sending.
func (l *Loop) Stop() { l.Do(func() { l.running = false }) }

// plan is when the next burst is due.
func (l *Loop) plan() int64 {
	period := int64(time.Second) / int64(l.cfg.Rate)
	return l.start + l.round*period + period*int64(l.next)/int64(len(l.sources))
}

// How the loop shares its time. Reading is put off so that one system call takes
// many packets and the relay wakes nobody up by sending: since the kernel stamps
// what arrives, this changes no figure.
const (
	readEvery   = int64(500e3)
	spin        = int64(20e3) // ns before the next burst from which on it stays awake
	eventsATurn = 64
	readsAFlow  = 4
)

func (l *Loop) run() {
	defer close(l.done)
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	var events [eventsATurn]unix.EpollEvent
	var read int64
	for {
		now := Now()
		if now >= read {
			l.tick(now)
			n := udp.Wait(l.epoll, events[:], 0)
			for i := range n {
				if events[i].Fd < 0 {
					if l.work() {
						return
					}
					continue
				}
				l.drain(l.legs[events[i].Fd])
				if l.running && l.plan() <= Now() {
					l.burst()
				}
			}
			if n < len(events) {
				read = now + readEvery
			}
			continue
		}
		next := read
		if l.running {
			next = min(next, l.plan())
		}
		if next-now > spin {
			udp.Sleep(next - now - spin)
		}
		if l.running && l.plan() <= Now() {
			l.burst()
		}
	}
}

// tooLate is how far behind its plan the loop may be. Then it makes a new plan:
// to catch up would be another traffic than the one that was asked for.
const tooLate = int64(100e6)

// burst sends what is due and seals that source's next burst.
func (l *Loop) burst() {
	plan := l.plan()
	if late := Now() - plan; late > tooLate {
		l.start += late
		l.skips++
		plan = l.plan()
	}
	s := l.sources[l.next]
	s.send(plan, l.cfg.Segment)
	if l.measured {
		l.late.Add(s.sent[(s.burst-1)%remembered] - plan)
	}
	s.prepare(plan + int64(time.Second)/int64(l.cfg.Rate))
	if l.next++; l.next == len(l.sources) {
		l.next = 0
		l.round++
	}
}

func (l *Loop) drain(leg *Leg) {
	if leg == nil {
		return
	}
	for range readsAFlow {
		n := l.rx.Receive(leg.sock.FD)
		for i := range n {
			data, at := l.rx.Datagram(i)
			leg.receive(data, at)
		}
		if !l.rx.Full() {
			return
		}
	}
}

// ticksASecond is how often each leg has its tick.
const ticksASecond = 10

// tick lets each leg say what it has to, one after the other.
func (l *Loop) tick(now int64) {
	if len(l.legs) == 0 {
		return
	}
	every := int64(time.Second) / ticksASecond / int64(len(l.legs))
	l.tickAt = max(l.tickAt, now-int64(time.Second)/ticksASecond) // what was missed for longer is left out
	for ; l.tickAt < now; l.tickAt += every {
		l.ticked = (l.ticked + 1) % len(l.legs)
		if leg := l.legs[l.ticked]; leg != nil {
			leg.tick(now)
		}
	}
}

// work does what others asked for and tells whether the loop has ended.
func (l *Loop) work() (ended bool) {
	var b [8]byte
	_, _ = unix.Read(l.wake, b[:])
	l.mu.Lock()
	todo := l.todo
	l.todo = nil
	l.mu.Unlock()
	for _, f := range todo {
		f()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		_ = unix.Close(l.epoll)
		_ = unix.Close(l.wake)
	}
	return l.ended
}
