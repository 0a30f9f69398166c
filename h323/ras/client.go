package ras

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// DiscoveryGroup is where any gatekeeper is looked for (H.225.0 7.8.1).
var DiscoveryGroup = netip.MustParseAddrPort("224.0.1.41:1718")

// ClientConfig is what a Client works with.
type ClientConfig struct {
	Gatekeeper netip.AddrPort // RAS address; invalid: the first that answers to DiscoveryGroup
	ID         string         // its identifier; "" is any
	Aliases    []string       // ours: numbers and names
	Prefixes   []string       // numbers that begin so are ours
	User       string         // "": the first alias
	Password   string
	Security   Security      // "" is auto with a password
	TTL        time.Duration // time to live that we ask for; 0 is 5 min

	RAS    func(remote netip.Addr) netip.AddrPort // our RAS address as a far end reaches it
	Signal func(remote netip.Addr) netip.AddrPort // our call signalling
	// Product and Version are told to the gatekeeper.
	Product, Version string

	// Changed hears of every change of Status. Disengaged and Limited hear what the
	// gatekeeper wants of a call: its end, and less bitrate (both directions, bit/s). They
	// must not block nor call the Client.
	Changed    func(Status)
	Disengaged func(call h225.GloballyUniqueID, reason string)
	Limited    func(call h225.GloballyUniqueID, bitrate int)
	Log        *slog.Logger
}

