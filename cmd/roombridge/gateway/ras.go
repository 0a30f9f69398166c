package gateway

import (
	"context"
	"net/netip"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323"
	"github.com/roombridge/roombridge/h323/ras"
)

// fallback is the tenant of what is nobody's.
func (g *Gateway) fallback() string { return g.kept.book.Directory().Default() }

// openRAS opens our gatekeeper and our registration with another one, as far as they are
// wanted. It comes before the front-end, which asks them.
func (g *Gateway) openRAS() (err error) {
	c := g.cfg.H323
	signal := func(remote netip.Addr) netip.AddrPort { return g.h323.SignalAddr(remote) } // which is not there yet
	cfg := ras.Config{Signal: signal, Log: g.log.With("part", "ras")}
	if c.Announce != "" {
		if cfg.Announce, err = netip.ParseAddr(c.Announce); err != nil {
			return err
		}
	}
	if k := c.Gatekeeper; k.Enabled {
		listen, err := config.ParseListen(c.RAS)
		if err != nil {
			return err
		}
		passwords, err := k.PasswordTable()
		if err != nil {
			return err
		}
		cfg.Listen, cfg.Discovery = listen.Addr, k.Discovery
		cfg.Gatekeeper = ras.GatekeeperConfig{ID: k.ID, TTL: k.TTL, Passwords: passwords, Closed: !k.Open, Gateways: k.Gateways, MaxBitrate: k.Bitrate,
			Credentials: g.h323Credentials, Asks: g.kept.roster.Proves, Default: g.fallback, Ambiguous: g.ambiguous, Locked: g.lockedOut}
	}
	if r := c.Register; r.Gatekeeper != "" {
		listen, err := config.ParseListen(r.Listen)
		if err != nil {
			return err
		}
		cfg.Register, cfg.Local = true, listen.Addr
		cfg.Client = ras.ClientConfig{ID: r.ID, Aliases: r.Aliases, Prefixes: r.Prefixes, User: r.User, Password: r.Password.Reveal(),
			Security: ras.Security(r.Security), TTL: r.TTL, Product: "Roombridge", Version: g.opts.Version, Disengaged: g.disengaged, Limited: g.limited}
		if cfg.Client.Gatekeeper, err = r.Address(); err != nil {
			return err
		}
	}
	if !cfg.Register && !cfg.Listen.IsValid() {
		return nil
	}
	g.ras, err = ras.New(cfg)
	return err
}

// disengaged ends a call, and limited asks it for less, because a gatekeeper wants so.
func (g *Gateway) disengaged(call h323.CallID, reason string) {
	g.h323.Disengage(call, reason)
}
func (g *Gateway) limited(call h323.CallID, bitrate int) { limit(g.h323.Limit, call, bitrate) }

// limit passes on what a gatekeeper lets a call have. Nothing at all, as some say that
// mean nothing by it, would lift the limit that is in force.
func limit(f func(h323.CallID, int), call h323.CallID, bitrate int) {
	if bitrate > 0 {
		f(call, bitrate)
	}
}

// gatekeeper is what the H.323 front-end asks about calls.
type gatekeeper struct{ s *ras.Service }

// Admit implements h323.Gatekeeper.
func (k gatekeeper) Admit(ctx context.Context, a h323.Admission) (h323.Admitted, error) {
	d, err := k.s.Admit(ctx, ras.Admission(a))
	return h323.Admitted(d), err
}

// Released implements h323.Gatekeeper.
func (k gatekeeper) Released(a h323.Admission, c bridge.Cause) {
	k.s.Released(ras.Admission(a), c == bridge.CauseRemoved || c == bridge.CauseShutdown)
}

// askGatekeeper gives what the front-end asks; nil when there is nobody to ask.
func (g *Gateway) askGatekeeper() h323.Gatekeeper {
	if g.ras == nil {
		return nil
	}
	return gatekeeper{g.ras}
}

// Terminals lists the terminals that are registered with our gatekeeper.
func (g *Gateway) Terminals() []ras.Terminal {
	if g.ras == nil {
		return nil
	}
	return g.ras.Terminals()
}
