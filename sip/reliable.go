package sip

import (
	"strings"

	sipgo "github.com/emiago/sipgo/sip"
)

// rack is the RAck header of a PRACK, RFC 3262 7.2.
type rack struct {
	rseq, cseq uint32
	method     string
}

func parseRAck(m headerSource) (rack, bool) {
	v, _ := header(m, "RAck")
	f := strings.Fields(v)
	if len(f) != 3 {
		return rack{}, false
	}
	r, ok1 := number(f[0], 1<<32-1)
	c, ok2 := number(f[1], 1<<31-1)
	return rack{uint32(r), uint32(c), strings.ToUpper(f[2])}, ok1 && ok2 && r > 0
}

func parseRSeq(m headerSource) (uint32, bool) {
	v, ok := header(m, "RSeq")
	n, good := number(v, 1<<32-1)
	return uint32(n), ok && good && n > 0
}

// reliableUAC follows the reliable provisional responses of one INVITE of
// ours: each is acknowledged once and only in order (RFC 3262 4).
type reliableUAC struct {
	last uint32
}

// accept tells whether a response is the next one that wants a PRACK. reliable
// is false for a plain provisional response.
func (r *reliableUAC) accept(res *sipgo.Response) (seq uint32, reliable, fresh bool) {
	if res.StatusCode <= 100 || !hasToken(res, "Require", "100rel") {
		return 0, false, false
	}
	seq, ok := parseRSeq(res)
	if !ok || r.last != 0 && seq != r.last+1 {
		return seq, true, false
	}
	r.last = seq
	return seq, true, true
}

// pendingReliable is the one reliable provisional response of ours that
// awaits its PRACK. We send no second before the first is acknowledged.
type pendingReliable struct {
	rseq, cseq uint32
	waiting    bool
}

// matches tells whether a PRACK is for it.
func (p *pendingReliable) matches(r rack) bool {
	return p.waiting && r.rseq == p.rseq && r.cseq == p.cseq && r.method == "INVITE"
}
