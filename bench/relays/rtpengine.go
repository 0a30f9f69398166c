package relays

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/roombridge/roombridge/bench/ng"
	"github.com/roombridge/roombridge/bench/proc"
)

// RTPEngine is rtpengine without its kernel module.
type RTPEngine struct {
	env  Env
	proc *proc.Process
	ng   *ng.Client
}

const rtpenginePort = 2223

// rtpengineArgs are its options. One thread, because it has one processor: two
// and more only cost it changes of threads. Nothing is recorded or transcoded.
var rtpengineArgs = []string{
	"--foreground", "--log-stderr", "--log-level=3", "--table=-1", "--num-threads=1", "--endpoint-learning=immediate",
	"--timeout=3600", "--silent-timeout=3600", "--port-min=20000", "--port-max=39999", "--delete-delay=0",
}

// Name is the relay's name in tables.
func (*RTPEngine) Name() string { return "rtpengine" }

// Options says how it is run.
func (*RTPEngine) Options() string {
	return fmt.Sprintf("rtpengine in userspace: %v", rtpengineArgs)
}

// Can tells which cases it relays.
func (*RTPEngine) Can(c Case) bool { return c.Fan <= 1 && !c.Sound && (c.From == RTP || c.To == RTP) }

// Process is the running rtpengine.
func (r *RTPEngine) Process() *proc.Process { return r.proc }

// Start runs rtpengine and waits until it answers.
func (r *RTPEngine) Start(ctx context.Context, env Env) error {
	r.env = env
	path, err := exec.LookPath("rtpengine")
	if err != nil {
		return ErrMissing
	}
	at := fmt.Sprintf("%s:%d", env.Addr, rtpenginePort)
	args := append([]string{"--interface=" + env.Addr.String(), "--listen-ng=" + at, "--pidfile=" + env.Dir + "/rtpengine.pid"}, rtpengineArgs...)
	if r.proc, err = proc.Start(env.CPU, exec.Command(path, args...)); err != nil {
		return err
	}
	if r.ng, err = ng.Dial(at); err != nil {
		return err
	}
	begun := time.Now()
	for time.Since(begun) < startTime && ctx.Err() == nil {
		if _, err = r.ng.Ask("ping", map[string]any{}); err == nil {
			return nil
		}
		select {
		case <-r.proc.Exited():
			return fmt.Errorf("relays: rtpengine ended: %s", r.proc.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("relays: rtpengine does not answer: %w; it said: %s", err, r.proc.Log())
}

// ErrMissing is returned by Start for a relay that is not installed.
var ErrMissing = errors.New("not installed")

// Connect sets up the i-th call. The secured end offers, so that its keys and
// its cipher are those that are used; who offers says nothing of who sends.
func (r *RTPEngine) Connect(ctx context.Context, i int, c Case) (*Call, error) {
	call := &Call{}
	from, err := r.end(call, c.From, true, c.Both)
	if err != nil {
		return call, err
	}
	to, err := r.end(call, c.To, c.Both, true)
	if err != nil {
		return call, err
	}
	offerer, answerer := from, to
	if c.To != RTP {
		offerer, answerer = to, from
	}
	id := fmt.Sprintf("bench-%d", i)
	offer, err := r.sdp("offer", map[string]any{
		"call-id": id, "from-tag": "a", "sdp": offerer.description(), "transport-protocol": "RTP/AVP", "ICE": "remove", "DTLS": "off",
		"rtcp-mux": []string{"accept", "offer"}, "replace": []string{"origin", "session-connection"}, "flags": []string{"trust-address"},
	})
	if err != nil {
		return call, err
	}
	if err := answerer.accept(ctx, offer); err != nil {
		return call, err
	}
	answer, err := r.sdp("answer", map[string]any{
		"call-id": id, "from-tag": "a", "to-tag": "b", "sdp": answerer.description(),
		"replace": []string{"origin", "session-connection"}, "flags": []string{"trust-address"},
	})
	if err != nil {
		return call, err
	}
	call.end = append(call.end, func(context.Context) {
		_, _ = r.ng.Ask("delete", map[string]any{"call-id": id, "from-tag": "a"})
	})
	if err := offerer.accept(ctx, answer); err != nil {
		return call, err
	}
	call.join(c, from, []end{to})
	return call, nil
}

// party is an end that offers or answers in SDP.
type party interface {
	end
	description() string
	accept(ctx context.Context, text string) error
}

func (r *RTPEngine) end(call *Call, k Kind, sends, receives bool) (party, error) {
	if !k.Browser() {
		t, err := newTerminal(r.env, k, sends, receives)
		if err == nil {
			call.Legs = append(call.Legs, t.leg)
		}
		return t, err
	}
	b, err := newPeer(r.env, k, sends, receives)
	if err == nil {
		call.Legs = append(call.Legs, b.leg)
		call.end = append(call.end, func(context.Context) { b.rtc.Close() })
	}
	return b, err
}

func (r *RTPEngine) sdp(command string, members map[string]any) (string, error) {
	a, err := r.ng.Ask(command, members)
	if err != nil {
		return "", err
	}
	s, _ := a["sdp"].(string)
	return s, nil
}

// Stop ends rtpengine.
func (r *RTPEngine) Stop() {
	if r.ng != nil {
		r.ng.Close()
	}
	if r.proc != nil {
		r.proc.Stop()
	}
}
