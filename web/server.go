package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/roombridge/roombridge/bridge/bind"
)

// Server serves pages, API and WebSockets on its listeners.
type Server struct {
	cfg     Config
	assets  *assets
	auth    *auth
	sockets *sockets
	feed    *feed
	streams *turnstile // listeners to events
	quality *quality
	handler http.Handler
	plain   http.Handler

	secure   net.Listener
	redirect net.Listener
	ready    chan struct{}
}

// New opens the listeners, so that a port in use is told before anything
// else starts. Serve serves them.
func New(cfg Config) (*Server, error) {
	cfg.defaults()
	if cfg.TLS == nil {
		return nil, errors.New("web: a TLS configuration is needed: cameras work on secure pages only")
	}
	s := &Server{
		cfg: cfg,
		auth: &auth{
			token: cfg.Token, admin: cfg.Admin, log: cfg.Log, look: lookAgain, told: rate.Sometimes{First: toldFirst, Interval: toldEvery},
		},
		sockets: newSockets(cfg.MaxSockets),
		feed:    newFeed(cfg.Calls, cfg.Rooms, cfg.Devices),
		streams: newTurnstile(maxListeners),
		quality: newQuality(cfg.Calls),
		ready:   make(chan struct{}),
	}
	if cfg.News != nil {
		cfg.News.feed.Store(s.feed)
	}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	s.handler, s.plain = s.routes(), s.plainRoutes()
	if s.secure, err = net.Listen(bind.Network("tcp", cfg.Listen)); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if cfg.Redirect != "" {
		if s.redirect, err = net.Listen(bind.Network("tcp", cfg.Redirect)); err != nil {
			_ = s.secure.Close()
			return nil, fmt.Errorf("web: %w", err)
		}
	}
	return s, nil
}

// Addr is the address of the HTTPS listener.
func (s *Server) Addr() net.Addr { return s.secure.Addr() }

// RedirectAddr is the address of the plain listener, or nil.
func (s *Server) RedirectAddr() net.Addr {
	if s.redirect == nil {
		return nil
	}
	return s.redirect.Addr()
}

// Ready is closed when requests are being served.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Handler is everything the HTTPS listener serves, for tests.
func (s *Server) Handler() http.Handler { return s.handler }

// Close frees the listeners of a Server that is not served.
func (s *Server) Close() {
	_ = s.secure.Close()
	if s.redirect != nil {
		_ = s.redirect.Close()
	}
}

// Serve serves until ctx ends, then lets requests finish for a moment, closes
// what is left, and returns when all is closed.
func (s *Server) Serve(ctx context.Context) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	secure := s.httpServer(base, s.handler)
	secure.TLSConfig = s.tlsConfig()
	servers := []*http.Server{secure}
	failed := make(chan error, 2)
	var wg sync.WaitGroup
	wg.Go(func() { failed <- secure.ServeTLS(s.secure, "", "") })
	if s.redirect != nil {
		plain := s.httpServer(base, s.plain)
		servers = append(servers, plain)
		wg.Go(func() { failed <- plain.Serve(s.redirect) })
	}
	wg.Go(func() { s.feed.run(base) })
	wg.Go(func() { s.quality.run(base) })
	close(s.ready)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	cancel() // ends event streams and WebSockets
	s.stop(servers)
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

func (s *Server) stop(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
	defer cancel()
	s.sockets.close(ctx)
	for _, srv := range servers {
		if srv.Shutdown(ctx) != nil {
			_ = srv.Close()
		}
	}
}

func (s *Server) httpServer(base context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout + time.Second, // event streams lift it for themselves
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
}

func (s *Server) tlsConfig() *tls.Config {
	c := s.cfg.TLS.Clone()
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}
