package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestToken(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Token = "mật khẩu-123" })
	for _, path := range []string{"/api/v1/calls", "/api/v1/rooms", "/api/v1/events", "/metrics", "/api/nothing"} {
		for _, h := range []string{"", "Bearer wrong", "Bearer ", "Bearer", "Basic mật khẩu-123", "mật khẩu-123"} {
			resp, body := s.get(path, "Authorization: "+h)
			if resp.StatusCode != 401 || !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s with %q: %d %s", path, h, resp.StatusCode, body)
			}
		}
	}
	for _, path := range []string{"/api/v1/calls", "/metrics"} {
		if resp, _ := s.get(path, "Authorization: bearer mật khẩu-123"); resp.StatusCode != 200 {
			t.Error(path, resp.StatusCode)
		}
	}
	// People do not need the token for pages.
	for _, path := range []string{"/", "/room/1001", "/admin", "/healthz", "/readyz", "/api/openapi.json"} {
		if resp, _ := s.get(path); resp.StatusCode != 200 {
			t.Error(path, resp.StatusCode)
		}
	}
}

func TestWithoutTokenOnlyThisMachine(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range []struct {
		peer, host, header string
		code               int
	}{
		{"127.0.0.1:5000", "127.0.0.1:8443", "", 200},
		{"127.8.0.1:5000", "LOCALHOST:8443", "", 200},
		{"[::1]:5000", "[::1]:8443", "", 200},
		{"[::1]:5000", "[::1]", "", 200},
		{"[::ffff:127.0.0.1]:5000", "localhost", "", 200},
		{"192.0.2.1:5000", "127.0.0.1:8443", "", 403},
		{"[2001:db8::1]:5000", "localhost", "", 403},
		{"127.0.0.1:5000", "evil.example:8443", "", 403}, // DNS rebinding
		{"127.0.0.1:5000", "192.0.2.1:8443", "", 403},
		{"127.0.0.1:5000", "localhost", "X-Forwarded-For", 403},
		{"127.0.0.1:5000", "localhost", "Forwarded", 403},
		{"127.0.0.1:5000", "localhost", "X-Forwarded-Host", 403},
		{"127.0.0.1:5000", "localhost", "x-real-ip", 403},
		{"127.0.0.1:5000", "localhost", "X-Other", 200},
		{"nonsense", "localhost", "", 403},
	} {
		r := httptest.NewRequest("GET", "/api/v1/calls", nil)
		r.RemoteAddr, r.Host = c.peer, c.host
		if c.header != "" {
			r.Header.Set(c.header, "192.0.2.1")
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != c.code {
			t.Errorf("%+v: %d", c, w.Code)
		}
		if c.code == 403 && !strings.Contains(w.Body.String(), "admin.token") {
			t.Errorf("%+v does not say what to do: %s", c, w.Body)
		}
	}
}

// nginx as it is without settings adds no header and asks for 127.0.0.1, but speaks HTTP/1.0.
func TestPlainProxyIsNotThisMachine(t *testing.T) {
	s := newSite(t, nil)
	r := httptest.NewRequest("GET", "/api/v1/calls", nil)
	r.RemoteAddr, r.Host, r.Proto, r.ProtoMajor, r.ProtoMinor = "127.0.0.1:5000", "127.0.0.1:8443", "HTTP/1.0", 1, 0
	w := httptest.NewRecorder()
	if s.Handler().ServeHTTP(w, r); w.Code != 403 {
		t.Error(w.Code)
	}
}

// A page elsewhere, open in a browser on the gateway's machine, shall not hang up calls.
func TestCrossSiteWrite(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	for _, h := range []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"} {
		resp, _ := s.do("DELETE", "/api/v1/calls/c1", "", h)
		if resp.StatusCode != 403 {
			t.Error(h, resp.StatusCode)
		}
	}
	if len(s.calls.hungUp) > 0 {
		t.Error("hung up")
	}
}

// Whoever sends any number of wrong tokens does not fill the log with them.
func TestTokensThatNobodyKnowsAreToldSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		a := &auth{log: slog.New(slog.NewTextHandler(&log, nil)), told: rate.Sometimes{First: toldFirst, Interval: toldEvery}}
		r := httptest.NewRequest(http.MethodGet, "/api/v1/calls", nil)
		for range 1000 {
			a.miss("unknown token", r)
		}
		if n := strings.Count(log.String(), "unknown token"); n != toldFirst {
			t.Errorf("%d lines", n)
		}
		time.Sleep(toldEvery)
		log.Reset()
		a.miss("unknown token", r)
		if !strings.Contains(log.String(), "times=991") {
			t.Error(log.String())
		}
	})
}
