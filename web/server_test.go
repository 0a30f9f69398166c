package web

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

var quiet = slog.New(slog.DiscardHandler)

func testTLS(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	cert, err := Certificate("", []string{"localhost", "127.0.0.1"}, time.Now(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert.Leaf)
	return &tls.Config{Certificates: []tls.Certificate{cert}}, pool
}

func TestServe(t *testing.T) {
	conf, pool := testTLS(t)
	s := newSite(t, func(c *Config) {
		c.TLS, c.Redirect = conf, "127.0.0.1:0"
		c.Ready = func() error { return errors.New("no port range") }
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	within(t, s.Ready(), "the server")

	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	client := &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(url string) (*http.Response, string) {
		t.Helper()
		resp, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, _ := io.ReadAll(resp.Body)
		return resp, string(b)
	}
	secure, plain := "https://"+s.Addr().String(), "http://"+s.RedirectAddr().String()
	if resp, _ := get(secure + "/"); resp.StatusCode != 200 || resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") != "" {
		t.Error(resp.StatusCode, resp.Proto, resp.Header)
	}
	resp, _ := get(plain + "/room/Ph%C3%B2ng?name=a%20b")
	if want := secure + "/room/Ph%C3%B2ng?name=a%20b"; resp.StatusCode != 307 || resp.Header.Get("Location") != want {
		t.Error(resp.StatusCode, resp.Header.Get("Location"), want)
	}
	for _, base := range []string{secure, plain} {
		for path, code := range map[string]int{"/healthz": 200, "/readyz": 503, "/metrics": 200} {
			if resp, body := get(base + path); resp.StatusCode != code || path == "/readyz" && body != "no port range\n" {
				t.Error(base, path, resp.StatusCode)
			}
		}
	}

	// An open page and an open event stream do not hold the server up.
	ws, _, err := websocket.Dial(t.Context(), secure+"/room/1/ws", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ws.CloseNow() }()
	_ = ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"join"}`))
	v := within(t, s.rooms.joined, "the join")
	events, err := client.Get(secure + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Body.Close() }()
	cancel()
	_, _, err = ws.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Error(err)
	}
	within(t, v.gone, "the visitor to be told")
	if err := within(t, done, "the end"); err != nil {
		t.Error(err)
	}
	tr.CloseIdleConnections()
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a server without TLS")
	}
	s := newSite(t, nil)
	if _, err := New(Config{TLS: &tls.Config{}, Listen: s.Addr().String()}); err == nil {
		t.Error("a port taken twice")
	}
	if _, err := New(Config{TLS: &tls.Config{}, Listen: "127.0.0.1:0", Redirect: s.Addr().String()}); err == nil {
		t.Error("a redirect port taken twice")
	}
}

func TestHostOnly(t *testing.T) {
	for in, want := range map[string]string{
		"a.example": "a.example", "a.example:80": "a.example", "192.0.2.1:80": "192.0.2.1",
		"[2001:db8::1]:80": "[2001:db8::1]", "[2001:db8::1]": "[2001:db8::1]", "": "", "a/b": "", "a@b:80": "",
	} {
		got, err := hostOnly(in)
		if (err == nil) != (want != "") || err == nil && got != want {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/", "/room/1", "/admin", "/nothing", "/healthz", "/api/v1/calls", "/assets/x/icon.svg"} {
		resp, _ := s.get(path)
		for k, want := range map[string]string{
			"Content-Security-Policy": "script-src 'self';", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self)", "X-Frame-Options": "DENY",
		} {
			if !strings.Contains(resp.Header.Get(k), want) {
				t.Errorf("%s: %s is %q", path, k, resp.Header.Get(k))
			}
		}
		if csp := resp.Header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Error(csp)
		}
	}
}

func TestHSTS(t *testing.T) {
	conf, pool := testTLS(t)
	s := newSite(t, func(c *Config) { c.TLS, c.SelfSigned = conf, false })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	resp, err := (&http.Client{Transport: tr}).Get("https://" + s.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS with a real certificate")
	}
	tr.CloseIdleConnections()
	cancel()
	within(t, done, "the end")
}

func TestCertificate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	now := time.Now()
	names := []string{"localhost", "127.0.0.1", "::1", "gw.example"}
	first, err := Certificate(dir, names, now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := first.Leaf.VerifyHostname(n); err != nil {
			t.Error(err)
		}
	}
	if first.Leaf.IsCA || first.Leaf.NotAfter.Sub(now) > 825*24*time.Hour {
		t.Error(first.Leaf.IsCA, first.Leaf.NotAfter)
	}
	if info, err := os.Stat(filepath.Join(dir, keyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
	same := func(names []string, at time.Time) bool {
		t.Helper()
		c, err := Certificate(dir, names, at, quiet)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Equal(c.Leaf.Raw, first.Leaf.Raw)
	}
	if !same(names, now) || !same(names[:1], now.Add(365*24*time.Hour)) {
		t.Error("a good certificate is not kept")
	}
	if same(append(names, "192.0.2.4"), now) {
		t.Error("a certificate without a name is kept")
	}
	if same(names, now.Add(certLifetime)) {
		t.Error("an old certificate is kept")
	}
}

func TestCertificateOnBrokenFiles(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{CertificateFile, keyFile} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte("garbage"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Certificate(dir, []string{"localhost"}, time.Now(), quiet); err != nil {
		t.Error(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Certificate(file, []string{"localhost"}, time.Now(), quiet); err != nil {
		t.Error("a state directory that cannot be written is fatal:", err)
	}
}

func TestHostNames(t *testing.T) {
	got := HostNames("GW.example", "192.0.2.77", "0.0.0.0", "::", "bad name", "")
	for _, want := range []string{"localhost", "127.0.0.1", "::1", "gw.example", "192.0.2.77"} {
		if !slices.Contains(got, want) {
			t.Error(want, "is missing in", got)
		}
	}
	for _, bad := range []string{"0.0.0.0", "::", "bad name", ""} {
		if slices.Contains(got, bad) {
			t.Errorf("%q is in %v", bad, got)
		}
	}
	if _, err := Certificate("", got, time.Now(), quiet); err != nil {
		t.Error(err)
	}
}

func TestReload(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	write := func(stamp time.Time) {
		c, k, err := selfSigned([]string{"localhost"}, now)
		if err != nil {
			t.Fatal(err)
		}
		if err := writeCertificate(dir, c, k); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(dir, CertificateFile), stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	certPath, keyPath := filepath.Join(dir, CertificateFile), filepath.Join(dir, keyFile)
	clock := func() time.Time { return now }
	if _, err := Reload(certPath, keyPath, clock, quiet); err == nil {
		t.Error("no files, no error")
	}
	write(now)
	conf, err := Reload(certPath, keyPath, clock, quiet)
	if err != nil {
		t.Fatal(err)
	}
	serial := func() string {
		c, err := conf.GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.SerialNumber.String()
	}
	old := serial()
	write(now.Add(time.Second))
	if serial() != old {
		t.Error("looked at the files within a minute")
	}
	now = now.Add(reloadEvery)
	renewed := serial()
	if renewed == old {
		t.Error("the renewed certificate is not used")
	}
	if err := os.WriteFile(certPath, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(reloadEvery)
	if serial() != renewed {
		t.Error("a broken certificate is used")
	}
}

func TestListenerIsFreed(t *testing.T) {
	s := newSite(t, nil)
	addr := s.Addr().String()
	s.Server.Close()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
