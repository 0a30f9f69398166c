package relay

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
)

// Stream is one RTP and RTCP port pair of a leg: both directions of one
// m-line. It is the Out of its sending direction and the Upstream of its Track.
//
// Each of the two sockets is served by a loop. What they and others share
// is in parts with a lock each, none of which is held while another is taken
// or while anybody outside is told something.
type Stream struct {
	opts  StreamOptions
	plane *Plane
	log   *slog.Logger
	now   func() int64
	pair  pair
	rtp   *port
	rtcp  *port

	track   *Track
	rx      receiver
	tx      *sender
	control *control
	presser presser
	tell    dispatcher

	heard atomic.Int64 // last valid RTP or RTCP packet, 0 is never
	terms atomic.Pointer[terms]

	hooks struct {
		sync.Mutex
		feedback  Feedback
		keyframe  func()
		limit     func(bps int)
		digit     func(d rune)
		timeout   func()
		expecting int64 // since when media is expected, 0 is not
		told      int64 // when the timeout was told last
	}

	applying sync.Mutex // serialises Apply and Close; guards closed and security
	closed   bool
	security media.Security // what the contexts were made for
	done     chan struct{}  // closed when Close begins
	ended    chan struct{}  // closed when Close is over
	tasks    sync.WaitGroup

	rates rateMeters
}

func newStream(p *Plane, o StreamOptions, pair pair) *Stream {
	if o.Log == nil {
		o.Log = p.cfg.Log
	}
	if o.CNAME == "" {
		o.CNAME = randomName()
	}
	s := &Stream{
		opts: o, plane: p, now: p.now, pair: pair,
		log:  o.Log.With("kind", o.Kind.String(), "role", o.Role.String()),
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	s.track = NewTrack(TrackConfig{
		ID: o.CallID + "/" + o.Kind.String() + "/" + o.Role.String(), Kind: o.Kind, Role: o.Role,
		Upstream: s, Now: p.now, normalised: true,
	})
	s.tx = newSender(pair.rtp, p.now, s.rtpTo)
	s.control = newControl(o.CNAME, o.Kind)
	s.presser = presser{out: s.tx, done: s.done, tasks: &s.tasks}
	s.rtp = newPort(s, pair.rtp, false)
	s.rtcp = newPort(s, pair.rtcp, true)
	pair.rtp.Serve(s.rtp)
	pair.rtcp.Serve(s.rtcp)
	return s
}

// randomName makes a CNAME that tells nothing (RFC 7022 4.2).
func randomName() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Ports are the local RTP and RTCP ports.
func (s *Stream) Ports() (rtp, rtcp uint16) {
	return s.pair.rtp.LocalAddr().Port(), s.pair.rtcp.LocalAddr().Port()
}

// Apply takes the outcome of a negotiation. It is idempotent and keeps what
// did not change: SSRC, sequence, latch, SRTP contexts.
func (s *Stream) Apply(st media.Stream) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	if s.closed {
		return ErrClosed
	}
	old := s.terms.Load()
	if old != nil && equalStreams(old.Stream, st) {
		return nil
	}
	t := newTerms(st)
	if err := s.rekey(t); err != nil {
		return err
	}
	s.terms.Store(t)
	s.rx.apply(t, old == nil || t.rtp.IsValid() && t.rtp != old.rtp)
	s.control.apply(t, old == nil || t.rtcp.IsValid() && t.rtcp != old.rtcp)
	s.tx.apply(t)
	s.expect(t)
	if len(t.Recv) > 0 && !t.takes(s.track.Format()) {
		s.track.SetFormat(published(t.Recv[0]))
	}
	if t.Direction.Receives() && (old == nil || !old.Direction.Receives()) {
		s.track.askKeyframe(s.now())
	}
	if f := s.feedback(); f != nil && t.Kind == media.Video && t.Direction.Sends() && startsOver(old, t) {
		f.KeyframeWanted()
	}
	return nil
}

// startsOver tells whether the far end's decoder begins anew with these terms.
func startsOver(old, t *terms) bool {
	return old == nil || !old.Direction.Sends() || old.rtp != t.rtp || old.Send.Codec != t.Send.Codec ||
		!equalSecurity(old.Security, t.Security)
}

// takes tells whether a format that was published is still among those that may come.
func (t *terms) takes(f media.Format) bool {
	n := t.format(f.PT)
	return n != nil && published(*n) == f
}

// published is a format as the track shows it: H.264 leaves the order stage in
// packetization-mode 1 and with its parameter sets in band, however it came.
func published(f media.Format) media.Format {
	if f.Codec == media.H264 {
		f.H264.Mode, f.ParameterSets = 1, ""
	}
	return f
}

// expect notes whether media is expected now, for the timeout.
func (s *Stream) expect(t *terms) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	if !t.Direction.Receives() || t.Held || !t.rtp.IsValid() {
		s.hooks.expecting = 0
	} else if s.hooks.expecting == 0 {
		s.hooks.expecting = s.now()
	}
}

