package relay

import (
	"net/netip"
	"sync/atomic"

	"github.com/roombridge/roombridge/bridge/media"
	"github.com/roombridge/roombridge/bridge/packet"
	"github.com/roombridge/roombridge/bridge/relay/wire"
)

// port is one socket of a stream and the handler of what it receives. It tells
// the protocols apart that share a port (RFC 7983, RFC 5761).
type port struct {
	s       *Stream
	sock    wire.Socket
	control bool // the RTCP port

	order  *order
	digits digitReader
	format *media.Format // what the track's format was taken from
	armed  bool          // the socket has a deadline

	repaired atomic.Uint64 // packets that came because they were asked for

	dtls dtlsState
}

func newPort(s *Stream, sock wire.Socket, control bool) *port {
	p := &port{s: s, sock: sock, control: control}
	if !control {
		p.order = newOrder(s.track, s.plane.buffers)
	}
	return p
}

// Receive takes what one read returned.
func (p *port) Receive(b *wire.Batch, now int64) {
	var other [wire.BatchSize]uint8 // datagrams that are not RTP
	others := 0
	in := inboxes.Get().(*inbox)
	defer in.free()
	rx := &p.s.rx
	rx.Lock()
	rx.drops[dropOverflow] += uint64(b.Lost())
	for i := range b.Len() {
		data, from, whole := b.Datagram(i)
		switch {
		case !whole:
			rx.drops[dropSize]++
		case packet.Classify(data) != packet.RTP:
			other[others] = uint8(i)
			others++
		case p.control:
			rx.drops[dropClass]++
		default:
			rx.drops[rx.receive(data, from, now, in)]++
		}
	}
	rx.open(in, now)
	n := rx.news
	rx.news = news{}
	rx.Unlock()
	if others > 0 {
		p.demux(b, other[:others], now)
	}
	if in.n > 0 {
		p.s.heard.Store(now)
		p.publish(in.ready[:in.n], now)
	}
	p.react(n, now)
}

// Due is the deadline of the order stage.
func (p *port) Due(now int64) {
	p.armed = false
	p.publish(nil, now)
}

// react asks for keyframes where pictures begin: of a source that is new,
// unless it began with one, and for a far end that we send to elsewhere now.
func (p *port) react(n news, now int64) {
	if p.s.opts.Kind != media.Video {
		return
	}
	if n.source {
		p.s.track.newSource(now)
	}
	if n.moved {
		if f := p.s.feedback(); f != nil {
			f.KeyframeWanted()
		}
	}
}

// demux takes the datagrams of a batch that are not RTP.
func (p *port) demux(b *wire.Batch, which []uint8, now int64) {
	var drops verdictCount
	for _, i := range which {
		data, from, _ := b.Datagram(int(i))
		drops[p.one(data, from, now)]++
	}
	drops[accepted] = 0
	p.s.rx.Lock()
	p.s.rx.drops.add(&drops)
	p.s.rx.Unlock()
}

func (p *port) one(data []byte, from netip.AddrPort, now int64) verdict {
	switch packet.Classify(data) {
	case packet.STUN:
		return dropSTUN
	case packet.DTLS:
		return p.deliverDTLS(data, from, now)
	case packet.RTCP:
		return p.s.receiveControl(data, from, !p.control, now)
	}
	return dropClass
}

// publish gives the admitted packets of a batch to the track, and what the
// order stage gives up waiting for.
func (p *port) publish(ready []packet.Packet, now int64) {
	if p.order == nil {
		return
	}
	terms, t := p.s.terms.Load(), p.s.track
	p.order.adapt(now, p.s.control.rtt.Load(), terms.Feedback.Has(media.NACK))
	t.begin()
	for i := range ready {
		q := &ready[i]
		if terms.RecvDTMF != 0 && q.PT == terms.RecvDTMF {
			p.event(q)
			continue
		}
		if f := terms.format(q.PT); f != nil && f != p.format {
			p.format = f
			t.retype(published(*f))
			p.order.format(f)
		}
		p.order.push(q, now)
	}
	p.order.expire(now)
	t.end()
	if p.order.tookDamage() {
		t.damaged(now)
	}
	if source, pairs := p.order.missing(now); len(pairs) > 0 {
		p.s.askAgain(source, pairs)
	}
	if n := p.order.losses.Repaired(); n != p.repaired.Load() {
		p.repaired.Store(n)
	}
	p.arm(p.order.deadline())
}

// arm sets the socket's deadline to when the order stage has something to do.
func (p *port) arm(at int64, waits bool) {
	switch {
	case waits:
		p.sock.SetDeadline(at)
	case p.armed:
		p.sock.SetDeadline(0)
	}
	p.armed = waits
}

// event takes a telephone-event packet.
func (p *port) event(q *packet.Packet) {
	d, ok := p.digits.read(q.Timestamp, q.Payload)
	if !ok {
		return
	}
	p.s.hooks.Lock()
	f := p.s.hooks.digit
	p.s.hooks.Unlock()
	if f != nil {
		p.s.tell.post(func() { f(d) })
	}
}

// close gives back what the order stage holds. The socket is closed.
func (p *port) close() { p.order.close() }
