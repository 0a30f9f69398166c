package relays

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/roombridge/roombridge/bench/proc"
	"github.com/roombridge/roombridge/bench/sipua"
)

// Ports of the gateway in the benchmark's network namespace.
const (
	gatewaySIP  = 5060
	gatewayWeb  = 8443
	gatewayHTTP = 8080
	gatewayRoom = 8444
)

// GatewayToken lets into its API and metrics.
const GatewayToken = "bench"

// Gateway is the real `roombridge serve`.
type Gateway struct {
	env  Env
	proc *proc.Process
	uas  []*sipua.UA
	next int // of uas

	// Ready is how long it took from exec to /readyz.
	Ready time.Duration
}

// Name is the relay's name in tables.
func (*Gateway) Name() string { return "roombridge" }

// Options says how it is run.
func (*Gateway) Options() string {
	return "roombridge serve, CGO_ENABLED=0, one processor (GOMAXPROCS sees it), log level warn"
}

// Can tells which cases it relays: browsers agree on GCM with it.
func (*Gateway) Can(c Case) bool {
	return !(c.From.Browser() && c.To.Browser()) && c.From != WebRTCCM && c.To != WebRTCCM
}

// Process is the running gateway.
func (g *Gateway) Process() *proc.Process { return g.proc }

// Start runs the gateway and waits until it is ready.
func (g *Gateway) Start(ctx context.Context, env Env) error {
	g.env = env
	cfg, err := env.write("roombridge.yaml", fmt.Sprintf(`
log: {level: warn}
sip:
  listen: ["udp://%[1]s:%[2]d", "tcp://%[1]s:%[2]d"]
media: {address: %[1]s, ports: "20000-39999", timeout: 1h, bitrate: 20000000}
h323: {listen: []}
room: {listen: ["udp://%[1]s:%[3]d"], max_participants: 1000}
web: {listen: "%[1]s:%[4]d", http: "%[1]s:%[5]d", state_dir: %[6]s}
admission: {open: true}
admin: {token: %[7]s}
store: {url: "sqlite:%[6]s/db"}
limits: {calls: 0, rooms: 5000, load: 0}
`, env.Addr, gatewaySIP, gatewayRoom, gatewayWeb, gatewayHTTP, env.Dir, GatewayToken))
	if err != nil {
		return err
	}
	cmd := exec.Command(env.Binary, "serve", "--config", cfg)
	cmd.Env = append(os.Environ(), "HOME="+env.Dir)
	begun := time.Now()
	if g.proc, err = proc.Start(env.CPU, cmd); err != nil {
		return err
	}
	if err := g.ready(ctx); err != nil {
		return fmt.Errorf("%w; the gateway said:\n%s", err, g.proc.Log())
	}
	g.Ready = time.Since(begun)
	for _, a := range env.Callers {
		ua, err := sipua.Dial("udp", a.String(), fmt.Sprintf("%s:%d", env.Addr, gatewaySIP))
		if err != nil {
			return err
		}
		g.uas = append(g.uas, ua)
	}
	return nil
}

// URL is the address of something on its plain HTTP port.
func (g *Gateway) URL(path string) string {
	return fmt.Sprintf("http://%s:%d%s", g.env.Addr, gatewayHTTP, path)
}

// ready waits for /readyz.
func (g *Gateway) ready(ctx context.Context) error {
	url := g.URL("/readyz")
	client := &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	most := time.After(startTime)
	for {
		if r, err := client.Get(url); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-g.proc.Exited():
			return fmt.Errorf("relays: the gateway ended")
		case <-most:
			return fmt.Errorf("relays: the gateway is not ready after %v", startTime)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// startTime is how long a relay may take to start.
const startTime = 15 * time.Second

// Connect brings the i-th pair into a room of its own. A terminal that only
// sends would be taken to hold the call; so one whose far end shows nothing
// gets the gateway's still picture, five small packets a second.
func (g *Gateway) Connect(ctx context.Context, i int, c Case) (*Call, error) {
	call := &Call{}
	room := fmt.Sprintf("%d", 10000+i)
	var from end
	var err error
	if c.From.Browser() {
		from, err = g.browser(ctx, call, room, c.From, true)
	} else {
		from, err = g.terminal(ctx, call, room, c.From, c, true, true)
	}
	if err != nil {
		return call, err
	}
	var to []end
	for range max(c.Fan, 1) {
		var e end
		if c.To.Browser() {
			e, err = g.browser(ctx, call, room, c.To, false)
		} else {
			e, err = g.terminal(ctx, call, room, c.To, c, c.Both, true)
		}
		if err != nil {
			return call, err
		}
		to = append(to, e)
	}
	call.join(c, from, to)
	return call, nil
}

// browser joins a room; the one that shows a terminal joins after it.
func (g *Gateway) browser(ctx context.Context, call *Call, room string, k Kind, sends bool) (*page, error) {
	p, err := openPage(ctx, g.env, room, k, sends)
	if err != nil {
		return nil, err
	}
	call.Legs = append(call.Legs, p.leg)
	call.end = append(call.end, func(context.Context) { p.close() })
	return p, nil
}

// terminal calls a room.
func (g *Gateway) terminal(ctx context.Context, call *Call, room string, k Kind, c Case, sends, receives bool) (*terminal, error) {
	t, err := newTerminal(g.env, k, sends, receives)
	if err != nil {
		return nil, err
	}
	t.sound = c.Sound
	call.Legs = append(call.Legs, t.leg)
	g.next++
	sip, answer, err := g.uas[g.next%len(g.uas)].Invite(ctx, fmt.Sprintf("sip:%s@%s:%d", room, g.env.Addr, gatewaySIP), t.description())
	if err != nil {
		return nil, err
	}
	call.end = append(call.end, func(ctx context.Context) { _ = sip.Hangup(ctx) })
	return t, t.accept(ctx, answer)
}

// Stop ends the gateway.
func (g *Gateway) Stop() {
	for _, ua := range g.uas {
		ua.Close()
	}
	if g.proc != nil {
		g.proc.Stop()
	}
}
