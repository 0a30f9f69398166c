package bridge

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/relay"
)

// callMedia owns a call's streams: opened once, configured by each
// negotiation, closed with the call.
type callMedia struct {
	call *Call

	mu      sync.Mutex
	streams []*relay.Stream
	err     error
	opened  bool
	closed  bool
}

// lines are the streams of every call, in the order in which a Session
// matches them.
var lines = []struct {
	kind media.Kind
	role media.Role
}{
	{media.Audio, media.Main},
	{media.Video, media.Main},
}

// Streams gives the call's local streams in the order that a Session's
// streams match, and takes their ports at the first use.
func (c *Call) Streams() ([]*relay.Stream, error) { return c.media.open() }

// LocalAddr is the address that a far end at remote shall send to.
func (c *Call) LocalAddr(remote netip.Addr) netip.Addr { return c.core.cfg.Plane.LocalAddr(remote) }

// Fingerprint is that of our DTLS certificate.
func (c *Call) Fingerprint() (hash, value string) { return c.core.cfg.Plane.Fingerprint() }

// Apply configures the streams after a completed negotiation.
func (c *Call) Apply(s media.Session) error {
	if err := c.media.apply(s); err != nil {
		return err
	}
	if seat := c.seated(); seat != nil {
		seat.MediaChanged()
	}
	c.changed()
	return nil
}

// MediaSeen is when the last valid packet of any stream came; zero: never.
func (c *Call) MediaSeen() time.Time {
	var last time.Time
	for _, s := range c.media.list() {
		if t := s.LastReceived(); t.After(last) {
			last = t
		}
	}
	return last
}

func (m *callMedia) open() ([]*relay.Stream, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, &Refusal{CauseCancelled, "the call has ended"}
	}
	if m.opened {
		return m.streams, m.err
	}
	m.opened = true
	for _, l := range lines {
		s, err := m.call.core.cfg.Plane.Open(relay.StreamOptions{
			CallID: m.call.id, Kind: l.kind, Role: l.role, CNAME: "roombridge-" + m.call.id, Log: m.call.log,
		})
		if err != nil {
			m.err = &Refusal{CauseCapacity, "no ports for media: " + err.Error()}
			closeAll(m.streams)
			m.streams = nil
			return nil, m.err
		}
		m.streams = append(m.streams, s)
		m.wire(s, l.kind)
	}
	return m.streams, nil
}

// wire gives a stream the ways of the call that it needs.
func (m *callMedia) wire(s *relay.Stream, k media.Kind) {
	c := m.call
	s.OnTimeout(c.mediaTimeout)
	if k == media.Audio {
		s.OnDigit(c.Digit)
		return
	}
	s.SetSignalling(
		func() {
			if l := c.attached(); l != nil {
				l.RequestKeyframe()
			}
		},
		func(bps int) {
			if l := c.attached(); l != nil {
				l.LimitBitrate(bps)
			}
		},
	)
}

func (c *Call) attached() Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leg
}

func (m *callMedia) apply(s media.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	if len(s.Streams) != len(m.streams) {
		return fmt.Errorf("bridge: %d streams negotiated, %d open", len(s.Streams), len(m.streams))
	}
	for i, st := range s.Streams {
		if err := m.streams[i].Apply(st); err != nil {
			return err
		}
	}
	return nil
}

// encrypted tells whether all streams that were negotiated are.
func (m *callMedia) encrypted() bool {
	for _, s := range m.list() {
		if n := s.Negotiated(); n.Active() && n.Security.Keying == media.Plain {
			return false
		}
	}
	return true
}

func (m *callMedia) list() []*relay.Stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.streams
}

func (m *callMedia) first(k media.Kind) *relay.Stream {
	for i, s := range m.list() {
		if lines[i].kind == k {
			return s
		}
	}
	return nil
}

func (m *callMedia) audio() *relay.Stream { return m.first(media.Audio) }
func (m *callMedia) video() *relay.Stream { return m.first(media.Video) }

func (m *callMedia) close() {
	m.mu.Lock()
	streams := m.streams
	m.streams, m.closed = nil, true
	m.mu.Unlock()
	closeAll(streams)
}

func closeAll(streams []*relay.Stream) {
	var wg sync.WaitGroup
	for _, s := range streams {
		wg.Go(func() { _ = s.Close() })
	}
	wg.Wait()
}

// mediaTimeout is told by a stream that hears nothing. The call ends when no
// stream hears anything: a terminal that only closed its camera stays.
func (c *Call) mediaTimeout() {
	seen := c.MediaSeen()
	if !seen.IsZero() && time.Since(seen) < c.core.cfg.MediaTimeout {
		return
	}
	go c.Hangup(CauseMediaTimeout, "no sound or picture arrived for too long")
}
