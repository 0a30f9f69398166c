package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/web/oidc"
	"github.com/roombridge/roombridge/web/oidc/issuer"
)

// outsiders is a gateway with a provider.
func outsiders(t *testing.T, change func(*oidc.Config)) (*site, *issuer.Provider, []string) {
	t.Helper()
	at := issuer.New(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := oidc.Config{Issuer: at.URL, ClientID: "roombridge", ClientSecret: "client secret", Label: "Công ty", Redirect: "https://gw.example", Transport: transport}
	if change != nil {
		change(&cfg)
	}
	s, _, op := signed(t, func(c *Config) { c.OIDC = oidc.New(cfg) })
	return s, at, op
}

// come goes to the provider and back, as a browser does.
func come(t *testing.T, s *site, at *issuer.Provider) (*http.Response, string) {
	t.Helper()
	resp, body := s.get("/api/v1/session/oidc", "Sec-Fetch-Site: same-origin")
	if resp.StatusCode != 303 || len(resp.Cookies()) != 1 {
		t.Fatal(resp.StatusCode, body)
	}
	c := resp.Cookies()[0]
	if c.Name != flowCookie || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("%v", c)
	}
	q := at.Enter(resp.Header.Get("Location"))
	return s.get(oidc.CallbackPath+"?"+q.Encode(), "Cookie: "+c.Name+"="+c.Value, "Sec-Fetch-Site: cross-site")
}

// sessionOfAnswer is the cookie of somebody who was let in.
func sessionOfAnswer(t *testing.T, resp *http.Response) string {
	t.Helper()
	for _, c := range resp.Cookies() {
		if c.Name == cookieName && resp.StatusCode == 303 && resp.Header.Get("Location") == "/admin" {
			return "Cookie: " + cookieName + "=" + c.Value
		}
	}
	t.Fatalf("not let in: %d %v", resp.StatusCode, resp.Header)
	return ""
}

// Without a mapping of roles those sign in who have an account with their subject.
func TestOIDCSubject(t *testing.T) {
	s, at, op := outsiders(t, nil)
	if _, body := s.get("/api/v1/session"); !strings.Contains(body, `"oidc":{"enabled":true,"label":"Công ty"}`) {
		t.Errorf("%s", body)
	}
	if resp, body := come(t, s, at); resp.StatusCode != 403 || strings.Contains(body, "subject-1") {
		t.Errorf("an unknown subject: %d %s", resp.StatusCode, body)
	}
	if resp, body := s.do("PUT", "/api/v1/administrators/lan?tenant=a", `{"role":"viewer","subject":"subject-1"}`, op...); resp.StatusCode != 200 {
		t.Fatal(body)
	}
	resp, _ := come(t, s, at)
	_, body := s.get("/api/v1/session", sessionOfAnswer(t, resp))
	if m := decode(t, body).(map[string]any); m["name"] != "lan" || m["tenant"] != "a" || m["role"] != "viewer" || m["password"] != false {
		t.Errorf("%s", body)
	}
	at.Claims = map[string]any{"nonce": "x"}
	if resp, _ := come(t, s, at); resp.StatusCode != 401 {
		t.Errorf("another nonce: %d", resp.StatusCode)
	}
	at.Claims = nil
	q := at.Enter(whereTo(t, s))
	for _, h := range []string{"X: y", "Cookie: " + flowCookie + "=abc"} {
		if resp, _ := s.get(oidc.CallbackPath+"?"+q.Encode(), h); resp.StatusCode != 401 {
			t.Errorf("in another browser: %d", resp.StatusCode)
		}
	}
	if resp, body := s.do("PUT", "/api/v1/administrators/lan?tenant=a", `{"role":"viewer","subject":"subject-1","disabled":true}`, op...); resp.StatusCode != 200 {
		t.Fatal(body)
	}
	if resp, _ := come(t, s, at); resp.StatusCode != 403 {
		t.Errorf("disabled: %d", resp.StatusCode)
	}
}

func whereTo(t *testing.T, s *site) string {
	t.Helper()
	resp, _ := s.get("/api/v1/session/oidc")
	return resp.Header.Get("Location")
}

// With a mapping the provider says who may what, and where.
func TestOIDCRoles(t *testing.T) {
	s, at, op := outsiders(t, func(c *oidc.Config) {
		c.RoleClaim, c.TenantClaim, c.Roles = "groups", "company", map[string]string{"it": "operator", "boss": "administrator", "staff": "viewer"}
	})
	for _, c := range []struct {
		sub, name, group, company string
		who                       string // name role tenant; "" is refused
	}{
		{"1", "Lan", "it", "", "lan operator "},
		{"2", "admin", "it", "", fmt.Sprintf("oidc-%s operator ", "d4735e3a265e")}, // not the first operator
		{"3", "lan", "boss", "a", "oidc-4e07408562be administrator a"},             // not the other Lan
		{"3", "lan", "staff", "a", "oidc-4e07408562be viewer a"},
		{"3", "lan", "staff", "b", ""}, {"3", "lan", "none", "a", ""},
		{"4", "x", "boss", "", ""}, {"5", "x", "staff", "nowhere", ""}, {"6", "x", "it", "a", ""}, {"7", "x", "staff", "../", ""},
	} {
		at.Claims = map[string]any{"sub": c.sub, "preferred_username": c.name, "groups": []string{c.group}, "company": c.company}
		resp, body := come(t, s, at)
		if c.who == "" {
			if resp.StatusCode != 403 {
				t.Errorf("%v: %d %s", c, resp.StatusCode, body)
			}
			continue
		}
		_, body = s.get("/api/v1/session", sessionOfAnswer(t, resp))
		m := decode(t, body).(map[string]any)
		if got := fmt.Sprint(m["name"], " ", m["role"], " ", m["tenant"]); got != c.who {
			t.Errorf("%v is %q", c, got)
		}
	}
	at.Claims = map[string]any{"sub": "1", "groups": "it"}
	resp, _ := come(t, s, at)
	lan := sessionOfAnswer(t, resp)
	if _, body := s.get("/api/v1/sessions", lan); !strings.Contains(body, `"until":"`) {
		t.Errorf("%s", body)
	}
	at.Claims["groups"] = []string{} // taken away, and then noticed in another browser
	if resp, _ := come(t, s, at); resp.StatusCode != 403 {
		t.Errorf("without a role: %d", resp.StatusCode)
	}
	if resp, _ := s.get("/api/v1/sessions", lan, "Origin: "+s.http.URL); resp.StatusCode != 401 {
		t.Errorf("the session goes on: %d", resp.StatusCode)
	}
	if _, trail := s.get("/api/v1/changes?kind=administrators&tenant=-", op...); !strings.Contains(trail, "as the OIDC provider says") {
		t.Errorf("%s", trail)
	}
}
