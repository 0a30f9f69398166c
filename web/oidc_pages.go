package web

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/web/oidc"
)

const (
	flowCookie  = "__Host-roombridge-oidc" // what is kept of somebody who went to the provider, sealed
	flowPurpose = "oidc"
)

// toProvider sends a browser to the OIDC provider.
func (s *Server) toProvider(w http.ResponseWriter, r *http.Request) {
	address, f, err := s.cfg.OIDC.Start(r.Context())
	if err != nil {
		s.cfg.Log.Error("the OIDC provider does not answer", "error", err)
		plainText(w, http.StatusBadGateway, "the provider with which people sign in does not answer; the gateway's log says why")
		return
	}
	sealed, err := s.cfg.Admin.DB.Seal(flowPurpose, map[string]string{
		"state": f.State, "nonce": f.Nonce, "verifier": f.Verifier, "until": strconv.FormatInt(f.Until.UnixMilli(), 10),
	})
	if err != nil {
		s.cfg.Log.Error("the way to the OIDC provider cannot be sealed", "error", err)
		plainText(w, http.StatusInternalServerError, "this failed; the gateway's log says why")
		return
	}
	http.SetCookie(w, s.flow(sealed, int(time.Until(f.Until)/time.Second)))
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// flow is a cookie that comes with the provider's answer: SameSite=Lax lets it come from there.
func (s *Server) flow(text string, age int) *http.Cookie {
	return &http.Cookie{Name: flowCookie, Value: text, Path: "/", MaxAge: age, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode}
}

// fromProvider takes who has come back from the provider, and signs them in.
func (s *Server) fromProvider(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.flow("", -1)) // it is good for one try
	w.Header().Set("Cache-Control", "no-store")
	q := r.URL.Query()
	who, err := s.cfg.OIDC.Finish(r.Context(), s.flowOf(r), q.Get("state"), q.Get("code"))
	var actor *admin.Actor
	var text string
	if err == nil {
		actor, text, err = s.cfg.Admin.SignInAs(r.Context(), admin.Outsider(who), admin.Visitor{Origin: r.RemoteAddr, Agent: r.UserAgent()})
	}
	switch {
	case errors.Is(err, oidc.ErrRefused):
		s.cfg.Log.Warn("sign-in by OIDC refused", "remote", r.RemoteAddr, "error", err)
		plainText(w, http.StatusUnauthorized, "the provider's answer does not prove who you are; go back to /admin and try again")
	case errors.Is(err, admin.ErrNotFound):
		s.cfg.Log.Warn("sign-in by OIDC of nobody we know", "remote", r.RemoteAddr, "subject", who.Subject)
		plainText(w, http.StatusForbidden, "the provider knows you, but nobody has let you administer this gateway")
	case err != nil:
		s.cfg.Log.Error("sign-in by OIDC failed", "error", err)
		plainText(w, http.StatusBadGateway, "this failed; the gateway's log says why")
	default:
		s.cfg.Log.Info("signed in by OIDC", "by", actor.Name(), "remote", r.RemoteAddr)
		w.Header().Add("Set-Cookie", sessionCookie(text))
		http.Redirect(w, r, "/admin", http.StatusSeeOther)
	}
}

func (s *Server) flowOf(r *http.Request) (f oidc.Flow) {
	c, err := r.Cookie(flowCookie)
	if err != nil {
		return f
	}
	v, err := s.cfg.Admin.DB.Unseal(flowPurpose, c.Value)
	until, err2 := strconv.ParseInt(v["until"], 10, 64)
	if err != nil || err2 != nil {
		return f
	}
	return oidc.Flow{State: v["state"], Nonce: v["nonce"], Verifier: v["verifier"], Until: time.UnixMilli(until)}
}
