package web

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/roombridge/roombridge/bridge"
)

// routes is the map of the site.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.landing)
	mux.HandleFunc("GET /room/{name}", s.room)
	mux.HandleFunc("GET /room/{name}/info", s.roomInfo)
	mux.HandleFunc("GET /room/{name}/ws", s.socket)
	mux.HandleFunc("GET /admin", s.admin)
	mux.HandleFunc("GET /assets/{tag}/{path...}", s.assets.serve)
	mux.HandleFunc("GET /favicon.ico", s.assets.icon)
	mux.HandleFunc("GET /robots.txt", robots)
	mux.Handle("/api/", s.api())
	s.health(mux)
	mux.HandleFunc("/", s.notFound)
	return s.secureHeaders(bounded(mux))
}

// bounded keeps what clients send small, imports excepted.
func bounded(next http.Handler) http.Handler {
	small, large := http.MaxBytesHandler(next, maxBody), http.MaxBytesHandler(next, maxImport)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == importPath {
			large.ServeHTTP(w, r)
			return
		}
		small.ServeHTTP(w, r)
	})
}

// plainRoutes is what the plain HTTP listener answers.
func (s *Server) plainRoutes() http.Handler {
	mux := http.NewServeMux()
	s.health(mux)
	mux.HandleFunc("/", s.toSecure)
	return s.secureHeaders(http.MaxBytesHandler(mux, maxBody))
}

func (s *Server) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := s.cfg.Ready(); err != nil {
			plainText(w, http.StatusServiceUnavailable, err.Error())
			return
		}
		plainText(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", s.auth.protect(operators(s.metrics())))
}

func plainText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text + "\n"))
}

func robots(w http.ResponseWriter, _ *http.Request) {
	plainText(w, http.StatusOK, "User-agent: *\nDisallow: /")
}

// toSecure sends a browser to the same page over HTTPS. The port is that of
// the HTTPS listener, the host the one the browser asked for.
func (s *Server) toSecure(w http.ResponseWriter, r *http.Request) {
	host, err := hostOnly(r.Host)
	if err != nil {
		plainText(w, http.StatusBadRequest, "the request names no valid host")
		return
	}
	if _, port, _ := net.SplitHostPort(s.secure.Addr().String()); port != "443" {
		host = net.JoinHostPort(strings.Trim(host, "[]"), port)
	}
	http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
}

// hostOnly takes the port off a Host header and refuses what is no host.
func hostOnly(hostport string) (string, error) {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
		if strings.Contains(h, ":") {
			host = "[" + h + "]"
		}
	}
	if host == "" || strings.ContainsAny(host, "/\\@?# \t") {
		return "", errors.New("web: not a host")
	}
	return host, nil
}

// roomName reads a room's name from the path. Keyboards on macOS compose
// Vietnamese letters differently from others, so names are brought to one form
// (Unicode NFC) before they are compared.
func roomName(r *http.Request) (string, bool) {
	name := norm.NFC.String(r.PathValue("name"))
	return name, bridge.ValidRoom(name)
}
