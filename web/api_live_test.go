package web

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/store"
)

const roomPathName = "/api/v1/rooms/Ph%C3%B2ng%20h%E1%BB%8Dp"

func TestCallIsMutedAndMoved(t *testing.T) {
	var log lockedBuffer
	s := newSite(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	call := aCall("c1")
	call.Layout = bridge.LayoutAuto
	s.calls.set(call, aCall("c9"))
	s.rooms.set(aRoom())
	resp, body := s.do("PATCH", "/api/v1/calls/c1", `{"muted":true,"room":"board","layout":"grid"}`)
	if resp.StatusCode != 200 || !strings.Contains(body, `"muted":true`) || !strings.Contains(body, `"room":"board"`) || !strings.Contains(body, `"layout":"grid"`) {
		t.Fatal(resp.StatusCode, body)
	}
	if _, body := s.get("/api/v1/calls"); strings.Count(body, `"muted":true`) != 1 {
		t.Error("the list says otherwise", body)
	}
	if resp, body := s.do("PATCH", "/api/v1/calls/c1", `{"muted":false}`); resp.StatusCode != 200 || strings.Contains(body, `"muted":true`) {
		t.Error(resp.StatusCode, body)
	}
	for want, c := range map[int][2]string{
		404: {"/api/v1/calls/none", `{"muted":true}`},
		409: {"/api/v1/calls/c9", `{"muted":true}`}, // in no room
		422: {"/api/v1/calls/c1", `{"room":"a/b"}`},
	} {
		if resp, body := s.do("PATCH", c[0], c[1]); resp.StatusCode != want {
			t.Error(c, resp.StatusCode, body)
		}
	}
	s.calls.refuse = &bridge.Refusal{Cause: bridge.CauseCapacity, Reason: "the room is full"}
	if resp, body := s.do("PATCH", "/api/v1/calls/c1", `{"room":"full"}`); resp.StatusCode != 503 || !strings.Contains(body, "the room is full") {
		t.Error(resp.StatusCode, body)
	}
	for _, want := range []string{`by=operator did=move call=c1 name="Phòng họp A" number=1001 room=1001 to=board`, `by=operator did=mute call=c1 name`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, log.String())
		}
	}
}

func TestRoomIsLed(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	full := func() {
		r := aRoom()
		r.Waiting = []bridge.Guest{{ID: "w1", Name: "Lan", Kind: "browser"}, {ID: "w2", Name: "Hop B", Kind: "terminal", CallID: "c2"}}
		s.rooms.set(r)
	}
	for _, c := range []struct {
		method, path, body string
		code               int
		did                string
	}{
		{"PATCH", "", `{"entry":"lobby"}`, 200, "entry Phòng họp lobby"},
		{"PATCH", "", `{"entry":"ajar"}`, 422, ""},
		{"POST", "/mute", "", 200, `mute Phòng họp "" true`},
		{"POST", "/mute", `{"muted":false}`, 200, `mute Phòng họp "" false`},
		{"PATCH", "/participants/p2", `{"muted":true}`, 200, `mute Phòng họp "p2" true`},
		{"PATCH", "/participants/p9", `{"muted":true}`, 404, ""},
		{"PATCH", "/participants/p2", `{"role":"host"}`, 200, `role Phòng họp "p2" host`},
		{"PATCH", "/participants/p2", `{"role":"guest","muted":false}`, 200, `role Phòng họp "p2" guest; mute Phòng họp "p2" false`},
		{"PATCH", "/participants/p2", `{"role":"none"}`, 422, ""},
		{"PATCH", "/participants/p1", `{"role":"host"}`, 409, ""},
		{"PATCH", "/participants/p9", `{"role":"host"}`, 404, ""},
		{"PATCH", "/participants/p9", `{}`, 404, ""},
		{"DELETE", "/participants/p2", "", 204, "remove Phòng họp p2 an administrator removed you from the room"},
		{"DELETE", "/participants/p9", "", 404, ""},
		{"POST", "/waiting/w1", `{"admit":true}`, 200, `decide Phòng họp "w1" true`},
		{"POST", "/waiting/w9", `{"admit":true}`, 404, ""},
		{"POST", "/waiting", `{"admit":false}`, 200, `decide Phòng họp "" false`},
	} {
		full()
		s.rooms.did = nil
		resp, body := s.do(c.method, roomPathName+c.path, c.body)
		if resp.StatusCode != c.code || strings.Join(s.rooms.did, "; ") != c.did {
			t.Errorf("%s %s %s: %d %s, did %q", c.method, c.path, c.body, resp.StatusCode, body, s.rooms.did)
		}
		if resp, _ := s.do(c.method, "/api/v1/rooms/none"+c.path, c.body); resp.StatusCode != 404 && c.code != 422 {
			t.Errorf("%s %s of no room: %d", c.method, c.path, resp.StatusCode)
		}
	}
	full()
	if _, body := s.get(roomPathName); !strings.Contains(body, `"waiting":[{"id":"w1","name":"Lan","kind":"browser","call":"","number":"",`) {
		t.Error(body)
	}
}

