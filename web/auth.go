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
	"strings"

	"github.com/roombridge/roombridge/bridge/admin"
)

// auth guards the API and the metrics. With a token configured, requests
// carry it (RFC 6750); without one, only this machine is answered.
type auth struct {
	token string
	admin *admin.Service // knows the tokens of the store; nil knows none
	log   *slog.Logger
	cross http.CrossOriginProtection // a page from elsewhere shall not use a browser that stands on this machine
}

const (
	needToken = "this needs the administration token: send it as \"Authorization: Bearer TOKEN\""
	needLocal = "no admin.token is configured, so this answers only to clients on the gateway's own machine, " +
		"asked as localhost or 127.0.0.1 and not through a proxy; set admin.token to use it from elsewhere"
)

// protect lets only administrators through.
func (a *auth) protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.cross.Check(r); err != nil {
			problem(w, http.StatusForbidden, "the request comes from a page of another site")
			return
		}
		if text, ok := bearer(r); ok && strings.HasPrefix(text, storeToken) {
			a.present(w, r, text, next)
			return
		}
		switch {
		case a.token == "" && !local(r):
			problem(w, http.StatusForbidden, needLocal)
		case a.token != "" && !a.bearer(r):
			w.Header().Set("WWW-Authenticate", `Bearer realm="roombridge"`)
			if r.Header.Get("Authorization") != "" {
				a.log.Warn("wrong administration token", "remote", r.RemoteAddr, "path", r.URL.Path)
			}
			problem(w, http.StatusUnauthorized, needToken)
		default:
			serveAs(a.admin.Operator(r.RemoteAddr), w, r, next)
		}
	})
}

// storeToken is how the tokens of the store begin.
const storeToken = "rb_"

// present lets in who has a token of the store.
func (a *auth) present(w http.ResponseWriter, r *http.Request, text string, next http.Handler) {
	actor, err := a.admin.Present(r.Context(), text, r.RemoteAddr)
	switch {
	case errors.Is(err, admin.ErrNotFound):
		w.Header().Set("WWW-Authenticate", `Bearer realm="roombridge"`)
		a.log.Warn("unknown token", "remote", r.RemoteAddr, "path", r.URL.Path)
		problem(w, http.StatusUnauthorized, "this token is unknown, expired or revoked")
	case err != nil:
		a.log.Error("tokens cannot be read", "error", err)
		problem(w, http.StatusServiceUnavailable, "tokens cannot be read now")
	default:
		serveAs(actor, w, r, next)
	}
}

func serveAs(actor *admin.Actor, w http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, actor)))
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

// bearer compares in constant time, over digests so that the length does not show.
func (a *auth) bearer(r *http.Request) bool {
	given, ok := bearer(r)
	if !ok {
		return false
	}
	want, got := sha256.Sum256([]byte(a.token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
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
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, h := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if r.Header.Get(h) != "" {
			return false
		}
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

// problem answers with an RFC 9457 document, as the API's own errors do.
func problem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(code), "status": code, "detail": detail})
}
