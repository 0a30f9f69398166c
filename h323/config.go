package h323

import (
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// Config is what an Endpoint works with.
type Config struct {
	Listen   []string // "tcp://0.0.0.0:1720"; port 0 takes any; none: calls are only placed
	Announce string   // IP address that far ends are told for H.225 and H.245; empty: the local one of each connection
	Product  string   // told to far ends; empty is Roombridge
	Version  string   // of the product

	NoTunnelling bool        // H.245 has its own TCP connection in every call
	FastConnect  FastConnect // H.323 8.1.7; empty accepts what is offered
	Ports        PortRange   // where H.245 connections are awaited; zero is any

	MaxCalls int     // legs at once, 0 is no bound
	Rate     float64 // Setups a second from one address; 0 is 200, below 0 no bound
	Burst    int     // of them at once; 0 is 400
	Limits   ConnectionLimits

	SetupTimeout   time.Duration // T303: a Setup of ours that nothing answers; 0 is 10 s
	ProceedTimeout time.Duration // T310: one that was answered by CallProceeding alone; 0 is 60 s
	RingTimeout    time.Duration // T301: one that rings; 0 is 60 s
	ControlTimeout time.Duration // after Connect, until H.245 has agreed on something; 0 is 30 s
	MediaTimeout   time.Duration // while the far end has no channel open to us; 0 is 60 s
	Goodbye        time.Duration // Serve waits this long for the last calls; 0 is 3 s

	Gatekeeper Gatekeeper // asked for every call; nil: none
	// Reach says whose registered terminals a target may mean by an alias, those that go first first; nil: those of who
	// is no tenant's.
	Reach    func(bridge.Target) []string
	Bitrate  int // of one direction, told to it for calls that come in, bit/s
	Resolver *net.Resolver
	Log      *slog.Logger
}

// FastConnect says what becomes of fast connect (H.323 8.1.7).
type FastConnect string

// What an endpoint does with fast connect. Offering it can cost seconds: Huawei
// VP9660 answers about six later than without.
const (
	FastConnectOff    FastConnect = "off"    // refused
	FastConnectAccept FastConnect = "accept" // taken where it is offered
	FastConnectOffer  FastConnect = "offer"  // and offered in calls of ours
)

// PortRange is where TCP connections are awaited.
type PortRange struct{ First, Last uint16 }

// ConnectionLimits bounds what far ends can make the gateway hold.
type ConnectionLimits struct {
	Connections int           // accepted call signalling connections, all together; 0 is 2048
	PerSource   int           // of them from one address; 0 is 512
	HalfOpen    time.Duration // until the Setup is there, and for each begun packet; 0 is 10 s
}

func (c *Config) defaults() {
	orTime := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	orNumber := func(n *int, v int) {
		if *n == 0 {
			*n = v
		}
	}
	orTime(&c.SetupTimeout, 10*time.Second)
	orTime(&c.ProceedTimeout, time.Minute)
	orTime(&c.RingTimeout, time.Minute)
	orTime(&c.ControlTimeout, 30*time.Second)
	orTime(&c.Goodbye, 3*time.Second)
	orTime(&c.Limits.HalfOpen, 10*time.Second)
	orNumber(&c.Limits.Connections, 2048)
	orNumber(&c.Limits.PerSource, 512)
	orNumber(&c.Burst, 400)
	if c.Rate == 0 {
		c.Rate = 200
	}
	if c.FastConnect == "" {
		c.FastConnect = FastConnectAccept
	}
	c.Product = or(c.Product, "Roombridge")
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
}

// announced is Config.Announce as an address; invalid when there is none.
func (c *Config) announced() netip.Addr {
	a, _ := netip.ParseAddr(c.Announce)
	return a.Unmap()
}
