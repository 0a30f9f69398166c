package oidc

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/web/oidc/issuer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newProvider(t *testing.T, change func(*Config)) (*Provider, *issuer.Provider) {
	t.Helper()
	at := issuer.New(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := Config{
		Issuer: at.URL, ClientID: "roombridge", ClientSecret: "client secret", Redirect: "https://gw.example:8443", Transport: transport,
		Scopes: []string{"profile"}, RoleClaim: "groups", Roles: map[string]string{"it": "operator", "staff": "viewer"}, TenantClaim: "company",
	}
	if change != nil {
		change(&cfg)
	}
	return New(cfg), at
}

// come goes to the provider and back.
func come(t *testing.T, p *Provider, at *issuer.Provider) (Person, error) {
	t.Helper()
	address, flow, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := at.Enter(address)
	return p.Finish(t.Context(), flow, q.Get("state"), q.Get("code"))
}

func TestPerson(t *testing.T) {
	p, at := newProvider(t, nil)
	for _, c := range []struct {
		claims       map[string]any
		role, tenant string
	}{
		{map[string]any{"groups": "it"}, "operator", ""},
		{map[string]any{"groups": []string{"staff", "it"}}, "operator", ""},
		{map[string]any{"groups": []any{"staff", 7}, "company": "acme"}, "viewer", "acme"},
		{map[string]any{"groups": "staff", "company": []string{"acme"}}, "viewer", "acme"},
		{map[string]any{"groups": "staff", "company": []string{"acme", "other"}}, "", ""},
		{map[string]any{"groups": "staff", "company": "-"}, "viewer", ""},
		{map[string]any{"groups": "staff"}, "", ""}, // or whoever has no claim would look at all tenants
		{map[string]any{"groups": "staff", "company": ""}, "", ""},
		{map[string]any{"groups": "staff", "company": 7}, "", ""},
		{map[string]any{"groups": []string{"others"}}, "", ""},
		{map[string]any{"groups": 7}, "", ""},
		{nil, "", ""},
	} {
		at.Claims = c.claims
		got, err := come(t, p, at)
		want := Person{Subject: "subject-1", Name: "Lan", Label: "Lan Anh", Mapped: true, Role: c.role, Tenant: c.tenant}
		if err != nil || got != want {
			t.Errorf("%v: %v %+v", c.claims, err, got)
		}
	}
	p, at = newProvider(t, func(c *Config) { c.TenantClaim = "" })
	at.Claims = map[string]any{"groups": "staff"}
	if got, err := come(t, p, at); err != nil || got.Role != "viewer" || got.Tenant != "" {
		t.Errorf("%v %+v", err, got)
	}
	p, at = newProvider(t, func(c *Config) { c.RoleClaim = "" })
	if got, err := come(t, p, at); err != nil || got.Mapped || got.Role != "" {
		t.Errorf("%v %+v", err, got)
	}
}

// What does not prove who somebody is, is refused.
func TestRefused(t *testing.T) {
	p, at := newProvider(t, nil)
	old := time.Now().Add(-time.Hour).Unix()
	for what, claims := range map[string]map[string]any{
		"another nonce": {"nonce": "another"}, "no nonce": {"nonce": ""}, "another audience": {"aud": "another"}, "no audience": {"aud": []string{}},
		"expired": {"exp": old}, "another issuer": {"iss": "https://evil.example"}, "nobody": {"sub": ""},
	} {
		at.Claims = claims
		if got, err := come(t, p, at); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v %+v", what, err, got)
		}
	}
	at.Claims = nil
	right := at.Key
	at.Key, _ = rsa.GenerateKey(rand.Reader, 2048)
	if _, err := come(t, p, at); !errors.Is(err, ErrRefused) {
		t.Errorf("signed by another: %v", err)
	}
	at.Key = right

	address, flow, err := p.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := p.Start(t.Context())
	if err != nil || other.State == flow.State || other.Verifier == flow.Verifier || other.Nonce == flow.Nonce {
		t.Fatalf("%v", err)
	}
	late := flow
	late.Until = time.Now().Add(-time.Second)
	q := at.Enter(address)
	for what, c := range map[string]struct {
		flow        Flow
		state, code string
	}{
		"another browser's": {other, q.Get("state"), q.Get("code")}, "no state": {Flow{}, "", q.Get("code")}, "too late": {late, q.Get("state"), q.Get("code")},
		"no code": {flow, q.Get("state"), ""}, "another code": {flow, q.Get("state"), "x"},
		"another's code": {other, other.State, q.Get("code")}, // its verifier is not ours
	} {
		if got, err := p.Finish(t.Context(), c.flow, c.state, c.code); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v %+v", what, err, got)
		}
	}
	if _, err := p.Finish(t.Context(), flow, q.Get("state"), q.Get("code")); !errors.Is(err, ErrRefused) {
		t.Errorf("a code again: %v", err)
	}
}

// Who has gone does not wait for a provider that does not answer.
func TestGone(t *testing.T) {
	p, _ := newProvider(t, nil)
	p.turn <- struct{}{} // somebody waits for it
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A provider that cannot be reached is asked again the next time.
func TestUnreachable(t *testing.T) {
	p, at := newProvider(t, nil)
	good := p.cfg.Issuer
	p.cfg.Issuer = "http://127.0.0.1:1"
	if _, _, err := p.Start(t.Context()); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
	p.cfg.Issuer = good
	if _, err := come(t, p, at); err != nil {
		t.Error(err)
	}
}
