package relay

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/feedback"
	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/secure"
)

// receiver is the admission of a stream's RTP: of each datagram it decides
// whether it is the far end's, opens it, and follows the far end's address.
// Its lock is held by the flow for the datagrams of one batch and by others
// only to change terms or to read counters.
type receiver struct {
	sync.Mutex
	terms     *terms
	in        *secure.Inbound // nil: plain, or keys are awaited
	admission admission
	latest    newest

	remote  atomic.Pointer[netip.AddrPort] // where RTP goes; nil is nowhere
	latched bool
	news    news // since the flow took it

	format  *media.Format // of the last packet
	reports *feedback.Reports
	lost    int64 // of earlier sources
	packets uint64
	bytes   uint64
	drops   verdictCount
}

// news is what the flow acts on when the lock is released.
type news struct {
	source bool // another source was adopted
	moved  bool // what we send goes elsewhere now
}

// receive judges one datagram that looks like RTP. An accepted one is in the
// inbox, or will be when what the inbox holds is opened.
func (r *receiver) receive(raw []byte, from netip.AddrPort, now int64, in *inbox) verdict {
	t := r.terms
	if t == nil || !t.Direction.Receives() {
		return dropIdle
	}
	if t.secured() {
		return r.receiveKeyed(raw, from, now, in)
	}
	p := in.next()
	if packet.Parse(raw, p) != nil {
		return dropHeader
	}
	if !t.expects(p.PT) {
		return dropPT
	}
	v := r.admitPlain(from, now, p)
	if v == accepted {
		r.count(from, now, p)
		in.n++
	}
	return v
}

// receiveKeyed looks at the fixed header only: the rest cannot be told before
// the packet is open. Packets of the present source from its usual place are
// opened together.
func (r *receiver) receiveKeyed(raw []byte, from netip.AddrPort, now int64, in *inbox) verdict {
	if len(raw) < packet.HeaderSize || raw[0]>>6 != 2 {
		return dropHeader
	}
	if !r.terms.expects(raw[1] & 0x7f) {
		return dropPT
	}
	if r.in == nil {
		return dropUnkeyed
	}
	id := identity{ssrc: binary.BigEndian.Uint32(raw[8:])}
	if to := r.remote.Load(); to != nil && *to == from && r.admission.is(id) && r.in.Admitted(id.ssrc) {
		in.hold(raw, from)
		return accepted
	}
	r.open(in, now)
	p := in.next()
	v := r.admitKeyed(raw, id, from, now, p)
	if v == accepted {
		r.count(from, now, p)
		in.n++
	}
	return v
}

// open opens what the inbox holds, and corrects the count of what was accepted.
func (r *receiver) open(in *inbox, now int64) {
	if in.held == 0 {
		return
	}
	held := in.sealed[:in.held]
	in.held = 0
	was := r.in.Stats()
	if refused := r.in.OpenBatch(held); refused > 0 {
		r.explain(was, r.in.Stats(), uint64(refused))
	}
	for i, plain := range held {
		held[i] = nil
		p := in.next()
		switch {
		case plain == nil:
		case packet.Parse(plain, p) != nil:
			r.drops[accepted]--
			r.drops[dropHeader]++
		default:
			r.admission.heard = now
			r.count(in.from, now, p)
			in.n++
		}
	}
}

// explain enters why packets that were counted as accepted could not be
// opened, from what the SRTP context counted before and after.
func (r *receiver) explain(was, is secure.Stats, refused uint64) {
	r.drops[accepted] -= refused
	r.drops[dropReplay] += is.Replayed - was.Replayed
	r.drops[dropHeader] += is.Broken - was.Broken
	known := is.Replayed - was.Replayed + is.Broken - was.Broken
	r.drops[dropAuth] += refused - known
}

