package web

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roombridge/roombridge/bridge"
)

var since = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func aCall(id string) bridge.CallStatus {
	s := bridge.CallStatus{
		ID: id, Protocol: "sip", Transport: "tls", Direction: bridge.Inbound, Remote: "192.0.2.7:5061",
		Device: "Polycom Group 500", Alias: "hop@bo.example", Name: "Phòng họp A", Number: "1001", Room: "1001",
		State: bridge.StateConnected, Since: since,
	}
	v := &s.Video.In
	v.Path, v.Reason = bridge.PathRelay, "both ends speak H264"
	v.Codec, v.Width, v.Height, v.FPS, v.Bitrate = "H264", 1280, 720, 29.97, 1_700_000
	v.Packets, v.Lost, v.JitterMS, v.Keyframes = 100, 2, 3.5, 4
	s.Content.In.Path = bridge.PathNone
	s.Video.Keying, s.Video.Suite = "sdes", "AEAD_AES_128_GCM"
	return s
}

func aRoom() bridge.RoomStatus {
	return bridge.RoomStatus{Name: "Phòng họp", Since: since, Speaker: "p1", Participants: []bridge.ParticipantStatus{{
		ID: "p1", Name: "Group 500", Kind: "terminal", CallID: "c1", Device: "Polycom", Number: "1001", Since: since, Level: -30,
	}, {ID: "p2", Name: "Lan", Kind: "browser", Since: since, AudioMuted: true, VideoOff: true, Sharing: true, Level: -127}}}
}

func decode(t *testing.T, body string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	return v
}

func keys(v any) []string {
	var k []string
	for name := range v.(map[string]any) {
		k = append(k, name)
	}
	sort.Strings(k)
	return k
}

func TestLoad(t *testing.T) {
	s := newSite(t, func(c *Config) {
		c.Telemetry = func() Telemetry { return Telemetry{Load: Load{CPU: 0.5, Limit: 0.85, Overloaded: true, Reason: "why"}} }
	})
	resp, body := s.get("/api/v1/load")
	want := map[string]any{"cpu": 0.5, "loop": 0.0, "late": 0.0, "wait_ms": 0.0, "limit": 0.85, "overloaded": true, "reason": "why", "headroom": nil}
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, body)
	}
	if d := cmp.Diff(want, decode(t, body)); d != "" {
		t.Error(d)
	}
}

// The names are a contract with operators: all are there, even when empty.
func TestCallMembers(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	resp, body := s.get("/api/v1/calls")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatal(resp.StatusCode, resp.Header)
	}
	list := decode(t, body).([]any)
	if len(list) != 1 {
		t.Fatal(body)
	}
	call := list[0].(map[string]any)
	want := []string{
		"alias", "arrangement", "audio", "content", "device", "direction", "id", "layout", "muted", "name", "number", "protocol", "remote", "room", "rule", "since",
		"stage", "state", "tenant", "transport", "video",
	}
	if d := cmp.Diff(want, keys(call)); d != "" {
		t.Error(d)
	}
	flow := []string{"bitrate", "codec", "fps", "height", "jitter_ms", "keyframes", "lost", "packets", "path", "reason", "width"}
	for _, stream := range []string{"audio", "video", "content"} {
		if d := cmp.Diff([]string{"encryption", "in", "out", "suite"}, keys(call[stream])); d != "" {
			t.Error(stream, d)
		}
		for _, dir := range []string{"in", "out"} {
			if d := cmp.Diff(flow, keys(call[stream].(map[string]any)[dir])); d != "" {
				t.Error(stream, dir, d)
			}
		}
	}
	wantVideo := map[string]any{
		"codec": "H264", "path": "relay", "reason": "both ends speak H264", "width": 1280.0, "height": 720.0, "fps": 29.97,
		"bitrate": 1.7e6, "packets": 100.0, "lost": 2.0, "jitter_ms": 3.5, "keyframes": 4.0,
	}
	if d := cmp.Diff(wantVideo, call["video"].(map[string]any)["in"]); d != "" {
		t.Error(d)
	}
	for k, v := range map[string]any{
		"id": "c1", "protocol": "sip", "direction": "in", "remote": "192.0.2.7:5061", "device": "Polycom Group 500",
		"number": "1001", "room": "1001", "state": "connected", "since": "2026-03-04T05:06:07Z",
	} {
		if call[k] != v {
			t.Errorf("%s is %v, want %v", k, call[k], v)
		}
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/api/v1/calls", "/api/v1/rooms"} {
		if resp, body := s.get(path); resp.StatusCode != 200 || strings.TrimSpace(body) != "[]" {
			t.Error(path, resp.StatusCode, body)
		}
	}
}

func TestOneCall(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"), aCall("c2"))
	if resp, body := s.get("/api/v1/calls/c2"); resp.StatusCode != 200 || decode(t, body).(map[string]any)["id"] != "c2" {
		t.Error(resp.StatusCode, body)
	}
	resp, body := s.get("/api/v1/calls/c3")
	if resp.StatusCode != 404 || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Error(resp.StatusCode, resp.Header)
	}
	if m := decode(t, body).(map[string]any); m["status"] != 404.0 || m["title"] != "Not Found" || m["detail"] != "no such call runs" {
		t.Error(body)
	}
}

