package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Bounds of a session by the provider. No session is longer than the second.
const (
	leastSession = 5 * time.Minute
	mostSession  = 7 * 24 * time.Hour
)

// oidc checks the keys of the provider.
func (e *problems) oidc(c OIDC) {
	if c.Issuer == "" {
		return
	}
	e.site("admin.oidc.issuer", c.Issuer)
	e.site("admin.oidc.redirect", c.Redirect)
	if strings.HasSuffix(c.Redirect, "/") {
		e.add("admin.oidc.redirect", "has no path: https://HOST:PORT")
	}
	if c.ClientID == "" {
		e.add("admin.oidc.client_id", "is needed")
	}
	if (c.RoleClaim == "") != (len(c.Roles) == 0) {
		e.add("admin.oidc.roles", "and role_claim belong together")
	}
	if c.Session < leastSession || c.Session > mostSession {
		e.add("admin.oidc.session", fmt.Sprintf("%v is not between %v and %v", c.Session, leastSession, mostSession))
	}
	if _, err := c.RoleTable(); err != nil {
		e.add("admin.oidc.roles", err.Error())
	}
}

// site checks a URL of HTTPS; on this machine plain HTTP will do.
func (e *problems) site(key, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		e.add(key, fmt.Sprintf("%q is no URL of a site", text))
		return
	}
	a, err := netip.ParseAddr(u.Hostname())
	here := u.Hostname() == "localhost" || err == nil && a.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && here) {
		e.add(key, "is not https://")
	}
}

// RoleTable gives the role of each value of the claim.
func (c OIDC) RoleTable() (map[string]string, error) {
	table := make(map[string]string, len(c.Roles))
	for _, text := range c.Roles {
		i := strings.LastIndexByte(text, '=')
		if i <= 0 || !slices.Contains([]string{"operator", "administrator", "viewer"}, text[i+1:]) {
			return nil, fmt.Errorf("%q is not VALUE=operator, VALUE=administrator or VALUE=viewer", text)
		}
		table[text[:i]] = text[i+1:]
	}
	return table, nil
}
