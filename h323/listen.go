package h323

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/bind"
	"github.com/roombridge/roombridge/bridge/front"
)

// listen opens the sockets of the configuration.
func (e *Endpoint) listen() error {
	for _, l := range e.cfg.Listen {
		if err := e.open(l); err != nil {
			return fmt.Errorf("h323: listening on %s: %w", l, err)
		}
	}
	return nil
}

func (e *Endpoint) open(listen string) error {
	u, err := url.Parse(listen)
	if err != nil {
		return err
	}
	if u.Scheme != "tcp" {
		return fmt.Errorf("%q is not tcp", u.Scheme)
	}
	beside := make([]string, len(e.cfg.Listen))
	for i, other := range e.cfg.Listen {
		beside[i] = strings.TrimPrefix(other, "tcp://")
	}
	l, err := net.Listen(bind.Network("tcp", u.Host, beside...))
	if err != nil {
		return err
	}
	e.listeners = append(e.listeners, l)
	return nil
}

// Addrs gives the addresses that are listened on, as in Config.Listen, with the real
// ports.
func (e *Endpoint) Addrs() []string {
	var all []string
	for _, l := range e.listeners {
		all = append(all, "tcp://"+addrPort(l.Addr()).String())
	}
	return all
}

func (e *Endpoint) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || e.isClosing() {
				return
			}
			e.log.Warn("h323: accepting", "local", l.Addr().String(), "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors: give others time to close
			continue
		}
		e.takeIn(c)
	}
}

// takeIn begins to read a connection that a far end made for a call.
func (e *Endpoint) takeIn(c net.Conn) {
	keepAlive(c)
	half := e.cfg.Limits.HalfOpen
	s := newConn(c, true, time.Now().Add(half), half)
	if !e.count(s.remote.Addr(), 1) {
		e.stats.limited()
		s.close()
		return
	}
	if !e.read(s, func() {
		defer e.count(s.remote.Addr(), -1)
		e.answer(s)
	}) {
		e.count(s.remote.Addr(), -1)
	}
}

// count keeps the number of accepted connections. It tells whether one more may be.
func (e *Endpoint) count(a netip.Addr, n int) bool {
	a = front.Source(a)
	e.mu.Lock()
	defer e.mu.Unlock()
	if n > 0 && (e.accepted >= e.cfg.Limits.Connections || e.sources[a] >= e.cfg.Limits.PerSource) {
		return false
	}
	e.accepted += n
	if e.sources[a] += n; e.sources[a] <= 0 {
		delete(e.sources, a)
	}
	return true
}

// read runs the reader of a connection, which is closed when that returns. False says
// that the endpoint is closing.
func (e *Endpoint) read(s *conn, reader func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing {
		s.close()
		return false
	}
	e.conns[s] = struct{}{}
	e.reading.Go(func() {
		defer func() {
			s.close()
			e.mu.Lock()
			delete(e.conns, s)
			e.mu.Unlock()
		}()
		reader()
	})
	return true
}

func (e *Endpoint) isClosing() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closing
}

// keepAlive has the system find connections whose far end is gone. Silence is
// normal for hours in H.323.
func keepAlive(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3})
	}
}

func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.String())
	if err == nil {
		keepAlive(c)
	}
	return c, err
}
