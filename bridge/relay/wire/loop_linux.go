package wire

import (
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// eventsAtOnce is how many sockets one look at the epoll descriptor gives.
const eventsAtOnce = 128

// breath is how long a loop works before it lets other goroutines run.
const breath = int64(time.Millisecond)

// loop is one goroutine that receives for many sockets. They are in an epoll
// descriptor, level-triggered, which itself is in the runtime's poller: a loop
// that waits holds no thread. Each socket that is ready gets one read in turn,
// however much waits at it.
//
// Its system calls never block, so they are made past the runtime, which would
// wake its monitor thread at the first one after every rest: a quarter of a
// lightly loaded loop's time.
type loop struct {
	all   *Loops
	bound int // sockets that are its own; guarded by the lock of all

	fd   int      // epoll
	file *os.File // owns fd
	raw  syscall.RawConn

	meter   meter
	history history

	mu     sync.Mutex // guards what follows
	socks  []*udp     // by place
	free   []int32    // places
	due    deadlines
	armed  int64 // when the runtime wakes us; 0 is never
	closed bool

	// Of the goroutine.
	id     uint64
	rx     *receiver
	events [eventsAtOnce]unix.EpollEvent
	ready  [eventsAtOnce]*udp
	n      int // of events
	poll   func(fd uintptr) bool
	rest   int64 // when it last let others run; 0: it waited
	open   bool  // the next system call is one that the runtime knows of
	ended  chan struct{}
}

func newLoop(all *Loops) (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	// Only what does not block gets into the runtime's poller.
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	l := &loop{all: all, fd: fd, file: os.NewFile(uintptr(fd), "epoll"), rx: newReceiver(), ended: make(chan struct{})}
	l.poll = l.work
	if l.raw, err = l.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, l.file.Close())
	}
	started := make(chan struct{})
	go func() {
		l.id = goroutine()
		close(started)
		l.run()
	}()
	<-started
	return l, nil
}

// add lets a socket's datagrams in.
func (l *loop) add(u *udp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u.turn.owner.Store(l.id)
	if l.closed || u.turn.over.Load() {
		return
	}
	if n := len(l.free); n > 0 {
		u.place = l.free[n-1]
		l.free = l.free[:n-1]
	} else {
		u.place = int32(len(l.socks))
		l.socks = append(l.socks, nil)
	}
	l.socks[u.place] = u
	// It can fail for want of kernel memory only; the socket then stays deaf,
	// which the media timeout finds.
	_ = unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, u.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: u.place})
	if u.early != 0 {
		l.due.set(&u.due, u.early)
		l.arm()
	}
}

// remove takes a socket out, whose turn is over.
func (l *loop) remove(u *udp) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due.set(&u.due, 0)
	if u.place < 0 {
		return
	}
	if !l.closed {
		_ = unix.EpollCtl(l.fd, unix.EPOLL_CTL_DEL, u.fd, nil)
	}
	l.socks[u.place] = nil
	l.free = append(l.free, u.place)
	u.place = -1
}

func (l *loop) close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	err := l.file.Close()
	<-l.ended
	l.rx = nil // it is large
	return err
}

func (l *loop) run() {
	defer close(l.ended)
	for {
		err := l.raw.Read(l.poll)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return // closed
		}
		l.mu.Lock()
		l.armed = 0
		_ = l.file.SetReadDeadline(time.Time{})
		l.mu.Unlock()
	}
}

// work gives turns until nothing waits, which it says by false. The runtime
// then lets us wait, and calls it again when a socket is ready that was not,
// be it already: what came since a socket was read is not missed.
func (l *loop) work(fd uintptr) bool {
	for more := true; more; {
		if l.look(fd); l.n == 0 {
			break
		}
		more = l.turn()
	}
	now := l.all.now()
	if l.expire(now) {
		now = l.all.now()
	}
	l.rest = 0
	l.meter.end(now)
	l.mu.Lock()
	l.arm()
	l.mu.Unlock()
	return false
}

// look asks which sockets are ready.
func (l *loop) look(fd uintptr) {
	call := unix.RawSyscall6
	if l.open {
		call, l.open = unix.Syscall6, false
	}
	n, _, errno := call(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&l.events[0])), eventsAtOnce, 0, 0, 0)
	if errno != 0 {
		n = 0
	}
	l.n = int(n)
}

// arm has the runtime wake us at the next deadline. A deadline that was lifted
// leaves it armed, which costs a look at the clock. The caller holds the lock.
func (l *loop) arm() {
	next := l.due.next()
	if next == 0 || l.armed != 0 && l.armed <= next {
		return
	}
	l.armed = next
	_ = l.file.SetReadDeadline(time.Now().Add(time.Duration(next - l.all.now())))
}

// turn gives each socket that is ready one read. It tells whether something
// was left.
func (l *loop) turn() (more bool) {
	l.mu.Lock()
	for i := range l.n {
		// An event may be of a socket that was closed meanwhile, or even of
		// one that followed it in its place, whose read then finds nothing.
		l.ready[i] = l.socks[l.events[i].Fd]
	}
	l.mu.Unlock()
	now := l.all.now()
	l.meter.begin(now)
	if l.rest == 0 {
		l.rest = now
	}
	more = l.n == len(l.ready)
	for i, u := range l.ready[:l.n] {
		if u != nil {
			now = l.receive(u, now)
			more = more || l.rx.full
			l.ready[i] = nil
		}
	}
	if now-l.rest > breath {
		l.expire(now)
		l.yield(now)
	}
	return more
}

// yield lets other goroutines run while there is always something to receive.
// The monitor thread, which polls the network for them, must be awake then.
func (l *loop) yield(now int64) {
	l.rest, l.open = now, true
	runtime.Gosched()
}

// receive is one turn of a socket.
func (l *loop) receive(u *udp, now int64) int64 {
	if !u.turn.Begin() {
		return now
	}
	defer u.turn.End()
	if l.rx.receive(u.fd, u.most, u.dropped) != 0 {
		return now // an ICMP error, or somebody else took what was there
	}
	now = l.all.now()
	got := 0
	for l.rx.fill() && !u.turn.over.Load() {
		got += l.rx.Len()
		l.rx.lost = l.rx.dropped - u.dropped
		u.dropped = l.rx.dropped
		l.meter.batch(&l.rx.Batch)
		u.handler.Receive(&l.rx.Batch, now)
	}
	u.most = most(l.rx.n, got)
	if l.rx.stamp != 0 {
		l.meter.waited(now + l.all.wall.Load() - l.rx.stamp)
	}
	return now
}

// most is how many messages the next read of a socket takes at most, when the
// last one took so many that held so many datagrams: about two batches, so that
// a socket does not keep others waiting because its datagrams come joined.
func most(messages, datagrams int) int {
	if datagrams <= 2*BatchSize {
		return BatchSize
	}
	return max(1, 2*BatchSize*messages/datagrams)
}

// expire calls the handlers whose deadline has come and tells whether there were any.
func (l *loop) expire(now int64) (any bool) {
	for {
		l.mu.Lock()
		next := l.due.next()
		if next == 0 || next > now {
			l.mu.Unlock()
			return any
		}
		u := l.due[0].sock
		l.due.set(&u.due, 0)
		l.mu.Unlock()
		any = true
		l.meter.begin(now)
		if u.turn.Begin() {
			u.handler.Due(now)
			u.turn.End()
		}
	}
}

// sockets counts those that are served.
func (l *loop) sockets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.socks) - len(l.free)
}
