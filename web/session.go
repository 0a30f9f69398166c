package web

import (
	"context"
	"net/http"

	"github.com/roombridge/roombridge/bridge/admin"
)

const (
	// cookieName is of the cookie that holds a session. Scripts do not see it, and other sites' pages do not make the
	// browser send it. By its prefix browsers take it from this host alone, and over HTTPS: a neighbour
	// in the same domain cannot give somebody a session of their own (RFC 6265bis, 4.1.3.2).
	cookieName = "__Host-roombridge"
	eventsPath = "/api/v1/events"
)

// sessionOf is what the browser presents, "" without.
func sessionOf(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

// sessionCookie sets a session, or with "" ends it. It lasts no longer than the browser runs.
func sessionCookie(text string) string {
	c := http.Cookie{Name: cookieName, Value: text, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode}
	if text == "" {
		c.MaxAge = -1
	}
	return c.String()
}

type visitKey struct{}

// visit is how a request came.
type visit struct {
	admin.Visitor
	trusted bool // from this machine, where that is enough
	session bool // with the cookie of a session
	token   bool // with a token
}

func visitOf(r *http.Request, trustLocal bool) visit {
	_, token := bearer(r)
	agent := r.UserAgent()
	if len(agent) > 256 {
		agent = agent[:256]
	}
	return visit{admin.Visitor{Origin: r.RemoteAddr, Agent: agent}, trustLocal && local(r), sessionOf(r) != "", token}
}

func visitIn(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}
