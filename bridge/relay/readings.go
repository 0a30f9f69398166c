package relay

import (
	"net/netip"
	"sync"
	"time"
)

// rateMeters are the rates of a stream that its track does not measure.
type rateMeters struct {
	sync.Mutex
	in, out, frames meter
}

func (m *rateMeters) tick(s *Stream, now int64) {
	s.rx.Lock()
	in := s.rx.bytes
	s.rx.Unlock()
	s.tx.Lock()
	out, frames := s.tx.bytes, s.tx.frames
	s.tx.Unlock()
	m.Lock()
	defer m.Unlock()
	m.in.tick(now, in)
	m.out.tick(now, out)
	m.frames.tick(now, frames)
}

// Stats reads the counters of both directions.
func (s *Stream) Stats() StreamStats {
	st := StreamStats{CallID: s.opts.CallID, Kind: s.opts.Kind, Role: s.opts.Role}
	s.readReceiver(&st)
	s.readSender(&st)
	t := s.track.Stats()
	st.Recv.Width, st.Recv.Height, st.Recv.FPS, st.Recv.Keyframes = t.Width, t.Height, t.FPS, t.Keyframes
	st.Recv.Repaired = s.rtp.repaired.Load()
	st.RTT = time.Duration(s.control.rtt.Load())
	s.rates.Lock()
	st.Recv.Bitrate = int(s.rates.in.rate * 8)
	st.Send.Bitrate = int(s.rates.out.rate * 8)
	if st.Send.Width > 0 || st.Send.Keyframes > 0 {
		st.Send.FPS = s.rates.frames.rate
	}
	s.rates.Unlock()
	return st
}

func (s *Stream) readReceiver(st *StreamStats) {
	r := &s.rx
	r.Lock()
	defer r.Unlock()
	if r.format != nil {
		st.Recv.Codec = r.format.Codec
	} else if r.terms != nil && len(r.terms.Recv) > 0 {
		st.Recv.Codec = r.terms.Recv[0].Codec
	}
	st.Recv.Packets, st.Recv.Bytes = r.packets, r.bytes
	lost := r.lost
	if r.reports != nil {
		lost += max(r.reports.Lost(), 0)
		st.Recv.JitterMS = float64(r.reports.Jitter()) / 1e6
	}
	st.Recv.Lost = uint64(lost)
	st.Drops = r.drops.names()
	if to := r.remote.Load(); to != nil {
		st.Remote = *to
	}
	st.Latched = r.latched
	switch {
	case r.terms == nil:
	case !r.terms.secured():
		st.Security = "none"
	case r.in != nil:
		st.Security = r.in.Suite().String()
	}
}

func (s *Stream) readSender(st *StreamStats) {
	x := s.tx
	x.Lock()
	defer x.Unlock()
	if x.terms != nil {
		st.Send.Codec = x.terms.Send.Codec
	}
	st.Send.Packets, st.Send.Bytes = x.packets, x.bytes
	st.Send.Width, st.Send.Height, st.Send.Keyframes = x.w, x.h, x.keyframes
	st.Send.Lost, st.Send.JitterMS = x.farLost, x.farJitter
}

// totals is what the plane keeps of a stream that ends.
func (s *Stream) totals() totals {
	var t totals
	s.rx.Lock()
	t.received, t.receivedBytes, t.drops = s.rx.packets, s.rx.bytes, s.rx.drops
	s.rx.Unlock()
	t.drops[accepted] = 0
	s.tx.Lock()
	t.sent, t.sentBytes = s.tx.packets-s.tx.dropped, s.tx.bytes
	s.tx.Unlock()
	return t
}

// Remote is where RTP goes now: signalled, or learnt from packets.
func (s *Stream) Remote() netip.AddrPort { return s.rtpTo() }
