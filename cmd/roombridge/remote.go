package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/roombridge/roombridge/cmd/roombridge/gateway"
	"github.com/roombridge/roombridge/config"
	"github.com/roombridge/roombridge/web"
)

// remote is a running gateway, which commands reach by its API.
type remote struct {
	Server   string `env:"ROOMBRIDGE_SERVER" default:"https://127.0.0.1:8443" placeholder:"URL" help:"The gateway. Default: ${default}."`
	Token    string `env:"ROOMBRIDGE_TOKEN" help:"admin.token or a token made with the API; better given by the environment."`
	CA       string `name:"ca" type:"existingfile" placeholder:"FILE" help:"Certificate, PEM, that the gateway's is checked by; its own, where it is self-signed. That of a gateway that this user runs on this machine is known."`
	Insecure bool   `help:"Do not check the gateway's certificate."`
	Tenant   string `help:"Whose; operators name one, else it is the default tenant."`
	JSON     bool   `name:"json" help:"Print what the gateway answers, as JSON."`

	out io.Writer // standard output, a seam for tests
}

const (
	remoteTime = time.Minute
	maxAnswer  = 256 << 20
)

func (r *remote) client() (*http.Client, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: r.Insecure} //nolint:gosec // asked for
	if r.CA != "" {
		pem, err := os.ReadFile(r.CA)
		if err != nil {
			return nil, err
		}
		if t.RootCAs = x509.NewCertPool(); !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", r.CA)
		}
	} else if here(r.Server) {
		t.RootCAs = neighbour(gateway.StateDir(os.Getenv(config.EnvPrefix + "WEB_STATE_DIR")))
	}
	return &http.Client{
		Timeout: remoteTime, Transport: &http.Transport{TLSClientConfig: t, Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}, nil
}

// here tells whether a URL is of this machine.
func here(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}

// neighbour are the authorities of the system, and the self-signed certificate of the gateway that keeps
// it in dir; nil are the system's alone.
func neighbour(dir string) *x509.CertPool {
	pem, err := os.ReadFile(filepath.Join(dir, web.CertificateFile))
	if dir == "" || err != nil {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil
	}
	return pool
}

// refused is what the API answers where it does not do what it was asked.
type refused struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
}

func (e *refused) Error() string {
	text := e.Detail
	for _, d := range e.Errors {
		text += "\n  " + strings.TrimSpace(d.Location+" "+d.Message)
	}
	return visible(text)
}

// do asks the API. path begins behind /api/v1; kind is that of the body.
func (r *remote) do(ctx context.Context, method, path string, query url.Values, kind string, body []byte) ([]byte, error) {
	c, err := r.client()
	if err != nil {
		return nil, err
	}
	if r.Tenant != "" {
		query.Set("tenant", r.Tenant)
	}
	at := strings.TrimRight(r.Server, "/") + "/api/v1" + path
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, hint(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil || resp.StatusCode/100 == 2 {
		return answer, err
	}
	e := &refused{}
	if json.Unmarshal(answer, e) != nil || e.Detail == "" {
		e.Detail = "the server answers " + resp.Status
	}
	e.Status = resp.StatusCode
	return nil, e
}

func hint(err error) error {
	var unknown x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	if errors.As(err, &unknown) || errors.As(err, &verify) {
		return fmt.Errorf("%w\n  a gateway with a self-signed certificate is checked with --ca FILE, or not at all with --insecure", err)
	}
	return err
}

// get asks for something and reads it.
func (r *remote) get(ctx context.Context, path string, query url.Values, into any) ([]byte, error) {
	answer, err := r.do(ctx, http.MethodGet, path, query, "", nil)
	if err != nil {
		return nil, err
	}
	return answer, json.Unmarshal(answer, into)
}

// send asks for something to be done with a body of JSON.
func (r *remote) send(ctx context.Context, method, path string, query url.Values, body, into any) ([]byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	answer, err := r.do(ctx, method, path, query, "application/json", b)
	if err != nil || len(answer) == 0 {
		return answer, err
	}
	return answer, json.Unmarshal(answer, into)
}

func (r *remote) stdout() io.Writer {
	if r.out == nil {
		return os.Stdout
	}
	return r.out
}

// print writes JSON on lines of its own.
func (r *remote) print(answer []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(answer), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(r.stdout(), b.String())
	return err
}

// table writes rows below a head.
func (r *remote) table(rows [][]string) error {
	w := tabwriter.NewWriter(r.stdout(), 0, 8, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if row[i] = visible(cell); cell == "" {
				row[i] = "-"
			}
		}
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// visible keeps texts that came over networks from moving a terminal's cursor.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return '?'
		}
		return r
	}, s)
}
