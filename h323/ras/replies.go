package ras

import (
	"crypto/sha256"
	"net/netip"
	"time"
)

// A reply is kept as long as an impatient requester repeats the request: three times
// within ten seconds, and what the network delays.
const keepReply = 15 * time.Second

// maxReplies bounds what is kept; the oldest goes first.
const maxReplies = 4096

// replies keeps what requests were answered, so that a repeated one is answered the same
// and changes nothing. A repetition is the same to the last bit.
type replies struct {
	kept  map[replyKey]*reply
	order []*reply // by age
}

type replyKey struct {
	from netip.AddrPort
	sum  [16]byte
}

type reply struct {
	key replyKey
	to  netip.AddrPort
	out []byte // empty: there is no answer yet, or none at all
	at  time.Time
}

func newReplies() *replies { return &replies{kept: make(map[replyKey]*reply)} }

// begin tells whether a datagram is a repetition, and gives the answer kept for it;
// otherwise a place for it.
func (r *replies) begin(now time.Time, from netip.AddrPort, data []byte) (p *reply, again bool) {
	r.forget(now)
	sum := sha256.Sum256(data)
	k := replyKey{from, [16]byte(sum[:])}
	if p = r.kept[k]; p != nil {
		return p, true
	}
	p = &reply{key: k, at: now}
	r.kept[k] = p
	r.order = append(r.order, p)
	return p, false
}

func (r *replies) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (now.Sub(r.order[n].at) >= keepReply || len(r.order)-n >= maxReplies) {
		if p := r.order[n]; r.kept[p.key] == p {
			delete(r.kept, p.key)
		}
		r.order[n] = nil
		n++
	}
	r.order = r.order[n:]
}

// drop forgets what a source was answered: it is no longer true.
func (r *replies) drop(from netip.AddrPort) {
	for k := range r.kept {
		if k.from == from {
			delete(r.kept, k)
		}
	}
}

// keep enters a reply again that drop has forgotten.
func (r *replies) keep(p *reply) { r.kept[p.key] = p }
