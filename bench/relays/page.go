package relays

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/roombridge/roombridge/bench/load"
)

// page speaks the gateway's signalling (docs/signalling.md) for one browser.
type page struct {
	*browser
	conn   *websocket.Conn
	done   chan struct{}
	cancel context.CancelFunc

	mu      sync.Mutex
	changed chan struct{}
	state   pageState
}

// pageState is what the room has told.
type pageState struct {
	welcome  bool
	answer   string
	terminal string // id of a terminal in the room
	trouble  string
}

// Lines of a page's offer.
const (
	midSound, midCamera, midScreen, midSlot = "0", "1", "2", "3"
)

var pageClient = &http.Client{Transport: &http.Transport{
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // self-signed, on this machine
}}

// openPage joins a room and connects. It sends its camera or shows a terminal.
func openPage(ctx context.Context, env Env, room string, k Kind, sends bool) (*page, error) {
	b, err := newBrowser(env, k)
	if err != nil {
		return nil, err
	}
	p := &page{browser: b, done: make(chan struct{}), changed: make(chan struct{})}
	p.conn, _, err = websocket.Dial(ctx, fmt.Sprintf("wss://%s:%d/room/%s/ws", env.Addr, gatewayWeb, room), &websocket.DialOptions{HTTPClient: pageClient})
	if err != nil {
		return nil, fmt.Errorf("relays: page: %w", err)
	}
	p.conn.SetReadLimit(1 << 20)
	reading, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go p.read(reading)
	if err := p.join(ctx, sends); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// say sends one message.
func (p *page) say(ctx context.Context, m map[string]any) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return p.conn.Write(ctx, websocket.MessageText, b)
}

func (p *page) join(ctx context.Context, sends bool) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := p.say(ctx, map[string]any{"type": "join", "name": "Bench", "lang": "en"}); err != nil {
		return err
	}
	if err := p.wait(ctx, func(s pageState) bool { return s.welcome }); err != nil {
		return err
	}
	camera, slot := "inactive", "recvonly"
	if sends {
		camera, slot = "sendonly", "inactive"
	}
	offer := p.head(midSound, midCamera, midScreen, midSlot) +
		p.sound(midSound) + p.video(midCamera, camera) + p.video(midScreen, "inactive") + p.video(midSlot, slot)
	if err := p.say(ctx, map[string]any{"type": "offer", "sdp": offer, "revision": 1}); err != nil {
		return err
	}
	if err := p.wait(ctx, func(s pageState) bool { return s.answer != "" }); err != nil {
		return err
	}
	line := midSlot
	if sends {
		line = midCamera
	}
	if err := p.connect(ctx, p.look().answer, line); err != nil {
		return err
	}
	if sends {
		return p.say(ctx, map[string]any{"type": "state", "video": true})
	}
	return p.show(ctx)
}

// show asks for the terminal's picture.
func (p *page) show(ctx context.Context) error {
	if err := p.wait(ctx, func(s pageState) bool { return s.terminal != "" }); err != nil {
		return err
	}
	return p.say(ctx, map[string]any{"type": "want", "slots": []map[string]any{{
		"mid": midSlot, "participant": p.look().terminal, "kind": "main", "width": 1280, "height": 720,
	}}})
}

func (p *page) read(ctx context.Context) {
	defer close(p.done)
	for {
		_, b, err := p.conn.Read(ctx)
		if err != nil {
			p.change(func(s *pageState) { s.trouble = "the connection is gone: " + err.Error() })
			return
		}
		var m struct {
			Type, SDP, Code, Reason string
			List                    []struct{ ID, Kind string }
		}
		if json.Unmarshal(b, &m) != nil {
			continue
		}
		p.change(func(s *pageState) {
			switch m.Type {
			case "welcome":
				s.welcome = true
			case "answer":
				s.answer = m.SDP
			case "participants":
				for _, who := range m.List {
					if who.Kind == "terminal" {
						s.terminal = who.ID
					}
				}
			case "error", "bye":
				s.trouble = m.Code + ": " + m.Reason
			}
		})
	}
}

func (p *page) change(f func(s *pageState)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.state)
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *page) look() pageState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// wait waits until what the room has told is as wished.
func (p *page) wait(ctx context.Context, ok func(s pageState) bool) error {
	for {
		p.mu.Lock()
		s, changed := p.state, p.changed
		p.mu.Unlock()
		switch {
		case ok(s):
			return nil
		case s.trouble != "":
			return fmt.Errorf("relays: the room says %s", s.trouble)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("relays: the room did not do its part: %w", ctx.Err())
		}
	}
}

// sink is the browser's, and tells the room what arrives as browsers do.
func (p *page) sink(of *load.Source) *load.Sink {
	k := p.browser.sink(of)
	p.env.Loop.Do(func() { k.TWCC = idTWCC })
	return k
}

// close leaves the room.
func (p *page) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = p.say(ctx, map[string]any{"type": "leave"})
	p.rtc.Close()
	_ = p.conn.CloseNow()
	p.cancel()
	<-p.done
}
