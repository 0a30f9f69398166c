package e2e

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a condition may take before a test gives up. It says
// nothing about what is wanted; figures are asserted where they are measured.
const patience = time.Minute

// gw is a running gateway process.
type gw struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     *lockedBuffer
	sipUDP  string
	h323    string
	sipTLS  string
	web     string
	http    string
	exited  chan struct{}
	stopped sync.Once
}

// lockedBuffer collects a process's output.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var (
	portMu   sync.Mutex
	nextPort = 31000
)

// freePort gives a port that is free for UDP and TCP on loopback. Ports rise,
// so that tests do not meet.
func freePort(t *testing.T) int {
	t.Helper()
	portMu.Lock()
	defer portMu.Unlock()
	for range 1000 {
		nextPort++
		p := nextPort
		u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			continue
		}
		_ = u.Close()
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
		if err != nil {
			continue
		}
		_ = l.Close()
		return p
	}
	t.Fatal("no free port")
	return 0
}

// freePair gives a port that is free like the one above it, which baresip
// takes for TLS.
func freePair(t *testing.T) int {
	t.Helper()
	p := freePort(t)
	for q := freePort(t); q != p+1; q = freePort(t) {
		p = q
	}
	return p
}

// gwOptions changes the gateway under test.
type gwOptions struct {
	address    string   // of everything it listens on; 127.0.0.1
	encryption string   // prefer
	extra      string   // further YAML
	wrap       []string // command put in front, such as "ip netns exec NAME"
}

func startGateway(t *testing.T, o gwOptions) *gw {
	t.Helper()
	if o.address == "" {
		o.address = "127.0.0.1"
	}
	if o.encryption == "" {
		o.encryption = "prefer"
	}
	sipPort, tlsPort, webPort, httpPort, roomPort, h323Port := freePort(t), freePort(t), freePort(t), freePort(t), freePort(t), freePort(t)
	dir := t.TempDir()
	cfg := fmt.Sprintf(`
log: {level: debug}
sip:
  listen: ["udp://%[1]s:%[2]d", "tcp://%[1]s:%[2]d", "tls://%[1]s:%[3]d"]
  encryption: %[4]s
h323: {listen: ["tcp://%[1]s:%[10]d"]}
media: {address: %[1]s, ports: "40000-45999"}
room: {listen: ["udp://%[1]s:%[5]d", "tcp://%[1]s:%[5]d"]}
web: {listen: "%[1]s:%[6]d", http: "%[1]s:%[7]d", state_dir: %[8]s}
admission: {open: true}
admin: {token: e2e}
store: {url: "sqlite:%[8]s/db"}
%[9]s`, o.address, sipPort, tlsPort, o.encryption, roomPort, webPort, httpPort, dir, o.extra, h323Port)
	file := filepath.Join(dir, "roombridge.yaml")
	if err := os.WriteFile(file, []byte(cfg), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &gw{
		t: t, log: &lockedBuffer{}, exited: make(chan struct{}),
		sipUDP: fmt.Sprintf("%s:%d", o.address, sipPort), sipTLS: fmt.Sprintf("%s:%d", o.address, tlsPort),
		h323: fmt.Sprintf("%s:%d", o.address, h323Port),
		web:  fmt.Sprintf("https://%s:%d", o.address, webPort), http: fmt.Sprintf("http://%s:%d", o.address, httpPort),
	}
	args := append(append([]string{}, o.wrap...), filepath.Join(bin, "roombridge"), "serve", "--config", file)
	g.cmd = exec.Command(args[0], args[1:]...)
	g.cmd.Stdout, g.cmd.Stderr = g.log, g.log
	if err := g.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = g.cmd.Wait(); close(g.exited) }()
	t.Cleanup(func() {
		g.stop()
		if t.Failed() {
			t.Logf("gateway log:\n%s", tail(g.log.String(), 200))
		}
		if strings.Contains(g.log.String(), "DATA RACE") || strings.Contains(g.log.String(), "panic:") {
			t.Errorf("the gateway's log shows a panic or a race:\n%s", tail(g.log.String(), 100))
		}
	})
	waitFor(t, "gateway to be ready", func() bool {
		r, err := client.Get(g.http + "/readyz")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
	return g
}

func tail(s string, lines int) string {
	all := strings.Split(s, "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}

// stop ends the gateway as a service manager does. TestTermination measures how long that takes.
func (g *gw) stop() {
	g.t.Helper()
	g.stopped.Do(func() {
		_ = g.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-g.exited:
		case <-time.After(15 * time.Second):
			_ = g.cmd.Process.Signal(syscall.SIGQUIT) // goroutines go to the log
			<-g.exited
			g.t.Error("the gateway does not stop")
		}
	})
}

// waitFor polls a condition. It is for what other processes do; our own state
// is waited for by channels.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	waitLong(t, what, patience, ok)
}

// waitLong is waitFor with another patience, for what takes its time by design.
func waitLong(t *testing.T, what string, most time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(most)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

var client = &http.Client{
	Timeout:   patience,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, // self-signed, on loopback
}

// api asks the REST API and decodes the answer into out, unless it is nil.
func (g *gw) api(method, path string, out any) int {
	g.t.Helper()
	req, err := http.NewRequest(method, g.web+"/api/v1"+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer e2e")
	r, err := client.Do(req)
	if err != nil {
		g.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			g.t.Fatalf("%s %s: %v in %s", method, path, err, body)
		}
	}
	return r.StatusCode
}

// flow, stream and call are what the API's contract promises.
type flow struct {
	Codec     string  `json:"codec"`
	Path      string  `json:"path"`
	Reason    string  `json:"reason"`
	Width     int     `json:"width"`
	Height    int     `json:"height"`
	FPS       float64 `json:"fps"`
	Bitrate   int     `json:"bitrate"`
	Packets   int     `json:"packets"`
	Lost      int     `json:"lost"`
	JitterMS  float64 `json:"jitter_ms"`
	Keyframes int     `json:"keyframes"`
}

type stream struct {
	In         flow   `json:"in"`
	Out        flow   `json:"out"`
	Encryption string `json:"encryption"`
	Suite      string `json:"suite"`
}

type call struct {
	ID        string `json:"id"`
	Protocol  string `json:"protocol"`
	Direction string `json:"direction"`
	Remote    string `json:"remote"`
	Device    string `json:"device"`
	Number    string `json:"number"`
	Room      string `json:"room"`
	State     string `json:"state"`
	Audio     stream `json:"audio"`
	Video     stream `json:"video"`
}

// calls lists the running calls, whether the API wraps its lists or not.
func (g *gw) calls() []call {
	g.t.Helper()
	var raw json.RawMessage
	g.api("GET", "/calls", &raw)
	var list []call
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var wrapped struct {
		Calls []call `json:"calls"`
		Items []call `json:"items"`
	}
	if err := json.Unmarshal(raw, &wrapped); err != nil {
		g.t.Fatalf("calls: %v in %s", err, raw)
	}
	return append(wrapped.Calls, wrapped.Items...)
}
