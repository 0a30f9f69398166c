package sip

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/sip/registrar"
)

// Config is what an Endpoint works with.
type Config struct {
	Listen    []string    // "udp://0.0.0.0:5060", "tcp://[::]:5060", "tls://:5061"; port 0 takes any
	TLS       *tls.Config // nil: TLSConfig's defaults, when a TLS address is listened on or called
	Announce  string      // host or address of Contact and Via; empty: the local address towards each far end
	UserAgent string      // of User-Agent and Server

	MaxCalls int     // legs at once, 0 is no bound
	Rate     float64 // new dialogs a second from one address; 0 is 200, below 0 no bound
	Burst    int     // of them at once; 0 is 400
	Limits   TransportLimits

	SessionExpires time.Duration // asked for in placed calls; 0 is 30 min, below 0 none
	MediaGrace     time.Duration // media this recent keeps a call whose signalling fell silent; 0 is 30 s
	RingTimeout    time.Duration // a placed call that nobody answers ends; 0 is 60 s
	Goodbye        time.Duration // Serve waits this long for the answers to BYE; 0 is 3 s

	Register *registrar.Config     // terminals register with us; nil: they cannot
	Security func(registrar.Event) // hears of lock-outs, and of passwords that several tenants have for one name, and must not block; nil: only the log does
	// Reach says whose registered terminals a target may mean by a name: the first's who has one. Nil: anybody's.
	Reach       func(bridge.Target) []string
	Trunks      func(netip.AddrPort) []string // names of the trunks that a message may come from, the likeliest first; their calls need no registration
	Credentials Credentials                   // for placed calls and registrations of ours that are challenged; nil: none
	Resolver    *net.Resolver                 // nil: the system's
	Trace       bool                          // messages in the debug log, secrets masked
	Log         *slog.Logger
}

// Credentials gives user and password for a target and the realm that asks.
type Credentials func(t bridge.Target, realm string) (user, password string, ok bool)

func (c *Config) defaults() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&c.SessionExpires, 30*time.Minute)
	set(&c.MediaGrace, 30*time.Second)
	set(&c.RingTimeout, time.Minute)
	set(&c.Goodbye, 3*time.Second)
	c.SessionExpires = max(c.SessionExpires, 0)
	if c.Rate == 0 {
		c.Rate = 200
	}
	if c.Burst == 0 {
		c.Burst = 400
	}
	if c.UserAgent == "" {
		c.UserAgent = "Roombridge"
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}
