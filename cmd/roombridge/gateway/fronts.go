package gateway

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/h323"
	"github.com/roombridge/roombridge/sip"
	"github.com/roombridge/roombridge/web"
	"github.com/roombridge/roombridge/web/oidc"
)

func (g *Gateway) openSIP() error {
	c := g.cfg.SIP
	t, err := sip.TLSConfig(sip.TLSOptions{Cert: c.TLS.Cert, Key: c.TLS.Key, Min: c.TLSMin})
	if err != nil {
		return err
	}
	register, err := g.registrar()
	if err != nil {
		return err
	}
	if g.trunks, err = newTrunks(c.Trunks); err != nil {
		return err
	}
	g.sip, err = sip.New(sip.Config{
		Credentials: g.trunkPassword, Trunks: g.trunksOf,
		Register: register, Security: g.suspicious, Reach: g.reach,
		Listen: listened(c.Listen, "udp"), TLS: t, Announce: c.Announce, UserAgent: "Roombridge/" + g.opts.Version,
		MaxCalls: g.cfg.Limits.Calls, Goodbye: goodbyeTime, Trace: g.cfg.Log.Level == "debug", Log: g.log.With("part", "sip"),
	}, g.core)
	if err != nil {
		return err
	}
	g.core.Register("sip", g.sip)
	g.core.Register("sips", g.sip)
	return g.openTrunks()
}

// openH323 opens the H.323 front-end. Without addresses it only places calls.
func (g *Gateway) openH323() error {
	c := g.cfg.H323
	first, last, err := c.PortRange()
	if err != nil {
		return err
	}
	g.h323, err = h323.New(h323.Config{
		Listen: listened(c.Listen, "tcp"), Announce: c.Announce, Version: g.opts.Version, NoTunnelling: !c.Tunnelling,
		FastConnect: h323.FastConnect(c.FastConnect), Ports: h323.PortRange{First: first, Last: last},
		MaxCalls: g.cfg.Limits.Calls, Bitrate: g.cfg.Media.Bitrate, Goodbye: goodbyeTime, Gatekeeper: g.askGatekeeper(), Reach: g.reach,
		MediaTimeout: g.cfg.Media.Timeout, Log: g.log.With("part", "h323"),
	}, g.h323Board())
	if err != nil {
		return err
	}
	g.core.Register("h323", g.h323)
	return nil
}

func (g *Gateway) openWeb() error {
	log := g.log.With("part", "web")
	t, err := g.webTLS()
	if err != nil {
		return err
	}
	listen, err := hostPort(g.cfg.Web.Listen)
	if err != nil {
		return err
	}
	redirect, err := hostPort(g.cfg.Web.HTTP)
	if err != nil {
		return err
	}
	g.web, err = web.New(web.Config{
		Listen: listen, Redirect: redirect, TLS: t, SelfSigned: g.cfg.Web.TLS.Cert == "",
		Token: g.cfg.Admin.Token.Reveal(), Open: g.cfg.Admission.Open, Version: g.opts.Version,
		Admin: g.administration(log), Entrance: g.entrance, OIDC: oidcProvider(g.cfg.Admin.OIDC),
		Calls: g.core, Rooms: g.engine, Devices: g.devices(), Known: g.known, Usage: g.usage, Number: g.dialNumber, Trunks: g.listTrunks, Dial: g.dialStrings, Ready: g.readiness, Telemetry: g.telemetry, News: &g.kept.records.news, Log: log,
	})
	return err
}

// administration is who may do what. While nobody can sign in, a code lets one person set a
// password from elsewhere; it is in the log alone, and another after each start.
func (g *Gateway) administration(log *slog.Logger) *admin.Service {
	s := &admin.Service{DB: g.kept.db, Book: &g.kept.book, Open: g.cfg.Admission.Open, Event: g.kept.records.event, Trust: g.cfg.Admin.OIDC.Session}
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	if needed, err := s.NeedsSetup(ctx); err == nil && needed {
		s.Code = admin.NewCode()
		log.Warn("nobody can sign in yet: open /admin and give the administrator a password", "code", s.Code)
	}
	return s
}

// oidcProvider is who may say who somebody is; nil is nobody.
func oidcProvider(c config.OIDC) *oidc.Provider {
	if c.Issuer == "" {
		return nil
	}
	roles, _ := c.RoleTable() // validated
	return oidc.New(oidc.Config{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), Label: c.Label, Scopes: c.Scopes,
		Redirect: c.Redirect, RoleClaim: c.RoleClaim, Roles: roles, TenantClaim: c.TenantClaim,
	})
}

