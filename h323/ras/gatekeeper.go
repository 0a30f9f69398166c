package ras

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/roombridge/roombridge/bridge/front"
	"github.com/roombridge/roombridge/bridge/lockout"
	"github.com/roombridge/roombridge/h323/h225"
	"github.com/roombridge/roombridge/h323/per"
)

// GatekeeperConfig is what a Gatekeeper works with.
type GatekeeperConfig struct {
	ID        string            // gatekeeper identifier; "" is Roombridge
	TTL       time.Duration     // time to live of registrations; 0 is 5 min
	Passwords map[string]string // by alias; who claims one of these aliases proves its password
	// Credentials gives more terminals that an alias may be of, of each tenant one, that of the tenant that is named
	// among them; at once, whenever it is asked. host is where the question comes from. Nil has none.
	Credentials func(alias, tenant string, host netip.Addr) []Credential
	// Asks tells that some of those have passwords: terminals that can are asked to prove one. Nil: none have.
	Asks func() bool
	// Default is the tenant of what is nobody's, whose terminals everybody's calls reach. Nil: there is none.
	Default func() string
	// Ambiguous hears of who proves a password that several tenants have for a name. It must not block nor call the
	// Gatekeeper.
	Ambiguous func(host netip.Addr, name string)
	// Locked hears of locks that begin after wrong passwords for a name. It must not block nor call the Gatekeeper.
	Locked func(name string, l lockout.Lock)
	Closed bool // only aliases with a password may register
	// Gateways are the users, who have proved a password, whose prefixes are taken: calls
	// to all numbers that begin so are theirs. "*" is everybody who registers.
	Gateways []string

	MaxTerminals int // 0 is 1000
	MaxCalls     int // of one terminal; older ones are forgotten; 0 is 50
	MaxBitrate   int // of a call, both directions, bit/s; 0 is no bound

	RAS    func(remote netip.Addr) netip.AddrPort // our RAS address as a far end reaches it
	Signal func(remote netip.Addr) netip.AddrPort // our own call signalling; invalid: we take no calls
	// Owns tells whether calls to an alias that no terminal has come to us. nil: all
	// calls of terminals do, and nothing that other gatekeepers ask for.
	Owns func(alias string) bool
	// Changed hears of terminals that came, went or changed. It must not block nor call
	// the Gatekeeper.
	Changed func(t Terminal, online bool, reason string)

	Rate  float64 // datagrams a second of one source; 0 is 50
	Burst int     // of them at once; 0 is 200
	Log   *slog.Logger
}