func TestHangUp(t *testing.T) {
	s := newSite(t, nil)
	s.calls.set(aCall("c1"))
	if resp, _ := s.do("DELETE", "/api/v1/calls/c1", ""); resp.StatusCode != 204 {
		t.Error(resp.StatusCode)
	}
	if resp, _ := s.do("DELETE", "/api/v1/calls/c2", ""); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
	if !slices.Equal(s.calls.hungUp, []string{"c1 removed an administrator hung up"}) {
		t.Error(s.calls.hungUp)
	}
}

func TestLayouts(t *testing.T) {
	s := newSite(t, nil)
	seated := aCall("c1")
	seated.Layout, seated.Arranged = bridge.LayoutAuto, "grid"
	s.calls.set(seated, aCall("c2"))
	for _, c := range []struct {
		path, body string
		code       int
		says       string
	}{
		{"/api/v1/calls/c1", `{"layout":"speaker"}`, 200, `"layout":"speaker","arrangement":"grid"`},
		{"/api/v1/calls/c1", `{}`, 200, `"layout":"speaker"`},
		{"/api/v1/calls/c1", `{"layout":"mosaic"}`, 422, "layout"},
		{"/api/v1/calls/c1", `{"layout":"grid","pin":1}`, 422, "pin"},
		{"/api/v1/calls/c1", `{`, 400, ""},
		{"/api/v1/calls/c2", `{"layout":"grid"}`, 409, "no seat"},
		{"/api/v1/calls/c3", `{"layout":"grid"}`, 404, "no such call"},
		{"/api/v1/calls/c1", `{"layout":"room"}`, 200, `"layout":""`},
	} {
		if resp, body := s.do("PATCH", c.path, c.body); resp.StatusCode != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d %s", c.path, c.body, resp.StatusCode, body)
		}
	}
	s.rooms.set(aRoom())
	for _, c := range []struct {
		path, body string
		code       int
		says       string
	}{
		{"/api/v1/rooms/Pho%CC%80ng%20ho%CC%A3p", `{"layout":"one-plus-n"}`, 200, `"layout":"one-plus-n"`},
		{"/api/v1/rooms/Ph%C3%B2ng%20h%E1%BB%8Dp", `{}`, 200, `"layout":"one-plus-n"`},
		{"/api/v1/rooms/Ph%C3%B2ng%20h%E1%BB%8Dp", `{"layout":"room"}`, 422, "layout"},
		{"/api/v1/rooms/other", `{"layout":"grid"}`, 404, "nobody"},
		{"/api/v1/rooms/other", `{}`, 404, "nobody"},
	} {
		if resp, body := s.do("PATCH", c.path, c.body); resp.StatusCode != c.code || !strings.Contains(body, c.says) {
			t.Errorf("%s %s: %d %s", c.path, c.body, resp.StatusCode, body)
		}
	}
}

func TestPlace(t *testing.T) {
	s := newSite(t, nil)
	resp, body := s.do("POST", "/api/v1/calls", `{"target":"SIP:1001@192.0.2.9","room":"Phòng họp"}`)
	if resp.StatusCode != 202 || !strings.HasPrefix(resp.Header.Get("Location"), "/api/v1/calls/") {
		t.Fatal(resp.StatusCode, resp.Header, body)
	}
	want := []bridge.Target{{Scheme: "sip", URI: "sip:1001@192.0.2.9", From: "Phòng họp", Name: "Phòng họp"}}
	if d := cmp.Diff(want, s.calls.placed); d != "" || s.calls.room != "Phòng họp" {
		t.Error(d, s.calls.room)
	}
	_, _ = s.do("POST", "/api/v1/calls", `{"target":"h323:7@192.0.2.9","room":"7","from":"100","name":"Bộ\u0000 \u202eA"}`)
	if got := s.calls.placed[1]; got != (bridge.Target{Scheme: "h323", URI: "h323:7@192.0.2.9", From: "100", Name: "Bộ A"}) {
		t.Errorf("%+v", got)
	}
}

// The PIN of what is called is in no log.
func TestPlaceHidesPIN(t *testing.T) {
	log := new(lockedBuffer)
	s := newSite(t, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(log, nil)) })
	resp, body := s.do("POST", "/api/v1/calls", `{"target":"h323:192.0.2.9##1001##4321","room":"7"}`)
	if resp.StatusCode != 202 || strings.Contains(body, "4321") {
		t.Fatal(resp.StatusCode, body)
	}
	if got := s.calls.placed[0].URI; got != "h323:192.0.2.9##1001##4321" {
		t.Errorf("called %s", got)
	}
	if got := log.String(); strings.Contains(got, "4321") || !strings.Contains(got, "h323:192.0.2.9##1001##****") {
		t.Errorf("logged %s", got)
	}
}

