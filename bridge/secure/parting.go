package secure

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// parting sees to it that a session's last word, the close_notify alert (RFC
// 5246 7.2.1), leaves. pion stops its reader first, which closes the
// connection when it ends, often before the alert is written: here a read that
// fails during the parting returns when the alert has gone.
type parting struct {
	net.Conn
	closing atomic.Bool
	said    chan struct{}
	once    sync.Once
}

// lastWord is how long the alert is waited for at most.
const lastWord = 100 * time.Millisecond

func newParting(conn net.Conn) *parting { return &parting{Conn: conn, said: make(chan struct{})} }

// Read implements net.Conn.
func (p *parting) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if err != nil && p.closing.Load() {
		t := time.NewTimer(lastWord)
		defer t.Stop()
		select {
		case <-p.said:
		case <-t.C:
		}
	}
	return n, err
}

// Write implements net.Conn.
func (p *parting) Write(b []byte) (int, error) {
	n, err := p.Conn.Write(b)
	if p.closing.Load() {
		p.once.Do(func() { close(p.said) })
	}
	return n, err
}