func (g *Gateway) webTLS() (*tls.Config, error) {
	log := g.log.With("part", "web")
	if c := g.cfg.Web.TLS; c.Cert != "" {
		return web.Reload(c.Cert, c.Key, time.Now, log)
	}
	cert, err := web.Certificate(g.stateDir(), web.HostNames(g.cfg.Room.Announce...), time.Now(), log)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, nil
}

func (g *Gateway) stateDir() string { return StateDir(g.cfg.Web.StateDir) }

// StateDir is where a self-signed certificate stays: web.state_dir, else the
// XDG state directory of the user, else nowhere.
func StateDir(configured string) string {
	if configured != "" {
		return configured
	}
	if d := os.Getenv("XDG_STATE_HOME"); d != "" {
		return filepath.Join(d, "roombridge")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "state", "roombridge")
}

// listened are addresses to listen on as SCHEME://IP:PORT; without a scheme they have the one that is given.
func listened(list []string, scheme string) (out []string) {
	for _, e := range config.Endpoints(list, scheme) {
		out = append(out, e.String())
	}
	return out
}

func hostPort(listen string) (string, error) {
	if listen == "" {
		return "", nil
	}
	e, err := config.ParseListen(listen)
	return e.Addr.String(), err
}

// host is how this machine is named to people: what is announced, else its
// first address that others can reach.
func (g *Gateway) host(listen netip.Addr) string {
	if g.cfg.SIP.Announce != "" {
		return g.cfg.SIP.Announce
	}
	if g.cfg.Media.Announce != "" {
		return g.cfg.Media.Announce
	}
	if !listen.IsUnspecified() {
		return listen.String()
	}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}

// dialStrings is what a terminal dials to reach a room, one for each transport.
func (g *Gateway) dialStrings(room string) []string {
	var list []string
	for _, a := range g.sip.Addrs() {
		e, err := config.ParseListen(a)
		if err != nil {
			continue
		}
		list = append(list, dialString(room, g.host(e.Addr.Addr()), e))
	}
	for _, a := range g.h323.Addrs() {
		if e, err := config.ParseListen(a); err == nil {
			list = append(list, dialH323(room, or(g.cfg.H323.Announce, g.host(e.Addr.Addr())), e))
		}
	}
	return list
}

// dialH323 is what H.323 terminals dial, in the form of H.323 annex O. Those that
// know no URLs dial host##room.
func dialH323(room, host string, e config.Endpoint) string {
	s := fmt.Sprintf("h323:%s@%s", room, bracketed(host))
	if e.Addr.Port() != 1720 {
		s += fmt.Sprintf(":%d", e.Addr.Port())
	}
	return s
}

func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func dialString(room, host string, e config.Endpoint) string {
	host = bracketed(host)
	usual := uint16(5060)
	if e.Scheme == "tls" {
		usual = 5061
	}
	s := fmt.Sprintf("sip:%s@%s", room, host)
	if e.Addr.Port() != usual {
		s += fmt.Sprintf(":%d", e.Addr.Port())
	}
	if e.Scheme != "udp" {
		s += ";transport=" + e.Scheme
	}
	return s
}

// Welcome tells a person who started the gateway what to dial and where to go.
func (g *Gateway) Welcome() string {
	var b strings.Builder
	host := g.host(netip.IPv4Unspecified())
	if e, err := config.ParseListen(g.cfg.Web.Listen); err == nil {
		host = g.host(e.Addr.Addr())
	}
	_, port, _ := net.SplitHostPort(g.web.Addr().String())
	fmt.Fprintf(&b, "\nRoombridge %s is ready.\n\n", g.opts.Version)
	if g.cfg.Admission.Open {
		fmt.Fprintf(&b, "  People open    https://%s/room/1001\n", net.JoinHostPort(host, port))
		for i, d := range g.dialStrings("1001") {
			label := "Terminals dial"
			if i > 0 {
				label = "            or"
			}
			fmt.Fprintf(&b, "  %s %s\n", label, d)
		}
		b.WriteString("\n  Any number opens the room of that name, and anybody who reaches this machine may enter.\n")
	} else {
		fmt.Fprintf(&b, "  Pages at       https://%s/\n  Numbers lead where the number plan says: roombridge number set 1001 --room board\n", net.JoinHostPort(host, port))
	}
	if g.cfg.Web.TLS.Cert == "" {
		b.WriteString("  The certificate is self-signed: browsers ask once whether to go on.\n")
	}
	b.WriteString("\n")
	return b.String()
}
