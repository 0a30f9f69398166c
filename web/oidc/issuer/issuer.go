// Package issuer is a small OpenID Connect provider for tests: it signs what the test wants.
package issuer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// Provider is one, at URL, with the client "roombridge" and the secret "client secret".
type Provider struct {
	URL string

	Claims map[string]any // of the next token, over those that it should have
	Key    *rsa.PrivateKey

	t     testing.TB
	http  *httptest.Server
	pages oidctest.Server

	mu    sync.Mutex
	codes map[string]url.Values // what the browser brought, by the code it was given
}

// New starts a provider.
func New(t testing.TB) *Provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{Key: key, t: t, codes: map[string]url.Values{}}
	p.pages.PublicKeys = []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256}}
	mux := http.NewServeMux()
	mux.Handle("/", &p.pages)
	mux.HandleFunc("POST /token", p.token)
	p.http = httptest.NewServer(mux)
	t.Cleanup(p.http.Close)
	p.URL = p.http.URL
	p.pages.SetIssuer(p.URL)
	return p
}

// Enter is what a browser does there: it gives the query with which it comes back.
func (p *Provider) Enter(address string) url.Values {
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || q.Get("client_id") != "roombridge" {
		p.t.Errorf("asks with %v", q)
	}
	code := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	q, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	id, secret, _ := r.BasicAuth()
	proved := id == "roombridge" && secret == url.QueryEscape("client secret")
	if !ok || !proved || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || q.Get("redirect_uri") != r.FormValue("redirect_uri") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{
		"iss": p.URL, "aud": "roombridge", "sub": "subject-1", "nonce": q.Get("nonce"), "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix(),
		"preferred_username": "Lan", "name": "Lan Anh",
	}
	for k, v := range p.Claims {
		claims[k] = v
	}
	text, _ := json.Marshal(claims) // these do marshal
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": "x", "token_type": "Bearer", "id_token": oidctest.SignIDToken(p.Key, "k", oidc.RS256, string(text)),
	})
}