func TestPlaceRefused(t *testing.T) {
	for _, c := range []struct {
		body string
		code int
	}{
		{`{"target":"tel:1001","room":"1"}`, 422},
		{`{"target":"sip:","room":"1"}`, 422},
		{`{"target":"sip:a b","room":"1"}`, 422},
		{`{"target":"sip:a\r\nX: y","room":"1"}`, 422},
		{`{"target":"sip:a","room":"a/b"}`, 422},
		{`{"target":"sip:a","room":""}`, 422},
		{`{"target":"sip:a"}`, 422},
		{`{"target":"` + strings.Repeat("a", 600) + `","room":"1"}`, 422},
		{`{"target":"sip:a","room":"1","pin":1}`, 422},
		{`{`, 400},
		{strings.Repeat(" ", maxBody+1), 413},
	} {
		s := newSite(t, nil)
		resp, body := s.do("POST", "/api/v1/calls", c.body)
		if resp.StatusCode != c.code || resp.Header.Get("Content-Type") != "application/problem+json" || len(s.calls.placed) > 0 {
			t.Errorf("%.60s: %d %s", c.body, resp.StatusCode, body)
		}
	}
	for cause, code := range map[bridge.Cause]int{
		bridge.CauseCapacity: 503, bridge.CauseShutdown: 503, bridge.CauseForbidden: 403, bridge.CauseUnreachable: 409,
	} {
		s := newSite(t, nil)
		s.calls.refuse = &bridge.Refusal{Cause: cause, Reason: "the reason"}
		resp, body := s.do("POST", "/api/v1/calls", `{"target":"sip:a","room":"1"}`)
		if resp.StatusCode != code || !strings.Contains(body, "the reason") {
			t.Error(cause, resp.StatusCode, body)
		}
	}
	s := newSite(t, nil)
	s.calls.refuse = http.ErrAbortHandler
	if resp, body := s.do("POST", "/api/v1/calls", `{"target":"sip:a","room":"1"}`); resp.StatusCode != 500 || strings.Contains(body, "abort") {
		t.Error(resp.StatusCode, body)
	}
}

func TestRooms(t *testing.T) {
	s := newSite(t, nil)
	s.rooms.set(aRoom())
	_, body := s.get("/api/v1/rooms")
	room := decode(t, body).([]any)[0].(map[string]any)
	if d := cmp.Diff([]string{"entry", "layout", "name", "participants", "since", "speaker", "tenant", "waiting"}, keys(room)); d != "" {
		t.Error(d)
	}
	p := room["participants"].([]any)
	want := map[string]any{
		"id": "p1", "name": "Group 500", "kind": "terminal", "call": "c1", "device": "Polycom", "number": "1001",
		"since": "2026-03-04T05:06:07Z", "audio_muted": false, "video_off": false, "sharing": false, "level": -30.0,
		"role": "none", "silenced": false,
	}
	if d := cmp.Diff(want, p[0]); d != "" || len(p) != 2 {
		t.Error(d)
	}
	// The name as a browser sends it, and decomposed as a Mac may write it.
	for _, name := range []string{"Ph%C3%B2ng%20h%E1%BB%8Dp", "Pho%CC%80ng%20ho%CC%A3p"} {
		if resp, body := s.get("/api/v1/rooms/" + name); resp.StatusCode != 200 || !strings.Contains(body, `"Phòng họp"`) {
			t.Error(name, resp.StatusCode, body)
		}
	}
	if resp, _ := s.get("/api/v1/rooms/other"); resp.StatusCode != 404 {
		t.Error(resp.StatusCode)
	}
}

func TestOpenAPI(t *testing.T) {
	s := newSite(t, func(c *Config) { c.Token = "secret" })
	resp, body := s.get("/api/openapi.json")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/openapi+json" {
		t.Fatal(resp.StatusCode, resp.Header)
	}
	doc := decode(t, body).(map[string]any)
	paths := doc["paths"].(map[string]any)
	for path, methods := range map[string][]string{
		"/api/v1/calls": {"get", "post"}, "/api/v1/calls/{id}": {"delete", "get", "patch"}, "/api/v1/rooms": {"get"},
		"/api/v1/rooms/{name}": {"delete", "get", "patch"}, "/api/v1/events": {"get"},
	} {
		if d := cmp.Diff(methods, keys(paths[path])); d != "" {
			t.Error(path, d)
		}
	}
	if !strings.Contains(body, `"bearer"`) || !strings.Contains(body, "text/event-stream") {
		t.Error("the description says nothing of the token or of events")
	}
}

func TestUnknownAPIPath(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range [][2]string{{"GET", "/api/v1/nothing"}, {"PUT", "/api/v1/calls"}, {"GET", "/api/"}} {
		resp, _ := s.do(c[0], c[1], "")
		if resp.StatusCode != 404 || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Error(c, resp.StatusCode, resp.Header)
		}
	}
}
