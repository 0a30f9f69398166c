package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge/admin"
)

// auth guards the API and the metrics. Programs carry a token (RFC 6750), pages the cookie of somebody
// who has signed in. Without admin.token programs on this machine need none; nor do pages there, until
// there is somebody who can sign in.
type auth struct {
	token string
	admin *admin.Service // knows administrators and the tokens of the store; nil knows none
	log   *slog.Logger
	cross http.CrossOriginProtection // a page from elsewhere shall not use a browser that stands on this machine
	look  time.Duration              // how often it is looked whether who listens to events may still

	missed atomic.Uint64 // tokens that nobody knows, since one was logged
	told   rate.Sometimes
}

// Of tokens that nobody knows the first are logged each, then one a minute: whoever
// reaches the port can send any number.
const (
	toldFirst = 10
	toldEvery = time.Minute
)

// miss tells of a token that nobody knows.
func (a *auth) miss(what string, r *http.Request) {
	a.missed.Add(1)
	a.told.Do(func() {
		a.log.Warn(what, "remote", r.RemoteAddr, "path", r.URL.Path, "times", a.missed.Swap(0))
	})
}

const (
	needToken  = "this needs the administration token: send it as \"Authorization: Bearer TOKEN\""
	needSignIn = "sign in at /admin, or send a token as \"Authorization: Bearer TOKEN\""
	needLocal  = "no admin.token is configured and nobody has signed in, so this answers only to clients on the gateway's own machine, " +
		"asked as localhost or 127.0.0.1 and not through a proxy; sign in at /admin or set admin.token to use it from elsewhere"
	needCSRF = "the request has no X-CSRF header with the csrf of GET /api/v1/session"

	lookAgain = 10 * time.Second
)

// denial is why somebody is not let in.
type denial struct {
	status int
	detail string
}

// openPaths are the operations that need nobody.
var openPaths = map[string]bool{
	"GET /api/v1/session": true, "POST /api/v1/session": true, "DELETE /api/v1/session": true, "POST /api/v1/setup": true,
}

// protect lets only those through who are recognised.
func (a *auth) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.cross.Check(r); err != nil {
			problem(w, http.StatusForbidden, "the request comes from a page of another site")
			return
		}
		actor, why := a.recognise(r)
		public := openPaths[r.Method+" "+r.URL.Path]
		switch {
		case actor == nil && !public:
			if why.status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="roombridge"`)
			}
			problem(w, why.status, why.detail)
			return
		case actor != nil && actor.CSRF() != "" && unsafe(r) && !sameText(r.Header.Get("X-CSRF"), actor.CSRF()):
			problem(w, http.StatusForbidden, needCSRF)
			return
		}
		ctx, done := a.bind(r, actor)
		defer done()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// unsafe tells whether a request may change something (RFC 9110, 9.2.1). Signing in is not meant: it
// needs no session that somebody could use.
func unsafe(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions &&
		!(r.Method == http.MethodPost && openPaths[r.Method+" "+r.URL.Path])
}

// recognise finds who asks.
func (a *auth) recognise(r *http.Request) (*admin.Actor, denial) {
	text, has := bearer(r)
	switch {
	case has && strings.HasPrefix(text, storeToken):
		return a.present(r, text)
	case has && a.token != "" && sameText(text, a.token):
		return a.admin.Operator(r.RemoteAddr), denial{}
	case a.token != "" && r.Header.Get("Authorization") != "":
		a.miss("wrong administration token", r)
		return nil, denial{http.StatusUnauthorized, needToken}
	}
	if text := sessionOf(r); text != "" {
		actor, err := a.admin.Resume(r.Context(), text, r.RemoteAddr)
		if err == nil {
			return actor, denial{}
		}
		if !errors.Is(err, admin.ErrNotFound) {
			return nil, a.broken(err)
		}
	}
	return a.stranger(r)
}

// stranger is who shows nothing: the operator, if a program on this machine.
func (a *auth) stranger(r *http.Request) (*admin.Actor, denial) {
	if a.token != "" {
		return nil, denial{http.StatusUnauthorized, needToken}
	}
	here := local(r)
	if here && !browser(r) {
		return a.admin.Operator(r.RemoteAddr), denial{}
	}
	fresh, err := a.admin.NeedsSetup(r.Context())
	switch {
	case err != nil:
		return nil, a.broken(err)
	case a.admin != nil && !fresh:
		return nil, denial{http.StatusUnauthorized, needSignIn}
	case !here:
		return nil, denial{http.StatusForbidden, needLocal}
	}
	return a.admin.Operator(r.RemoteAddr), denial{}
}

// browser tells whether a browser made the request: a page's, as far as anybody can tell. A program
// that wants to be taken for one is only treated worse.
func browser(r *http.Request) bool {
	for _, h := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "Origin", "Referer"} {
		if r.Header.Get(h) != "" {
			return true
		}
	}
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") // browsers that are too old to say so
}

// storeToken is how the tokens of the store begin.
const storeToken = "rb_"

// present recognises who has a token of the store.
func (a *auth) present(r *http.Request, text string) (*admin.Actor, denial) {
	actor, err := a.admin.Present(r.Context(), text, r.RemoteAddr)
	switch {
	case errors.Is(err, admin.ErrNotFound):
		a.miss("unknown token", r)
		return nil, denial{http.StatusUnauthorized, "this token is unknown, expired or revoked"}
	case err != nil:
		return nil, a.broken(err)
	}
	return actor, denial{}
}

func (a *auth) broken(err error) denial {
	a.log.Error("tokens and sessions cannot be read", "error", err)
	return denial{http.StatusServiceUnavailable, "tokens and sessions cannot be read now"}
}

// bind is the context of a request: who asks, and from where. That of somebody who listens to events
// ends when they may no more.
func (a *auth) bind(r *http.Request, actor *admin.Actor) (context.Context, func()) {
	ctx := context.WithValue(r.Context(), visitKey{}, visitOf(r, a.token == ""))
	if actor == nil {
		return ctx, func() {}
	}
	ctx = context.WithValue(ctx, actorKey{}, actor)
	if r.URL.Path != eventsPath {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(a.look)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if !actor.Holds(ctx) {
					cancel()
				}
			}
		}
	}()
	return ctx, func() { cancel(); <-gone }
}

// operators lets none but them through.
func operators(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !actorOf(r.Context()).Operator() {
			problem(w, http.StatusForbidden, "this is for the operator of the gateway")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameText compares in constant time, over digests so that the length does not show.
func sameText(given, want string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// bearer is the token that a request carries.
func bearer(r *http.Request) (string, bool) {
	scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(given), ok && strings.EqualFold(scheme, "Bearer")
}

// local tells whether a request was made on this machine. The Host is
// checked too, against names of other sites that were pointed at 127.0.0.1
// (DNS rebinding), and a proxy on this machine is not taken for its clients.
func local(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() || proxied(r) {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return strings.EqualFold(host, "localhost")
}

// proxied tells whether a request bears the marks of a proxy. One that leaves none cannot be known: behind it admin.token
// is needed. nginx, unless it is told otherwise, adds no header and calls itself the host that it asks, but speaks
// HTTP/1.0, which no client of today does.
func proxied(r *http.Request) bool {
	for h := range r.Header {
		if strings.HasPrefix(h, "X-Forwarded-") || slices.Contains(proxyHeaders, h) {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1)
}

var proxyHeaders = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Original-For", "Cf-Connecting-Ip", "True-Client-Ip", "Cdn-Loop"}

// problem answers with an RFC 9457 document, as the API's own errors do.
func problem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(code), "status": code, "detail": detail})
}
