package relays

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/roombridge/roombridge/bench/proc"
)

// Janus is Janus with its NoSIP plugin, which carries a plain terminal's media
// to and from WebRTC.
type Janus struct {
	env  Env
	proc *proc.Process
	api  *janusAPI
}

const janusPort = 8188

// Name is the relay's name in tables.
func (*Janus) Name() string { return "janus" }

// Options says how it is run.
func (*Janus) Options() string {
	return "janus, NoSIP plugin alone, WebSocket API, a thread for each handle (its default), no recording, no full trickle"
}

// Can tells which cases it relays: NoSIP has a terminal on one side and a
// browser on the other.
func (*Janus) Can(c Case) bool {
	return c.Fan <= 1 && !c.Both && !c.Sound && (c.From == RTP && c.To.Browser() || c.From.Browser() && c.To == RTP)
}

// Process is the running Janus.
func (j *Janus) Process() *proc.Process { return j.proc }

// Start runs Janus and opens a session.
func (j *Janus) Start(ctx context.Context, env Env) error {
	j.env = env
	path, err := exec.LookPath("janus")
	if err != nil {
		return ErrMissing
	}
	folders, _ := filepath.Glob("/usr/lib/*/janus")
	if len(folders) == 0 {
		return ErrMissing
	}
	for name, text := range map[string]string{
		"janus.jcfg": fmt.Sprintf(`general: { configs_folder = "%[1]s" plugins_folder = "%[2]s/plugins" transports_folder = "%[2]s/transports"
  events_folder = "%[1]s" loggers_folder = "%[1]s" debug_level = 2 interface = "%[3]s" server_name = "bench" session_timeout = 0 }
media: { rtp_port_range = "40000-49999" }
nat: { full_trickle = false ice_enforce_list = "%[3]s" }
plugins: { disable = "%[4]s" }
transports: { disable = "libjanus_http.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_mqtt.so,libjanus_nanomsg.so" }
`, env.Dir, folders[0], env.Addr, "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,libjanus_streaming.so,libjanus_textroom.so,"+
			"libjanus_videocall.so,libjanus_videoroom.so,libjanus_voicemail.so,libjanus_sip.so,libjanus_lua.so,libjanus_duktape.so"),
		"janus.transport.websockets.jcfg": fmt.Sprintf("general: { json = \"compact\" ws = true ws_port = %d ws_ip = \"%s\" wss = false }\nadmin: { admin_ws = false }\n", janusPort, env.Addr),
		"janus.plugin.nosip.jcfg":         fmt.Sprintf("general: { local_ip = \"%[1]s\" sdp_ip = \"%[1]s\" rtp_port_range = \"20000-39999\" events = false }\n", env.Addr),
	} {
		if _, err := env.write(name, text); err != nil {
			return err
		}
	}
	if j.proc, err = proc.Start(env.CPU, exec.Command(path, "-F", env.Dir, "-C", env.Dir+"/janus.jcfg", "-N")); err != nil {
		return err
	}
	begun := time.Now()
	for time.Since(begun) < startTime && ctx.Err() == nil {
		if j.api, err = dialJanus(ctx, fmt.Sprintf("ws://%s:%d", env.Addr, janusPort)); err == nil {
			return nil
		}
		select {
		case <-j.proc.Exited():
			return fmt.Errorf("relays: janus ended: %s", j.proc.Log())
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("relays: janus does not answer: %w; it said: %s", err, j.proc.Log())
}

// Connect sets up the i-th call. The browser offers.
func (j *Janus) Connect(ctx context.Context, _ int, c Case) (*Call, error) {
	call := &Call{}
	terminalSends := c.To.Browser()
	kind := c.To
	if !terminalSends {
		kind = c.From
	}
	t, err := newTerminal(j.env, RTP, terminalSends, !terminalSends)
	if err != nil {
		return call, err
	}
	b, err := newPeer(j.env, kind, !terminalSends, terminalSends)
	if err != nil {
		return call, err
	}
	call.Legs = append(call.Legs, t.leg, b.leg)
	call.end = append(call.end, func(context.Context) { b.rtc.Close() })
	handle, err := j.api.attach(ctx)
	if err != nil {
		return call, err
	}
	call.end = append(call.end, func(ctx context.Context) { _ = j.api.detach(ctx, handle) })
	offer, err := j.api.message(ctx, handle, map[string]any{"request": "generate"}, map[string]any{"type": "offer", "sdp": b.description()})
	if err != nil {
		return call, err
	}
	if err := t.accept(ctx, offer.PluginData.Data.Result.SDP); err != nil {
		return call, err
	}
	answer, err := j.api.message(ctx, handle, map[string]any{"request": "process", "type": "answer", "sdp": t.description()}, nil)
	if err != nil {
		return call, err
	}
	if err := b.accept(ctx, answer.JSEP.SDP); err != nil {
		return call, err
	}
	if terminalSends {
		call.join(c, t, []end{b})
	} else {
		call.join(c, b, []end{t})
	}
	return call, nil
}

// Stop ends Janus.
func (j *Janus) Stop() {
	if j.api != nil {
		j.api.close()
	}
	if j.proc != nil {
		j.proc.Stop()
	}
}

// janusAPI is one session over a WebSocket.
type janusAPI struct {
	conn    *websocket.Conn
	session uint64
	done    chan struct{}
	cancel  context.CancelFunc
	serial  atomic.Int64

	mu      sync.Mutex
	waiting map[string]chan janusEvent
}

// janusEvent is what is read of Janus' messages.
type janusEvent struct {
	Janus       string
	Transaction string
	Data        struct{ ID uint64 }
	Error       struct{ Reason string }
	PluginData  struct {
		Data struct {
			Error  string
			Result struct{ Event, SDP string }
		}
	}
	JSEP struct{ SDP string }
}

func dialJanus(ctx context.Context, url string) (*janusAPI, error) {
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{Subprotocols: []string{"janus-protocol"}})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 20)
	a := &janusAPI{conn: conn, done: make(chan struct{}), waiting: map[string]chan janusEvent{}}
	reading, cancel := context.WithCancel(context.Background())
	a.cancel = cancel
	go a.read(reading)
	e, err := a.ask(ctx, map[string]any{"janus": "create"}, "success")
	a.session = e.Data.ID
	return a, err
}

