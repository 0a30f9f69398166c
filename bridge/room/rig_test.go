package room

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/room/roomtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(crowdEnv) != "" {
		crowdMain()
		return
	}
	goleak.VerifyTestMain(m)
}

// rig is an engine on loopback with pages that join it directly.
type rig struct {
	t      testing.TB
	engine *Engine
	worker *fakeWorker
}

func newRig(t testing.TB, change func(*Config)) *rig {
	t.Helper()
	r := &rig{t: t, worker: newFakeWorker()}
	cfg := Config{Listen: []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}, Worker: r.worker, Log: testLog()}
	if change != nil {
		change(&cfg)
	}
	e, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.engine = e
	t.Cleanup(func() {
		ctx, cancel := roomtest.Timeout(30 * time.Second)
		defer cancel()
		if err := e.Close(ctx); err != nil {
			t.Error("close:", err)
		}
		if n := e.transport.pool.Outstanding(); n != 0 {
			t.Errorf("%d buffers are lost", n)
		}
	})
	return r
}

func testLog() *slog.Logger {
	if os.Getenv("ROOM_LOG") == "" {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (r *rig) ctx() context.Context {
	ctx, cancel := roomtest.Timeout(30 * time.Second)
	r.t.Cleanup(cancel)
	return ctx
}

// guest is a page in the rig with its connection to the engine.
type guest struct {
	*roomtest.Page
	rig     *rig
	mu      sync.Mutex
	visitor bridge.Visitor
}

func (g *guest) say(b []byte) error {
	g.mu.Lock()
	v := g.visitor
	g.mu.Unlock()
	if v == nil {
		return nil
	}
	return v.Receive(b)
}

func (g *guest) join(j bridge.Join) {
	g.rig.t.Helper()
	v, err := g.rig.engine.Join(context.Background(), j, g.Deliver)
	if err != nil {
		g.rig.t.Fatal(err)
	}
	g.mu.Lock()
	g.visitor = v
	g.mu.Unlock()
}

// page joins a page without negotiating.
func (r *rig) page(name string, opt roomtest.Options) *guest {
	r.t.Helper()
	g := &guest{rig: r}
	p, err := roomtest.New(opt, g.say)
	if err != nil {
		r.t.Fatal(err)
	}
	g.Page = p
	r.t.Cleanup(func() {
		p.Close()
		g.disconnect()
	})
	g.join(bridge.Join{Room: "1001", Name: name, Dial: []string{"sip:1001@gateway"}})
	r.must(p.Wait(r.ctx(), "welcome", func(s roomtest.State) bool { return s.Welcome.ID != "" }))
	return g
}

func (g *guest) disconnect() {
	g.mu.Lock()
	v := g.visitor
	g.visitor = nil
	g.mu.Unlock()
	if v != nil {
		v.Disconnected()
	}
}

// guest joins a page and connects it.
func (r *rig) guest(name string, opt roomtest.Options) *guest {
	r.t.Helper()
	g := r.page(name, opt)
	r.must(g.Offer(r.ctx(), false))
	r.must(g.Connected(r.ctx()))
	return g
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (g *guest) id() string { return g.Look().Welcome.ID }
