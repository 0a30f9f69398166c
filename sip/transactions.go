package sip

import (
	"log/slog"
	"strconv"
	"sync"

	sipgo "github.com/emiago/sipgo/sip"
)

// maxTransactions bounds both tables. A transaction over UDP lives for 32 s
// after its answer, so this is some 1,500 requests a second.
const maxTransactions = 50000

// quiet is the logger of sipgo's transactions: what they say is of no use to
// an operator and would show messages in clear.
var quiet = slog.New(slog.DiscardHandler)

// transactions matches messages to the state machines of RFC 3261 17.
type transactions struct {
	t *transport
	// The user of the layer. Calls come on the reading goroutine of a socket
	// and must not block.
	onRequest func(in *inbound)             // a new request
	onCancel  func(invite, cancel *inbound) // a CANCEL that matched; it is answered already
	onAck     func(req *sipgo.Request, f flow)
	ua        string // of the Server header

	mu     sync.Mutex
	client map[string]*clientTx
	server map[string]*inbound
	whole  map[mergeKey]string // requests without To tag, to the key of their transaction
	closed bool
	wg     sync.WaitGroup
}

func newTransactions(t *transport) *transactions {
	x := &transactions{t: t, client: make(map[string]*clientTx), server: make(map[string]*inbound), whole: make(map[mergeKey]string)}
	t.handle = x.message
	return x
}

func (x *transactions) message(m sipgo.Message, f flow) {
	x.t.count(false, m)
	switch m := m.(type) {
	case *sipgo.Request:
		x.request(m, f)
	case *sipgo.Response:
		x.response(m)
	}
}

func (x *transactions) request(req *sipgo.Request, f flow) {
	key, err := serverKey(req)
	if err != nil {
		x.t.unreadable(f, malformed([]byte(req.String()), err))
		return
	}
	known := x.serverTx(key)
	switch {
	case req.IsAck():
		x.ack(req, f, known)
	case req.IsCancel():
		x.cancel(&inbound{x: x, req: req, f: f, tag: newTag()})
	case known != nil:
		_ = known.tx.Receive(req) // a retransmission: the last answer goes out again
	default:
		x.fresh(req, f, key)
	}
}

// ack goes to the transaction it acknowledges a refusal of, and else to the
// dialog. Old stacks reuse the branch of the INVITE for the ACK to a 2xx.
func (x *transactions) ack(req *sipgo.Request, f flow, invite *inbound) {
	if invite == nil || invite.answered() < 300 {
		x.onAck(req, f)
		return
	}
	_ = invite.tx.Receive(req)
	select { // the transaction offers the ACK to a reader that we do not need
	case <-invite.tx.Acks():
	default:
	}
}

func (x *transactions) fresh(req *sipgo.Request, f flow, key string) {
	in := &inbound{x: x, req: req, f: f, key: key, tag: newTag()}
	in.tx = sipgo.NewServerTx(key, req, &txConn{t: x.t, f: replyFlow(f, req)}, quiet)
	x.mu.Lock()
	if x.closed || len(x.server) >= maxTransactions {
		x.mu.Unlock()
		x.t.stats.limited()
		in.tx = nil
		in.reply(503, sipgo.NewHeader("Retry-After", strconv.Itoa(retryAfter)))
		return
	}
	x.server[key] = in
	x.noteMerged(in)
	x.mu.Unlock()
	in.tx.OnTerminate(func(string, error) { x.dropServer(in) })
	_ = in.tx.Init()
	x.onRequest(in)
}

// cancel matches a CANCEL to its INVITE (RFC 3261 9.2). It has no transaction
// of its own: each copy gets the same answer, and sipgo's would never end.
func (x *transactions) cancel(in *inbound) {
	key, err := inviteKey(in.req)
	invite := x.serverTx(key)
	if err != nil || invite == nil {
		in.tag = statelessTag(key)
		in.reply(481)
		return
	}
	in.tag = invite.tag // 9.2: the same To tag as the answer to the INVITE
	in.reply(200)
	x.onCancel(invite, in)
}

func (x *transactions) serverTx(key string) *inbound {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.server[key]
}

func (x *transactions) dropServer(in *inbound) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.server, in.key)
	if k := mergeKeyOf(in.req); x.whole[k] == in.key {
		delete(x.whole, k)
	}
}

// mergeKey is equal for two copies of a request that came by two ways
// (RFC 3261 8.2.2.2).
type mergeKey struct {
	callID, fromTag string
	seq             uint32
	method          sipgo.RequestMethod
}

func mergeKeyOf(req *sipgo.Request) mergeKey {
	return mergeKey{string(*req.CallID()), req.From().Params.GetOr("tag", ""), req.CSeq().SeqNo, req.Method}
}

// noteMerged marks the second copy of a request that is still in work. mu is held.
func (x *transactions) noteMerged(in *inbound) {
	if in.req.To().Params.Has("tag") {
		return
	}
	k := mergeKeyOf(in.req)
	if _, in.merged = x.whole[k]; !in.merged {
		x.whole[k] = in.key
	}
}

func (x *transactions) len() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.client) + len(x.server)
}

// close ends all transactions and waits for their goroutines.
func (x *transactions) close() {
	x.mu.Lock()
	x.closed = true
	var all []interface{ Terminate() }
	for _, c := range x.client {
		all = append(all, c.tx)
	}
	for _, s := range x.server {
		all = append(all, s.tx)
	}
	x.mu.Unlock()
	for _, tx := range all {
		tx.Terminate()
	}
	x.wg.Wait()
}

// serverKey is RFC 3261 17.2.3.
func serverKey(req *sipgo.Request) (string, error) { return sipgo.ServerTxKeyMake(req) }

// inviteKey is the key of the INVITE that a CANCEL is for.
func inviteKey(cancel *sipgo.Request) (string, error) {
	cseq := cancel.CSeq()
	method := cseq.MethodName
	cseq.MethodName = sipgo.INVITE
	defer func() { cseq.MethodName = method }()
	return sipgo.ServerTxKeyMake(cancel)
}
