package h323

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/h323/wire"
)

const (
	// maxPacket bounds a message. A capability set has 2 to 8 kB.
	maxPacket = 32 << 10
	// writeTimeout is how long a far end may refuse to read before its connection is
	// given up. Messages fit the socket buffers many times over.
	writeTimeout = 3 * time.Second
	// drainTime is how long a connection is read after our last word on it. Closing
	// at once could take back what the far end has not read yet.
	drainTime = 2 * time.Second
)

// How many packets of a connection are read, a second and at once. Terminals send
// some dozens when a call begins, and a few a minute afterwards.
const (
	maxPace  = 200
	maxBurst = 500
)

var errClosed = errors.New("the connection is closed")

// conn is a TCP connection that carries TPKTs: of call signalling, or of H.245.
type conn struct {
	c        net.Conn
	local    netip.AddrPort
	remote   netip.AddrPort
	accepted bool // they connected
	in       *wire.Reader
	pace     *rate.Limiter
	halfOpen time.Duration

	reading sync.Mutex // guards the deadline of reads
	wait    time.Time  // until when a packet has to begin; zero: any time
	begun   time.Time  // when the one that is being read began; zero: none is
	last    time.Time  // set by finish: nothing is read after this

	writing sync.Mutex
	over    bool // nothing more is written
	once    sync.Once
}

// newConn takes a connection. A packet has to come until wait, each within halfOpen
// of its beginning.
func newConn(c net.Conn, accepted bool, wait time.Time, halfOpen time.Duration) *conn {
	s := &conn{
		c: c, local: addrPort(c.LocalAddr()), remote: addrPort(c.RemoteAddr()),
		accepted: accepted, wait: wait, halfOpen: halfOpen, pace: rate.NewLimiter(maxPace, maxBurst),
	}
	s.in = wire.NewReader(pacedReader{s})
	s.in.Limit = maxPacket
	return s
}

// next gives the next packet, which the caller may keep; empty for a keep-alive. Who
// sends more than anybody needs is read slowly.
func (s *conn) next() ([]byte, error) {
	time.Sleep(s.pace.Reserve().Delay())
	s.reading.Lock()
	s.begun = time.Time{}
	s.reading.Unlock()
	b, err := s.in.Next()
	return bytes.Clone(b), err
}

// patient lets the next packets come at any time.
func (s *conn) patient() {
	s.reading.Lock()
	defer s.reading.Unlock()
	s.wait = time.Time{}
}

// unused tells whether nothing has been said on it yet.
func (s *conn) unused() bool {
	s.reading.Lock()
	defer s.reading.Unlock()
	return !s.wait.IsZero()
}

// pacedReader reads within the time that a connection has.
type pacedReader struct{ s *conn }

func (r pacedReader) Read(b []byte) (int, error) {
	s := r.s
	s.reading.Lock()
	deadline := s.wait
	if !s.begun.IsZero() {
		deadline = s.begun.Add(s.halfOpen)
	}
	if !s.wait.IsZero() && deadline.After(s.wait) {
		deadline = s.wait // a first packet does not buy time by beginning
	}
	if !s.last.IsZero() {
		deadline = s.last
	}
	_ = s.c.SetReadDeadline(deadline)
	s.reading.Unlock()
	n, err := s.c.Read(b)
	if n > 0 {
		s.reading.Lock()
		if s.begun.IsZero() {
			s.begun = time.Now()
		}
		s.reading.Unlock()
	}
	return n, err
}

// write sends one packet.
func (s *conn) write(content []byte) error {
	b, err := wire.AppendPacket(nil, content)
	if err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.over {
		return errClosed
	}
	_ = s.c.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := s.c.Write(b); err != nil {
		s.close() // part of a packet may be out: the stream is lost
		return err
	}
	return nil
}

// finish says that we write no more. Whoever reads the connection goes on for a
// moment, then closes it.
func (s *conn) finish() {
	s.writing.Lock()
	s.over = true
	if c, ok := s.c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	s.writing.Unlock()
	s.reading.Lock()
	defer s.reading.Unlock()
	s.last = time.Now().Add(drainTime)
	_ = s.c.SetReadDeadline(s.last)
}

// drain reads what comes until the far end or its time ends.
func (s *conn) drain() {
	for {
		if _, err := s.in.Next(); err != nil {
			return
		}
	}
}

// close is safe more than once.
func (s *conn) close() { s.once.Do(func() { _ = s.c.Close() }) }

// addrPort reads the address of a TCP connection.
func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		p := t.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	p, _ := netip.ParseAddrPort(a.String())
	return p
}
