// Package oidc lets an OpenID Connect provider say who somebody is: the authorization code flow
// with PKCE (RFC 7636), state and nonce.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// CallbackPath is where the provider sends browsers back to.
const CallbackPath = "/api/v1/session/oidc/callback"

const (
	patience  = 10 * time.Second // with the provider, for one request
	maxAnswer = 1 << 20          // bytes of it
	flowTime  = 10 * time.Minute // that somebody may take to sign in there
)

// Config is a provider and what it is believed.
type Config struct {
	Issuer       string // URL, as the provider names itself
	ClientID     string
	ClientSecret string
	Label        string            // what the button says
	Scopes       []string          // besides openid
	Redirect     string            // our own URL, as browsers reach it
	RoleClaim    string            // says what somebody may, by Roles; empty: only accounts that there are sign in
	Roles        map[string]string // value of the claim to a role
	TenantClaim  string            // whose, Site for nobody's; without it operators alone get in. Empty: everybody is the site's

	Transport http.RoundTripper // nil is http.DefaultTransport
	Now       func() time.Time  // nil is time.Now
}

// Provider is asked who somebody is.
type Provider struct {
	cfg    Config
	client *http.Client

	turn  chan struct{}  // holds one while somebody discovers
	found *oidc.Provider // by discovery, when it is first needed
}

// Flow is what is kept of somebody who went to the provider, until they come back.
type Flow struct {
	State, Nonce, Verifier string
	Until                  time.Time
}

// Person is who came back.
type Person struct {
	Subject string
	Name    string // preferred user name, else the address
	Label   string
	Mapped  bool   // Role and Tenant are the provider's to say
	Role    string // "" is none
	Tenant  string
}

// ErrRefused is that of somebody whom the provider's answer does not prove.
var ErrRefused = errors.New("oidc: not proved")

// New gives a provider. It is not asked anything before somebody signs in.
func New(cfg Config) *Provider {
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Provider{cfg: cfg, turn: make(chan struct{}, 1), client: &http.Client{Timeout: patience, Transport: bounded{cfg.Transport}}}
}

// Label is what the button says.
func (p *Provider) Label() string { return p.cfg.Label }

// bounded reads no more than maxAnswer of an answer.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// discover asks the provider for its addresses and keys, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done(): // a provider that does not answer keeps nobody who has gone
		return nil, nil, fmt.Errorf("oidc: %w", ctx.Err())
	}
	if p.found == nil {
		found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
		if err != nil {
			return nil, nil, fmt.Errorf("oidc: %w", err)
		}
		p.found = found
	}
	return p.found, &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: p.found.Endpoint(),
		RedirectURL: p.cfg.Redirect + CallbackPath, Scopes: append([]string{oidc.ScopeOpenID}, p.cfg.Scopes...),
	}, nil
}

// Start gives the address to which a browser is sent, and what is needed when it comes back.
func (p *Provider) Start(ctx context.Context) (address string, f Flow, err error) {
	_, client, err := p.discover(ctx)
	if err != nil {
		return "", f, err
	}
	f = Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Until: p.cfg.Now().Add(flowTime)}
	return client.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// Finish tells who has come back with a state and a code. It fails with ErrRefused, or with what
// kept the provider from being asked.
func (p *Provider) Finish(ctx context.Context, f Flow, state, code string) (Person, error) {
	if f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 || p.cfg.Now().After(f.Until) || code == "" {
		return Person{}, fmt.Errorf("%w: the state is not of this browser, or too old", ErrRefused)
	}
	found, client, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	got, err := client.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	text, _ := got.Extra("id_token").(string)
	token, err := found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.cfg.Now}).Verify(ctx, text)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return Person{}, fmt.Errorf("%w: the nonce is another's", ErrRefused)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil || token.Subject == "" {
		return Person{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return p.person(token.Subject, claims), nil
}

// person reads who somebody is, and what they may.
func (p *Provider) person(subject string, claims map[string]any) Person {
	first := func(names ...string) string {
		for _, n := range names {
			if v, ok := claims[n].(string); ok && v != "" {
				return v
			}
		}
		return ""
	}
	out := Person{Subject: subject, Name: first("preferred_username", "email"), Label: first("name"), Mapped: p.cfg.RoleClaim != ""}
	if !out.Mapped {
		return out
	}
	given := texts(claims[p.cfg.RoleClaim])
	for _, role := range []string{"operator", "administrator", "viewer"} { // the first that any value gives
		if slices.ContainsFunc(given, func(v string) bool { return p.cfg.Roles[v] == role }) {
			out.Role = role
			break
		}
	}
	return p.tenant(out, texts(claims[p.cfg.TenantClaim]))
}

// Site is the value of the tenant's claim of who is of no tenant.
const Site = "-"

// tenant says whose somebody is by the values of the tenant's claim. Who has none may do nothing,
// or a claim that the provider leaves out would show all tenants; operators are the site's anyhow.
func (p *Provider) tenant(out Person, given []string) Person {
	given = slices.DeleteFunc(given, func(v string) bool { return v == "" })
	switch {
	case p.cfg.TenantClaim == "":
	case len(given) == 1 && given[0] == Site:
	case len(given) == 1:
		out.Tenant = given[0]
	case len(given) > 0 || out.Role != "operator":
		out.Role = ""
	}
	return out
}

// texts are the values of a claim, which is one text or a list.
func texts(claim any) (list []string) {
	switch c := claim.(type) {
	case string:
		list = []string{c}
	case []any:
		for _, v := range c {
			if s, ok := v.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}