// admitPlain knows the far end by SSRC and address only.
func (r *receiver) admitPlain(from netip.AddrPort, now int64, p *packet.Packet) verdict {
	id := identity{p.SSRC, from}
	if r.admission.is(id) {
		r.admission.heard = now
		return accepted
	}
	rank := r.rank(from)
	r.admission.named = r.strayed() && from.Addr() == r.terms.rtp.Addr()
	if !r.admission.named && !r.admission.try(rank, now) {
		return dropProbe
	}
	if r.admission.newcomer(id, p.Seq, rank, false, now) {
		r.restart(p.PT)
		return accepted
	}
	switch {
	case !r.admission.known:
		return dropProbe
	case p.SSRC == r.admission.source.ssrc:
		return dropSource
	}
	return dropSSRC
}

// admitKeyed bounds what strangers can make us decrypt, then lets the key decide.
func (r *receiver) admitKeyed(raw []byte, id identity, from netip.AddrPort, now int64, p *packet.Packet) verdict {
	known := r.admission.is(id)
	rank := r.rank(from)
	r.admission.named = false // the key tells who it is
	if (!known || rank == stranger) && !r.admission.try(rank, now) {
		return dropProbe
	}
	plain, err := r.in.OpenNew(raw[:0], raw)
	if err != nil {
		return openVerdict(err)
	}
	if packet.Parse(plain, p) != nil {
		return dropHeader
	}
	if known {
		r.admission.heard = now
		return accepted
	}
	if !r.admission.newcomer(id, p.Seq, rank, true, now) {
		return dropSSRC
	}
	r.restart(p.PT)
	return accepted
}

func openVerdict(err error) verdict {
	switch {
	case errors.Is(err, secure.ErrReplayed):
		return dropReplay
	case errors.Is(err, secure.ErrMalformed):
		return dropHeader
	}
	return dropAuth
}

// rank trusts addresses that signalling or the latch named.
func (r *receiver) rank(from netip.AddrPort) int {
	if to := r.remote.Load(); to != nil && *to == from {
		return trusted
	}
	if (!r.latched || r.strayed()) && r.terms.rtp.Addr() == from.Addr() {
		return trusted
	}
	return stranger
}

// strayed tells whether a plain source comes from elsewhere than signalling says: from behind a translator, or it is a
// stranger who was there first. If the far end comes from where it said, it is the latter.
func (r *receiver) strayed() bool {
	s := r.admission.source
	return r.admission.known && s.addr.IsValid() && s.addr.Addr() != r.terms.rtp.Addr()
}

// restart begins the statistics of another source.
func (r *receiver) restart(pt uint8) {
	clock := 8000
	if f := r.terms.format(pt); f != nil {
		clock = f.ClockRate
	} else if len(r.terms.Recv) > 0 {
		clock = r.terms.Recv[0].ClockRate
	}
	if r.reports != nil {
		r.lost += max(r.reports.Lost(), 0)
	}
	r.reports = new(feedback.NewReports(clock))
	r.latest = newest{}
	r.news.source = true
}

// count enters an accepted packet into the statistics, and follows the address
// of the far end, unless the packet is an old one that was overtaken.
func (r *receiver) count(from netip.AddrPort, now int64, p *packet.Packet) {
	p.Arrived = now
	r.reports.Add(p.Seq, p.Timestamp, now)
	r.packets++
	r.bytes += uint64(len(p.Payload))
	if f := r.terms.format(p.PT); f != nil {
		r.format = f
	}
	if !r.latest.advance(p.Seq) {
		return
	}
	if to := r.remote.Load(); to == nil || *to != from {
		at := from
		r.remote.Store(&at)
		r.news.moved = true
	}
	r.latched = true
}

// apply takes new terms. moved says that signalling named another address.
func (r *receiver) apply(t *terms, moved bool) {
	r.Lock()
	defer r.Unlock()
	r.terms = t
	r.format = nil
	if !moved {
		return
	}
	if to := r.remote.Load(); to != nil && *to == t.rtp {
		return
	}
	to := t.rtp
	r.remote.Store(&to)
	r.latched = false
	r.admission.leave()
}

// key replaces the context; nil is none.
func (r *receiver) key(in *secure.Inbound) {
	r.Lock()
	defer r.Unlock()
	if r.in != nil {
		r.in.Close()
	}
	r.in = in
	r.admission.leave()
}