func (c *GatekeeperConfig) defaults() {
	if c.ID == "" {
		c.ID = "Roombridge"
	}
	if c.TTL == 0 {
		c.TTL = 5 * time.Minute
	}
	if c.MaxTerminals == 0 {
		c.MaxTerminals = 1000
	}
	if c.MaxCalls == 0 {
		c.MaxCalls = 50
	}
	if c.Rate == 0 {
		c.Rate = 50
	}
	if c.Burst == 0 {
		c.Burst = 200
	}
	if c.Asks == nil {
		c.Asks = func() bool { return false }
	}
	if c.Default == nil {
		c.Default = func() string { return "" }
	}
	if c.Ambiguous == nil {
		c.Ambiguous = func(netip.Addr, string) {}
	}
	if c.Locked == nil {
		c.Locked = func(string, lockout.Lock) {}
	}
	if c.Changed == nil {
		c.Changed = func(Terminal, bool, string) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	byKey := make(map[string]string, len(c.Passwords))
	for a, p := range c.Passwords {
		byKey[key(a)] = p
	}
	c.Passwords = byKey
}

// Gatekeeper is a small gatekeeper (H.225.0 7). It is pure: no socket, no goroutine, no
// clock. Its methods must not be called at the same time.
type Gatekeeper struct {
	cfg      GatekeeperConfig
	log      *slog.Logger
	rates    *front.Rates
	replies  *replies
	requests *requests
	verifier verifier
	guard    *lockout.Users
	table    *table
	random   int64 // of H.235.1
	stats    Stats
	out      []Packet
	now      time.Time // of the call that is served
	closed   bool
}

// Stats counts what came since the start.
type Stats struct {
	Terminals  int    // that are registered now
	Received   uint64 // datagrams
	Limited    uint64 // dropped over a source's rate
	Broken     uint64 // that could not be read
	Repeated   uint64 // that were answered before
	Refused    uint64 // requests that were rejected
	Denied     uint64 // of them for want of a proof
	LockedOut  uint64 // proofs that were not looked at after too many wrong ones
	Locks      uint64 // that began
	Registered uint64
	Admitted   uint64
}

// NewGatekeeper makes a gatekeeper with nobody registered.
func NewGatekeeper(cfg GatekeeperConfig) *Gatekeeper {
	cfg.defaults()
	g := &Gatekeeper{cfg: cfg, log: cfg.Log, rates: front.NewRates(cfg.Rate, cfg.Burst), replies: newReplies(), table: newTable(),
		verifier: verifier{self: []string{cfg.ID}, all: true}, guard: lockout.NewUsers()}
	g.requests = newRequests(0, func(p Packet) { g.out = append(g.out, p) })
	return g
}

// incoming is a request that is served.
type incoming struct {
	from  netip.AddrPort
	raw   []byte
	m     *h225.RasMessage
	kind  kind
	seq   h225.RequestSeqNum
	reply *reply
}

// Receive takes a datagram that came to the RAS address.
func (g *Gatekeeper) Receive(now time.Time, from netip.AddrPort, data []byte) {
	in, ok := g.read(now, from, data)
	if !ok {
		return
	}
	if q := g.requests.awaited(in.from, in.m); q != nil {
		if t := g.table.byRAS[q.to]; t == nil || g.trusted(in, t) {
			g.requests.answer(now, q, in.m)
		}
		return
	}
	g.serve(in)
}

// Discover takes a datagram that came to the discovery multicast address (H.225.0 7.8.1):
// only requests for any gatekeeper or for us are answered.
func (g *Gatekeeper) Discover(now time.Time, from netip.AddrPort, data []byte) {
	in, ok := g.read(now, from, data)
	if !ok || in.m.GatekeeperRequest == nil {
		return
	}
	if id := in.m.GatekeeperRequest.GatekeeperIdentifier; id != nil && clean(*id, maxAlias) != g.cfg.ID {
		return
	}
	g.serve(in)
}

// read decodes what is new.
func (g *Gatekeeper) read(now time.Time, from netip.AddrPort, data []byte) (*incoming, bool) {
	g.now = now
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if len(data) == 0 {
		return nil, false // Polycom Group keeps address translators awake by empty datagrams
	}
	g.stats.Received++
	if !g.rates.Allow(from.Addr(), now) {
		g.stats.Limited++
		return nil, false
	}
	reply, again := g.replies.begin(now, from, data)
	if again {
		g.stats.Repeated++
		if len(reply.out) > 0 {
			g.out = append(g.out, Packet{reply.to, reply.out})
		}
		return nil, false
	}
	m := &h225.RasMessage{}
	err := per.Unmarshal(data, m)
	h, ok := headerOf(m)
	if err != nil || !ok {
		g.stats.Broken++
		g.log.Debug("a RAS message cannot be read", "from", from, "error", err)
		return nil, false
	}
	in := &incoming{from: from, raw: data, m: m, seq: *h.seq, reply: reply}
	in.kind, _ = requestKind(m)
	return in, true
}

// serve answers a request.
func (g *Gatekeeper) serve(in *incoming) {
	m := in.m
	switch {
	case g.closed:
	case m.GatekeeperRequest != nil:
		g.discovery(in, m.GatekeeperRequest)
	case m.RegistrationRequest != nil:
		g.registration(in, m.RegistrationRequest)
	case m.UnregistrationRequest != nil:
		g.unregistration(in, m.UnregistrationRequest)
	case m.AdmissionRequest != nil:
		g.admission(in, m.AdmissionRequest)
	case m.BandwidthRequest != nil:
		g.bandwidth(in, m.BandwidthRequest)
	case m.DisengageRequest != nil:
		g.disengage(in, m.DisengageRequest)
	case m.LocationRequest != nil:
		g.location(in, m.LocationRequest)
	case m.InfoRequestResponse != nil:
		g.report(in, m.InfoRequestResponse)
	case m.ResourcesAvailableIndicate != nil:
		g.resources(in, m.ResourcesAvailableIndicate)
	case m.InfoRequest != nil, m.ServiceControlIndication != nil:
		g.answer(in, in.from, &h225.RasMessage{UnknownMessageResponse: &h225.UnknownMessageResponse{RequestSeqNum: in.seq}}, nil)
	}
}

// answer sends the answer to a request and keeps it for its repetitions.
func (g *Gatekeeper) answer(in *incoming, to netip.AddrPort, m *h225.RasMessage, s *signer) {
	b, err := s.encode(g.now, m)
	if err != nil {
		g.log.Warn("a RAS message cannot be written", "kind", string(in.kind), "to", to, "error", err)
		return
	}
	in.reply.to, in.reply.out = to, b
	g.out = append(g.out, Packet{to, b})
}

// ask sends a request of ours to a terminal. done gets nil when it does not answer.
func (g *Gatekeeper) ask(t *terminal, k kind, m *h225.RasMessage, done func(time.Time, *h225.RasMessage)) {
	n, ok := g.requests.number()
	if h, known := headerOf(m); ok && known {
		*h.seq = n
		if b, err := g.signer(t).encode(g.now, m); err == nil {
			g.requests.send(g.now, k, n, t.RAS, b, done)
			return
		}
	}
	done(g.now, nil)
}

// signer secures what a terminal is sent, if it proved itself over whole messages.
func (g *Gatekeeper) signer(t *terminal) *signer {
	if t == nil || t.Security != SecurityH2351 {
		return nil
	}
	if t.ID == "" {
		return g.signerFor(t.password, t.sender)
	}
	// H.235.1 7.1: to the identifier that the terminal has from RCF on; H.323Plus expects
	// it in the RCF itself.
	return g.signerFor(t.password, t.ID)
}

func (g *Gatekeeper) signerFor(password, remote string) *signer {
	return &signer{how: SecurityH2351, password: password, local: g.cfg.ID, remote: remote, random: &g.random}
}

// Output gives the datagrams to send since the last call.
func (g *Gatekeeper) Output() []Packet {
	out := g.out
	g.out = nil
	return out
}

// Terminals lists who is registered.
func (g *Gatekeeper) Terminals() []Terminal { return g.table.list() }

// Stats gives the counters.
func (g *Gatekeeper) Stats() Stats {
	s := g.stats
	s.Terminals = len(g.table.byID)
	return s
}

// Find gives the terminal that an alias leads to for who is no tenant's.
func (g *Gatekeeper) Find(alias string) (Terminal, bool) {
	t := g.table.find(g.reach(""), []string{clean(alias, maxAlias)})
	if t == nil {
		return Terminal{}, false
	}
	return t.public(), true
}

// At gives the terminal with an alias, whosever it is, that is heard or called at a host. Where several tenants have
// such a one there it is none.
func (g *Gatekeeper) At(alias string, host netip.Addr) (found Terminal, ok bool) {
	k, host := key(clean(alias, maxAlias)), host.Unmap()
	here := func(a netip.AddrPort) bool { return a.Addr().Unmap() == host }
	for held, t := range g.table.byAlias {
		if held.alias != k || !here(t.RAS) && !slices.ContainsFunc(t.Signal, here) {
			continue
		}
		if ok {
			return Terminal{}, false
		}
		found, ok = t.public(), true
	}
	return found, ok
}

// place is where an answer goes: to the RAS address that the message gives if that is of
// the host it came from, else to where it came from. So nobody has others sent answers,
// and terminals behind an address translator get theirs.
func place(from netip.AddrPort, list ...h225.TransportAddress) netip.AddrPort {
	for i := range list {
		if a, ok := list[i].AddrPort(); ok && a.Port() != 0 && a.Addr() == from.Addr() {
			return a
		}
	}
	return from
}

// identifier makes an endpoint identifier.
func identifier() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