func (a *janusAPI) read(ctx context.Context) {
	defer close(a.done)
	for {
		_, b, err := a.conn.Read(ctx)
		if err != nil {
			return
		}
		var e janusEvent
		if json.Unmarshal(b, &e) != nil {
			continue
		}
		a.mu.Lock()
		c := a.waiting[e.Transaction]
		a.mu.Unlock()
		if c != nil {
			select {
			case c <- e:
			default:
			}
		}
	}
}

// ask sends a request and waits for an answer of a kind to it.
func (a *janusAPI) ask(ctx context.Context, m map[string]any, kind string) (janusEvent, error) {
	id := fmt.Sprint("t", a.serial.Add(1))
	c := make(chan janusEvent, 8)
	a.mu.Lock()
	a.waiting[id] = c
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.waiting, id)
		a.mu.Unlock()
	}()
	m["transaction"] = id
	if a.session != 0 {
		m["session_id"] = a.session
	}
	b, err := json.Marshal(m)
	if err != nil {
		return janusEvent{}, err
	}
	if err := a.conn.Write(ctx, websocket.MessageText, b); err != nil {
		return janusEvent{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		select {
		case e := <-c:
			switch {
			case e.Janus == "error":
				return e, fmt.Errorf("relays: janus says: %s", e.Error.Reason)
			case e.PluginData.Data.Error != "":
				return e, fmt.Errorf("relays: janus says: %s", e.PluginData.Data.Error)
			case e.Janus == kind:
				return e, nil
			}
		case <-ctx.Done():
			return janusEvent{}, fmt.Errorf("relays: janus does not answer: %w", ctx.Err())
		}
	}
}

func (a *janusAPI) attach(ctx context.Context) (uint64, error) {
	e, err := a.ask(ctx, map[string]any{"janus": "attach", "plugin": "janus.plugin.nosip"}, "success")
	return e.Data.ID, err
}

func (a *janusAPI) detach(ctx context.Context, handle uint64) error {
	_, err := a.ask(ctx, map[string]any{"janus": "detach", "handle_id": handle}, "success")
	return err
}

// message sends a request to the plugin and waits for its event.
func (a *janusAPI) message(ctx context.Context, handle uint64, body, jsep map[string]any) (janusEvent, error) {
	m := map[string]any{"janus": "message", "handle_id": handle, "body": body}
	if jsep != nil {
		m["jsep"] = jsep
	}
	return a.ask(ctx, m, "event")
}

func (a *janusAPI) close() {
	_ = a.conn.CloseNow()
	a.cancel()
	<-a.done
}