// Negotiated is what was applied last.
func (s *Stream) Negotiated() media.Stream {
	if t := s.terms.Load(); t != nil {
		return t.Stream
	}
	return media.Stream{Kind: s.opts.Kind, Role: s.opts.Role}
}

// Track is what the far end sends.
func (s *Stream) Track() *Track { return s.track }

// SetFeedback says who hears the far receiver's wishes; nil is nobody. It is
// told on a flow's goroutine and must neither block nor close the stream.
func (s *Stream) SetFeedback(f Feedback) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	s.hooks.feedback = f
}

func (s *Stream) feedback() Feedback {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	return s.hooks.feedback
}

// SetSignalling gives the leg's means beside RTCP; either may be nil.
func (s *Stream) SetSignalling(keyframe func(), limit func(bps int)) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	s.hooks.keyframe, s.hooks.limit = keyframe, limit
}

// OnDigit is told each RFC 4733 digit of the far end once.
func (s *Stream) OnDigit(f func(d rune)) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	s.hooks.digit = f
}

// SendDigit presses a digit for ms milliseconds, after those pressed before.
func (s *Stream) SendDigit(d rune, ms int) { s.presser.press(d, ms) }

// OnTimeout is told when nothing valid arrived for the media timeout while
// media was expected, and again each time that it lasts as long: who is told
// may have had a reason to wait that is gone by then, such as another stream
// of the call.
func (s *Stream) OnTimeout(f func()) {
	s.hooks.Lock()
	defer s.hooks.Unlock()
	s.hooks.timeout = f
}

// LastReceived is when the last valid RTP or RTCP packet came; zero is never.
func (s *Stream) LastReceived() time.Time {
	at := s.heard.Load()
	if at == 0 {
		return time.Time{}
	}
	return time.Now().Add(-time.Duration(s.now() - at))
}

// Send holds a packet back for the next Flush.
func (s *Stream) Send(h packet.Header, payload []byte) { s.tx.send(h, payload) }

// Flush seals and sends what Send held back.
func (s *Stream) Flush() {
	if s.tx.probing.Load() {
		s.flushProbing()
		return
	}
	s.tx.Lock()
	s.tx.flush()
	s.tx.Unlock()
}

// Probe says whether sender reports go out so that their round trips tell what
// the line carries, and more often: just after a burst of packets, and
// sometimes before one.
func (s *Stream) Probe(on bool) { s.tx.probing.Store(on) }

// PayloadType is the payload type for a format that the receiver can take as
// it is.
func (s *Stream) PayloadType(f media.Format) (uint8, bool) {
	t := s.terms.Load()
	if t == nil || f.Codec != t.Send.Codec || refusal(f, t.Send) != "" {
		return 0, false
	}
	return t.Send.PT, true
}

// Refusal says for people why PayloadType is false; empty when it is true.
func (s *Stream) Refusal(f media.Format) string {
	t := s.terms.Load()
	if t == nil {
		return "nothing was negotiated"
	}
	return refusal(f, t.Send)
}

// Position is where the numbers of the last writer stand, so that another can
// go on from there: the sequence number of its last packet, the timestamp
// that belongs to now. It is false before the first packet.
func (s *Stream) Position() (seq uint16, timestamp uint32, ok bool) {
	s.tx.Lock()
	defer s.tx.Unlock()
	if s.tx.joining {
		return 0, 0, false
	}
	return s.tx.seq - s.tx.seqShift, s.tx.position() - s.tx.timeShift, true
}

func (s *Stream) rtpTo() netip.AddrPort {
	if to := s.rx.remote.Load(); to != nil {
		return *to
	}
	return netip.AddrPort{}
}

// tick is the housekeeping of a stream.
func (s *Stream) tick(now int64) {
	s.track.Tick(now)
	s.rates.tick(s, now)
	s.report(now)
	s.repeatLimit(now)
	s.watch(now)
}

// watch tells the media timeout.
func (s *Stream) watch(now int64) {
	limit := int64(s.plane.cfg.MediaTimeout)
	if limit <= 0 {
		return
	}
	s.hooks.Lock()
	defer s.hooks.Unlock()
	if s.hooks.expecting == 0 || now-max(s.hooks.expecting, s.heard.Load(), s.hooks.told) < limit {
		return
	}
	s.hooks.told = now
	if f := s.hooks.timeout; f != nil {
		s.tell.post(f)
	}
}

// Close says BYE, frees the ports and waits for the stream's goroutines.
func (s *Stream) Close() error {
	s.applying.Lock()
	if s.closed {
		s.applying.Unlock()
		<-s.ended
		return nil
	}
	s.closed = true
	close(s.done)
	s.applying.Unlock()
	defer close(s.ended)

	s.tell.close()
	s.track.Close()
	s.tx.Lock()
	s.tx.flush()
	s.tx.Unlock()
	s.goodbye()
	s.rtp.stopDTLS()
	s.rtcp.stopDTLS()
	err := errors.Join(s.pair.rtp.Close(), s.pair.rtcp.Close())
	s.tasks.Wait()
	s.tx.close()
	s.rx.key(nil)
	s.control.key(nil, nil)
	s.rtp.close()
	s.plane.forget(s)
	return err
}