// Terminals are hung up, so that their calls' records say why.
func TestTerminalsAreHungUp(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	s.rooms.set(aRoom())
	if resp, body := s.do("DELETE", roomPathName+"/participants/p1", ""); resp.StatusCode != 204 {
		t.Error(resp.StatusCode, body)
	}
	if resp, body := s.do("DELETE", roomPathName, ""); resp.StatusCode != 204 {
		t.Error(resp.StatusCode, body)
	}
	want := []string{"c1 removed an administrator removed the terminal from the room", "c1 removed " + endedText}
	if !slices.Equal(s.calls.hungUp, want) || !slices.Equal(s.rooms.did, []string{"end Phòng họp " + endedText}) {
		t.Errorf("%q %q", s.calls.hungUp, s.rooms.did)
	}
}

type engine = Rooms

// deafRooms is an engine that can do no more than it must.
type deafRooms struct{ engine }

func TestRoomsThatCannotBeLed(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Rooms = deafRooms{c.Rooms} })
	s.rooms.set(aRoom())
	for _, c := range [][3]string{{"DELETE", "", ""}, {"PATCH", "", `{"entry":"locked"}`}, {"PATCH", "", `{"layout":"grid"}`}, {"POST", "/mute", ""}} {
		if resp, body := s.do(c[0], roomPathName+c[1], c[2]); resp.StatusCode != 501 {
			t.Error(c, resp.StatusCode, body)
		}
	}
}

// A tenant brings its calls into rooms of its own name, and no other's.
func TestMoveOfTenant(t *testing.T) {
	service, _, token := tenants(t)
	if _, err := service.DB.Plans(t.Context(), service.Book); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(c *Config) { c.Token, c.Admin = "secret", service })
	call := aCall("c1")
	call.Tenant = "a"
	s.calls.set(call)
	for room, code := range map[string]int{"free": 200, "free@a": 200, "free@b": 403} {
		if resp, body := s.do("PATCH", "/api/v1/calls/c1", `{"room":"`+room+`"}`, "Authorization: Bearer "+token); resp.StatusCode != code {
			t.Error(room, resp.StatusCode, body)
		}
	}
	if room := s.calls.Calls()[0].Room; room != "free@a" {
		t.Error("moved to", room)
	}
}

func TestNewsAreTheirTenants(t *testing.T) {
	_, actor, _ := tenants(t)
	n := &News{}
	n.Record("a", admin.CallRecord{}) // nobody hears it yet
	s := newSite(t, func(c *Config) { c.News = n })
	events, stop := s.feed.listen()
	defer stop()
	<-events // complete
	n.Record("a", admin.CallRecord{Call: store.Call{ID: "c1", Streams: []byte(`{}`)}})
	n.Security("b", admin.SecurityEvent{Event: store.Event{ID: "e1", Kind: "security.pin"}})
	if e := within(t, events, "the record"); !strings.HasPrefix(string(encodeEvent(e)), "event: record.added\ndata: {\"tenant\":\"a\",\"item\":{\"id\":\"c1\"") ||
		strings.Contains(string(encodeEvent(e)), "streams") {
		t.Errorf("%s", encodeEvent(e))
	} else if ok, _ := heard(actor, e); !ok {
		t.Error("the tenant does not hear of its own call")
	}
	for room, hears := range map[string]bool{"board@a": true, "board@b": false} {
		if ok, _ := heard(actor, event{"room.waiting", waiting{Room: room}}); ok != hears {
			t.Errorf("who waits before %s is heard: %v", room, ok)
		}
	}
	if e := within(t, events, "the event"); e.name != "security.event" {
		t.Errorf("%s", encodeEvent(e))
	} else if ok, known := heard(actor, e); ok || !known {
		t.Error("the tenant hears of another's event")
	}
}

func TestWaitingIsTold(t *testing.T) {
	s := newSite(t, nil)
	r := aRoom()
	s.rooms.set(r)
	events, stop := s.feed.listen()
	defer stop()
	look := func() {
		s.feed.mu.Lock()
		defer s.feed.mu.Unlock()
		s.feed.look()
	}
	r.Waiting = []bridge.Guest{{ID: "w1", Name: "Lan", Kind: "browser", Since: time.Unix(0, 0)}}
	s.rooms.set(r)
	look()
	look()
	if got := drainNames(events); got != "room:Phòng họp complete room:Phòng họp room.waiting" {
		t.Error(got)
	}
}