func (c *ClientConfig) defaults() {
	if c.TTL == 0 {
		c.TTL = 5 * time.Minute
	}
	if c.User == "" && len(c.Aliases) > 0 {
		c.User = c.Aliases[0]
	}
	switch {
	case c.Password == "":
		c.Security = SecurityNone
	case c.Security == "":
		c.Security = SecurityAuto
	}
	if c.Changed == nil {
		c.Changed = func(Status) {}
	}
	if c.Disengaged == nil {
		c.Disengaged = func(h225.GloballyUniqueID, string) {}
	}
	if c.Limited == nil {
		c.Limited = func(h225.GloballyUniqueID, int) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// Status is where the registration stands.
type Status struct {
	Registered   bool
	Gatekeeper   netip.AddrPort // the one that is used or tried
	GatekeeperID string
	EndpointID   string
	Since        time.Time // of the registration or its loss
	Reason       string    // why it is not registered
	Calls        int
}

// Client registers the gateway with a gatekeeper and asks it for calls. It is pure: no
// socket, no goroutine, no clock. Its methods must not be called at the same time.
type Client struct {
	cfg      ClientConfig
	log      *slog.Logger
	requests *requests
	replies  *replies
	rates    *front.Rates
	signer   signer
	verifier verifier
	proven   bool // the gatekeeper has proved itself once
	random   int64
	out      []Packet
	now      time.Time

	state      state
	status     Status
	list       []netip.AddrPort // gatekeepers to try, the configured one first
	tried      int              // how many of them were in vain
	looked     bool             // a discovery was tried since the last registration
	alternates []alternate
	granted    granted
	ttl        time.Duration
	at         time.Time // of the next keep-alive or try; zero: an answer is awaited
	backoff    time.Duration
	calls      map[string]*clientCall
	waiting    []waiter
}

// waiter is a call that waits for the registration, but not for ever.
type waiter struct {
	until time.Time
	f     func(now time.Time)
}

// admitTime is how long a call waits for a registration, as for an ARQ.
const admitTime = 6 * time.Second

type state uint8

const (
	stateIdle state = iota
	stateDiscovering
	stateRegistering
	stateRegistered
	stateWaiting // before the next try
	stateClosed
)

// alternate is a gatekeeper that stands in for another (H.225.0 7.2.6).
type alternate struct {
	ras      netip.AddrPort
	priority uint8
}

// Bounds of a client.
const (
	maxAlternates = 8
	leastBackoff  = 5 * time.Second
	mostBackoff   = time.Minute
	leastRenewal  = 10 * time.Second
	// Datagrams a second of one source, and at once. A gatekeeper has much to say of many
	// calls.
	clientRate  = 200
	clientBurst = 1000
)

// NewClient makes a client that does nothing until Start.
func NewClient(cfg ClientConfig) *Client {
	cfg.defaults()
	c := &Client{cfg: cfg, log: cfg.Log, replies: newReplies(), rates: front.NewRates(clientRate, clientBurst),
		calls: make(map[string]*clientCall), random: rand.Int64N(1 << 30)}
	c.requests = newRequests(uint16(rand.Uint32()), func(p Packet) { c.out = append(c.out, p) })
	c.signer = signer{how: SecurityNone, user: cfg.User, password: cfg.Password, local: cfg.User, random: &c.random}
	if cfg.Security != SecurityAuto {
		c.signer.how = cfg.Security
	}
	return c
}

// Start looks for the gatekeeper and registers.
func (c *Client) Start(now time.Time) {
	c.now = now
	c.restart()
}

// Receive takes a datagram that came to our RAS address.
func (c *Client) Receive(now time.Time, from netip.AddrPort, data []byte) {
	c.now = now
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	m := &h225.RasMessage{}
	if len(data) == 0 || !c.known(from.Addr()) || !c.rates.Allow(from.Addr(), now) || per.Unmarshal(data, m) != nil {
		return
	}
	if q := c.requests.awaited(from, m); q != nil {
		if c.trusted(from, m, data) {
			c.requests.answer(now, q, m)
		}
		return
	}
	if _, ok := requestKind(m); !ok || from.Addr() != c.status.Gatekeeper.Addr() {
		return // only our gatekeeper asks us
	}
	reply, again := c.replies.begin(now, from, data)
	if again {
		if len(reply.out) > 0 {
			c.out = append(c.out, Packet{reply.to, reply.out})
		}
		return
	}
	if h, ok := headerOf(m); ok && c.trusted(from, m, data) {
		c.serve(&incoming{from: from, raw: data, m: m, seq: *h.seq, reply: reply})
	}
}

// known tells whether a host is listened to: the gatekeeper, one that stands in for it, or
// who was asked something, which is anybody while a gatekeeper is looked for by multicast.
func (c *Client) known(host netip.Addr) bool {
	return host == c.status.Gatekeeper.Addr() || c.requests.waits(host) ||
		slices.ContainsFunc(c.alternates, func(a alternate) bool { return a.ras.Addr() == host })
}

// trusted tells whether a message of the gatekeeper is proved, where that was agreed.
func (c *Client) trusted(from netip.AddrPort, m *h225.RasMessage, raw []byte) bool {
	if c.signer.how != SecurityH2351 || m.GatekeeperConfirm != nil || m.GatekeeperReject != nil {
		return true // a discovery is answered before anything is agreed
	}
	c.verifier.self = []string{c.cfg.User, c.status.EndpointID}
	p := c.verifier.check(c.now, from.Addr(), raw, m, []string{c.status.GatekeeperID}, func(string) []Credential { return []Credential{{Password: c.cfg.Password}} })
	c.proven = c.proven || p.verdict == proofGood
	if c.cfg.Security == SecurityAuto && p.verdict == proofAbsent && !c.proven {
		return true // it asks for proofs and gives none: some verify only
	}
	if p.verdict != proofGood {
		c.log.Warn("a message of the gatekeeper is not believed", "gatekeeper", c.status.Gatekeeper, "message", per.Alternative(m),
			"reason", p.verdict.String())
	}
	return p.verdict == proofGood
}

// ask sends a request to the gatekeeper. done gets nil when no answer comes.
func (c *Client) ask(k kind, to netip.AddrPort, m *h225.RasMessage, done func(time.Time, *h225.RasMessage)) {
	n, ok := c.requests.number()
	if h, known := headerOf(m); ok && known {
		*h.seq = n
		b, err := c.signer.encode(c.now, m)
		if err == nil {
			c.requests.send(c.now, k, n, to, b, done)
			return
		}
		c.log.Warn("a RAS message cannot be written", "kind", string(k), "error", err)
	}
	done(c.now, nil)
}

// answer sends the answer to a request of the gatekeeper.
func (c *Client) answer(in *incoming, to netip.AddrPort, m *h225.RasMessage) {
	b, err := c.signer.encode(c.now, m)
	if err != nil {
		c.log.Warn("a RAS message cannot be written", "message", per.Alternative(m), "error", err)
		return
	}
	in.reply.to, in.reply.out = to, b
	c.out = append(c.out, Packet{to, b})
}

// Expire does what is due.
func (c *Client) Expire(now time.Time) {
	c.now = now
	c.requests.expire(now)
	c.resume(func(w waiter) bool { return !now.Before(w.until) })
	c.reportDue()
	if c.at.IsZero() || now.Before(c.at) {
		return
	}
	c.at = time.Time{}
	switch c.state {
	case stateRegistered:
		c.register(true)
	case stateWaiting:
		c.restart()
	}
}

// Deadline is when Expire has something to do; zero is never.
func (c *Client) Deadline() time.Time {
	d := earlier(c.requests.deadline(), c.at)
	for _, w := range c.waiting {
		d = earlier(d, w.until)
	}
	if c.state == stateRegistered {
		for _, l := range c.calls {
			d = earlier(d, l.reportAt)
		}
	}
	return d
}

// Output gives the datagrams to send since the last call.
func (c *Client) Output() []Packet {
	out := c.out
	c.out = nil
	return out
}

// Status says where the registration stands.
func (c *Client) Status() Status {
	s := c.status
	s.Calls = len(c.calls)
	return s
}

// set changes the status.
func (c *Client) set(registered bool, reason string) {
	if c.status.Registered != registered {
		c.status.Since = c.now
	}
	c.status.Registered, c.status.Reason = registered, reason
	c.cfg.Changed(c.Status())
}

// wait tries again later, from the beginning.
func (c *Client) wait(reason string) {
	if c.state == stateClosed {
		return
	}
	c.state = stateWaiting
	c.backoff = min(max(2*c.backoff, leastBackoff), mostBackoff)
	c.at = c.now.Add(c.backoff + rand.N(c.backoff/4)) // not all that lost a gatekeeper at once
	c.log.Warn("not registered with the gatekeeper", "gatekeeper", c.status.Gatekeeper, "reason", reason, "again_in", c.at.Sub(c.now).Round(time.Second))
	c.set(false, reason)
	c.resume(all)
}

// await has a call wait for the registration. It tells whether there is room.
func (c *Client) await(f func(now time.Time)) bool {
	if len(c.waiting) >= maxOpen {
		return false
	}
	c.waiting = append(c.waiting, waiter{c.now.Add(admitTime), f})
	return true
}

// resume goes on with calls that wait.
func (c *Client) resume(which func(waiter) bool) {
	var left, due []waiter
	for _, w := range c.waiting {
		if which(w) {
			due = append(due, w)
		} else {
			left = append(left, w)
		}
	}
	c.waiting = left
	for _, w := range due {
		w.f(c.now)
	}
}

func all(waiter) bool { return true }

// next tries the next gatekeeper, or all of them again later.
func (c *Client) next(reason string) {
	for _, a := range c.alternates {
		if !slices.Contains(c.list, a.ras) && len(c.list) < maxAlternates {
			c.list = append(c.list, a.ras)
		}
	}
	if c.state == stateClosed {
		return
	}
	c.tried++
	if c.tried >= len(c.list) {
		c.wait(reason)
		return
	}
	c.log.Warn("trying another gatekeeper", "gatekeeper", c.list[c.tried], "reason", reason)
	c.discover(c.list[c.tried])
}

// restart begins with the configured gatekeeper.
func (c *Client) restart() {
	first := c.cfg.Gatekeeper
	if !first.IsValid() {
		first = DiscoveryGroup
	}
	c.list, c.tried = []netip.AddrPort{first}, 0
	c.discover(first)
}
