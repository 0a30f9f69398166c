package relay

import (
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge/packet"
)

// How a newcomer becomes the source of a stream.
const (
	// A plain source is only followed elsewhere when it has been silent; one
	// that proved itself with the key may come back sooner.
	quietPlain = int64(300 * time.Millisecond)
	quietKeyed = int64(60 * time.Millisecond)
	// Packets in a row that a newcomer needs (RFC 3550 6.2.1 takes two).
	rowFirst  = 2 // while there is no source
	rowChange = 3
	// Packets of newcomers that are looked at, which with SRTP means
	// decrypted, within a window of time. Strangers get fewer.
	tryWindow   = int64(100 * time.Millisecond)
	tryTrusted  = 16
	tryStranger = 4
	// RTCP that is read and handshake messages that are passed on in the same
	// time, far more than is ever needed.
	tryControl  = 64
	tryReports  = 16 // from strangers
	tryMessages = 64
	// A candidate that has not been heard of for so long is forgotten.
	candidateLife = int64(time.Second)
)

// identity is who sends: RTP without keys is told apart by its address too.
type identity struct {
	ssrc uint32
	addr netip.AddrPort // zero once SRTP is keyed
}

// candidate is a newcomer on probation.
type candidate struct {
	identity
	next  uint16 // sequence number that continues the row
	row   int
	heard int64
}

// admission decides whose packets are a stream's. It keeps one source and two
// candidates, whatever arrives: one that comes from where signalling pointed and
// one stranger, so that strangers cannot crowd out the far end.
type admission struct {
	source identity
	known  bool
	named  bool  // the newcomer comes from where signalling points, and the source does not
	heard  int64 // last packet of the source

	candidates [2]candidate
	tries      [2]budget
}

const (
	stranger = 0
	trusted  = 1
)

// is tells whether a packet is of the present source.
func (a *admission) is(id identity) bool { return a.known && id == a.source }

// try tells whether a newcomer's packet may be looked at, which bounds what a
// flood can cost.
func (a *admission) try(rank int, now int64) bool {
	most := tryStranger
	if rank == trusted {
		most = tryTrusted
	}
	return a.tries[rank].spend(most, now)
}

// budget bounds what anybody can make us do within a window of time.
type budget struct {
	window int64 // when it began
	spent  int
}

// spend tells whether it may be done once more.
func (b *budget) spend(most int, now int64) bool {
	if now-b.window >= tryWindow {
		b.window, b.spent = now, 0
	}
	if b.spent >= most {
		return false
	}
	b.spent++
	return true
}

// newcomer takes a packet of an identity that is not the source and tells
// whether it is the source from now on. keyed says that the packet was authenticated.
func (a *admission) newcomer(id identity, seq uint16, rank int, keyed bool, now int64) bool {
	if !a.known && (keyed || rank == trusted) {
		a.adopt(id, now)
		return true
	}
	c := &a.candidates[rank]
	switch {
	case c.row > 0 && c.identity == id && seq == c.next:
		c.row++
	case c.row > 0 && c.identity != id && now-c.heard < candidateLife && rank == trusted && !a.named:
		// Two in trusted places: the first keeps its chance for a while.
		return false
	default:
		c.identity, c.row = id, 1
	}
	c.next, c.heard = seq+1, now
	need, quiet := rowChange, quietPlain
	if keyed {
		quiet = quietKeyed
	}
	if !a.known || a.named {
		need = rowFirst
	} else if now-a.heard < quiet {
		return false
	}
	if c.row < need {
		return false
	}
	a.adopt(id, now)
	return true
}

func (a *admission) adopt(id identity, now int64) {
	a.source, a.known, a.heard = id, true, now
	a.candidates = [2]candidate{}
}

// leave forgets the source; the next one may follow at once.
func (a *admission) leave() {
	a.known = false
	a.candidates = [2]candidate{}
}

// newest follows the highest sequence number of one source.
type newest struct {
	seq     uint16
	started bool
}

// advance tells whether seq is ahead of all before.
func (n *newest) advance(seq uint16) bool {
	if n.started && packet.SeqDiff(seq, n.seq) <= 0 {
		return false
	}
	n.seq, n.started = seq, true
	return true
}
