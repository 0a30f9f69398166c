package web

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/web/oidc"
)

// Config is what a Server works with.
type Config struct {
	Listen     string      // HTTPS, host:port; port 0 takes a free one
	Redirect   string      // plain HTTP, host:port: sends browsers to HTTPS, answers health and metrics; empty is none
	TLS        *tls.Config // with a certificate; see Certificate and Reload
	SelfSigned bool        // browsers warn of the certificate: no HSTS, and the pages explain
	Token      string      // admin.token; empty: the API answers to this machine only
	Open       bool        // any number opens the room of that name: the pages warn
	Version    string

	Calls   Calls
	Rooms   Rooms
	Devices bridge.Devices
	Known   func(tenant string) []bridge.Device // devices that administrators entered, of all tenants where it is ""; nil: none
	// Number finds the trunk through which a tenant, "" is the operator, calls a number; trunk names
	// one or is "". The error is a *bridge.Refusal. nil: there are no trunks.
	Number    func(tenant, trunk, number string) (bridge.Target, error)
	Trunks    func(tenant string) []Trunk     // those of a tenant, all where it is ""; nil: there are none
	Usage     func(tenant string) admin.Usage // what a tenant takes now; nil: not told
	Admin     *admin.Service                  // numbers, tenants, tokens and records; nil has none
	OIDC      *oidc.Provider                  // says who somebody is; nil: passwords alone
	Dial      func(room string) []string      // what a terminal dials to get into a room
	Ready     func() error                    // nil, or why no calls should be sent here now
	Telemetry func() Telemetry                // counters of the rest of the gateway, read on scrape
	News      *News                           // what is written down while the Server serves; nil tells nothing

	// Entrance says by which route a page comes into a room, nil: every room is
	// open. client is the address of the person. The error is a *bridge.Refusal.
	Entrance func(ctx context.Context, room, client string) (bridge.Route, error)

	MaxSockets int // open meeting pages; 0 is 5000
	Log        *slog.Logger
}

const (
	maxBody          = 64 << 10
	maxMessage       = 64 << 10 // docs/signalling.md
	defaultSockets   = 5000
	headerTimeout    = 10 * time.Second
	requestTimeout   = 30 * time.Second
	idleTimeout      = 2 * time.Minute
	shutdownPatience = 3 * time.Second
)

func (c *Config) defaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxSockets == 0 {
		c.MaxSockets = defaultSockets
	}
	if c.Dial == nil {
		c.Dial = func(string) []string { return nil }
	}
	if c.Entrance == nil {
		c.Entrance = func(_ context.Context, room, _ string) (bridge.Route, error) {
			return bridge.Route{Room: room, Role: bridge.RoleGuest}, nil
		}
	}
	if c.Ready == nil {
		c.Ready = func() error { return nil }
	}
	if c.Trunks == nil {
		c.Trunks = func(string) []Trunk { return []Trunk{} }
	}
	if c.Telemetry == nil {
		c.Telemetry = func() Telemetry { return Telemetry{} }
	}
	if c.Version == "" {
		c.Version = "dev"
	}
}
