package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
)

// fakeCalls is a call table that tests fill.
type fakeCalls struct {
	mu     sync.Mutex
	list   []bridge.CallStatus
	hungUp []string
	placed []bridge.Target
	room   string
	refuse error
	events chan bridge.Event
}

func (f *fakeCalls) Calls() []bridge.CallStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]bridge.CallStatus{}, f.list...)
}

func (f *fakeCalls) set(list ...bridge.CallStatus) {
	f.mu.Lock()
	f.list = list
	f.mu.Unlock()
	select {
	case f.events <- bridge.Event{Type: bridge.EventCallUpdated}:
	default:
	}
}

func (f *fakeCalls) Place(_ context.Context, t bridge.Target, room string) (*bridge.Call, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.placed, f.room = append(f.placed, t), room
	return &bridge.Call{}, f.refuse
}

func (f *fakeCalls) Hangup(id string, c bridge.Cause, reason string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.list {
		if s.ID == id {
			f.hungUp = append(f.hungUp, id+" "+c.String()+" "+reason)
			return true
		}
	}
	return false
}

func (f *fakeCalls) SetLayout(id string, l bridge.Layout) (known, chosen bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if s := &f.list[i]; s.ID == id {
			if chosen = s.Layout != ""; chosen {
				s.Layout = l
			}
			return true, chosen
		}
	}
	return false, false
}

func (f *fakeCalls) Subscribe() (<-chan bridge.Event, func()) { return f.events, func() {} }

// fakeRooms is a room engine that records what pages say.
type fakeRooms struct {
	mu     sync.Mutex
	list   []bridge.RoomStatus
	refuse error
	joined chan *fakeVisitor
	did    []string // by who leads
}

func (f *fakeRooms) Rooms() []bridge.RoomStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]bridge.RoomStatus{}, f.list...)
}

func (f *fakeRooms) set(list ...bridge.RoomStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = list
}

func (f *fakeRooms) SetRoomLayout(room string, l bridge.Layout) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		if f.list[i].Name == room {
			f.list[i].Layout = l
			return true
		}
	}
	return false
}

func (f *fakeRooms) Join(_ context.Context, j bridge.Join, send func([]byte)) (bridge.Visitor, error) {
	if f.refuse != nil {
		return nil, f.refuse
	}
	v := &fakeVisitor{join: j, send: send, got: make(chan string, 1024), gone: make(chan struct{})}
	f.joined <- v
	return v, nil
}

type fakeVisitor struct {
	join   bridge.Join
	send   func([]byte)
	got    chan string
	gone   chan struct{}
	refuse error
}

func (v *fakeVisitor) Receive(msg []byte) error {
	v.got <- string(msg)
	return v.refuse
}

func (v *fakeVisitor) Disconnected() { close(v.gone) }

// site is a server under test behind httptest's listener.
type site struct {
	*Server
	t     *testing.T
	calls *fakeCalls
	rooms *fakeRooms
	http  *httptest.Server
}

func newSite(t *testing.T, change func(*Config)) *site {
	t.Helper()
	s := &site{
		t:     t,
		calls: &fakeCalls{events: make(chan bridge.Event, 16)},
		rooms: &fakeRooms{joined: make(chan *fakeVisitor, 16)},
	}
	cfg := Config{
		Listen: "127.0.0.1:0", TLS: &tls.Config{}, SelfSigned: true, Version: "1.2.3",
		Calls: s.calls, Rooms: s.rooms,
		Dial: func(room string) []string { return []string{"sip:" + room + "@192.0.2.1"} },
	}
	if change != nil {
		change(&cfg)
	}
	var err error
	if s.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Server.Close)
	s.http = httptest.NewServer(s.Handler())
	t.Cleanup(s.http.Close)
	return s
}

// do makes a request; headers come as "Name: value".
func (s *site) do(method, path, body string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		if k == "Host" {
			req.Host = v
		}
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return resp, string(b)
}

func (s *site) get(path string, headers ...string) (*http.Response, string) {
	s.t.Helper()
	return s.do("GET", path, "", headers...)
}

// patience bounds the waits of tests for things that do happen, however slow the machine is.
const patience = 30 * time.Second

func within[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// lockedBuffer is a log that can be read while it is written.
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
