package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/roombridge/roombridge/bridge"
)

type client struct {
	t *testing.T
	*websocket.Conn
}

func (s *site) dial(room string, headers ...string) client {
	s.t.Helper()
	h := http.Header{}
	for _, x := range headers {
		k, v, _ := strings.Cut(x, ": ")
		h.Set(k, v)
	}
	c, _, err := websocket.Dial(s.t.Context(), s.http.URL+"/room/"+room+"/ws", &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.CloseNow() })
	return client{s.t, c}
}

func (c client) say(msg string) {
	c.t.Helper()
	if err := c.Write(c.t.Context(), websocket.MessageText, []byte(msg)); err != nil {
		c.t.Fatal(err)
	}
}

func (c client) hear() (string, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	_, b, err := c.Read(ctx)
	return string(b), err
}

// cut reads until the connection ends and gives the close code and the last message.
func (c client) cut() (websocket.StatusCode, string) {
	last := ""
	for {
		msg, err := c.hear()
		if err != nil {
			return websocket.CloseStatus(err), last
		}
		last = msg
	}
}

func (s *site) enter(room, join string) (client, *fakeVisitor) {
	s.t.Helper()
	c := s.dial(room)
	c.say(join)
	return c, within(s.t, s.rooms.joined, "the join")
}

func TestSocket(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("Ph%C3%B2ng%20A", `{"type":"join","name":" Lan\u0007\u202e  Nguyễn ","lang":"vi","resume":"tok"}`)
	want := bridge.Join{Room: "Phòng A", Name: "Lan Nguyễn", Lang: "vi", Resume: "tok", Remote: v.join.Remote}
	if v.join.Room != want.Room || v.join.Name != want.Name || v.join.Lang != want.Lang || v.join.Resume != want.Resume ||
		!strings.HasPrefix(v.join.Remote, "127.0.0.1:") || len(v.join.Dial) != 1 || v.join.Dial[0] != "sip:Phòng A@192.0.2.1" {
		t.Errorf("%+v", v.join)
	}
	v.send([]byte(`{"type":"welcome"}`))
	if m, err := c.hear(); err != nil || m != `{"type":"welcome"}` {
		t.Error(m, err)
	}
	for _, m := range []string{`{"type":"offer"}`, `{"type":"state"}`} {
		c.say(m)
		if got := within(t, v.got, "the message"); got != m {
			t.Error(got)
		}
	}
	_ = c.Close(websocket.StatusNormalClosure, "")
	within(t, v.gone, "the visitor to be told")
	v.send([]byte("late")) // harmless
}

func TestSocketLang(t *testing.T) {
	s := newSite(t, nil)
	_, v := s.enter("1", `{"type":"join","lang":"de","resume":"`+strings.Repeat("x", 300)+`"}`)
	if v.join.Lang != "en" || v.join.Resume != "" || v.join.Name != "" {
		t.Errorf("%+v", v.join)
	}
}

func TestSocketFirstMessage(t *testing.T) {
	for _, first := range []string{`{"type":"offer"}`, `nonsense`, `[]`, `{"type":"join","name":7}`} {
		s := newSite(t, nil)
		c := s.dial("1")
		c.say(first)
		code, last := c.cut()
		if code != websocket.StatusPolicyViolation || !strings.Contains(last, `"type":"error"`) || len(s.rooms.joined) > 0 {
			t.Errorf("%q: %v %q", first, code, last)
		}
	}
}

func TestSocketBounds(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("1", `{"type":"join"}`)
	c.say(`{"type":"offer","sdp":"` + strings.Repeat("x", maxMessage-100) + `"}`)
	if got := within(t, v.got, "a large message"); len(got) < maxMessage-100 {
		t.Error(len(got))
	}
	_ = c.Write(t.Context(), websocket.MessageText, make([]byte, maxMessage+1))
	if code, _ := c.cut(); code != websocket.StatusMessageTooBig {
		t.Error(code)
	}
	within(t, v.gone, "the visitor to be told")
}

func TestSocketTextOnly(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("1", `{"type":"join"}`)
	_ = c.Write(t.Context(), websocket.MessageBinary, []byte("{}"))
	if code, last := c.cut(); code != websocket.StatusPolicyViolation || !strings.Contains(last, "JSON text") {
		t.Error(code, last)
	}
	within(t, v.gone, "the visitor to be told")
}

func TestSocketFlood(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("1", `{"type":"join"}`)
	go func() {
		for c.Write(t.Context(), websocket.MessageText, []byte(`{"type":"ping"}`)) == nil {
		}
	}()
	if code, last := c.cut(); code != websocket.StatusPolicyViolation || !strings.Contains(last, "too many messages") {
		t.Error(code, last)
	}
	within(t, v.gone, "the visitor to be told")
}

// A page that does not read is cut when its queue is full; the engine never waits for it.
func TestSocketSlowPage(t *testing.T) {
	s := newSite(t, nil)
	_, v := s.enter("1", `{"type":"join"}`)
	msg := []byte(strings.Repeat("x", 60<<10))
	begin := time.Now()
	for range 400 { // more than queue and socket buffers hold together
		v.send(msg)
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Error("sending blocked for", d)
	}
	q := newSendQueue()
	for range 100 {
		q.push(msg)
	}
	if msgs, ended, last := q.take(); !ended || len(msgs) != 0 || last.Code != websocket.StatusTryAgainLater {
		t.Error(len(msgs), ended, last)
	}
}

func TestSendQueueCountsMessages(t *testing.T) {
	q := newSendQueue()
	for range queueMessages {
		q.push([]byte("x"))
	}
	if _, ended, _ := q.take(); ended {
		t.Error("ended early")
	}
	for range queueMessages + 1 {
		q.push([]byte("x"))
	}
	if _, ended, _ := q.take(); !ended {
		t.Error("never ended")
	}
}

func TestSocketReceiveError(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("1", `{"type":"join"}`)
	v.refuse = errors.New("the offer has no audio line")
	c.say(`{"type":"offer"}`)
	code, last := c.cut()
	var m struct{ Type, Code, Reason string }
	if json.Unmarshal([]byte(last), &m) != nil || m.Type != "error" || m.Reason != "the offer has no audio line" || code != websocket.StatusPolicyViolation {
		t.Error(code, last)
	}
	within(t, v.gone, "the visitor to be told")
}

func TestSocketJoinRefused(t *testing.T) {
	for cause, want := range map[bridge.Cause]string{
		bridge.CauseCapacity:  `{"code":"full","reason":"why","type":"bye"}`,
		bridge.CauseShutdown:  `{"code":"shutdown","reason":"why","type":"bye"}`,
		bridge.CauseForbidden: `{"code":"refused","reason":"why","type":"bye"}`,
		bridge.CauseNoRoute:   `{"code":"unknown","reason":"why","type":"bye"}`,
	} {
		s := newSite(t, nil)
		s.rooms.refuse = &bridge.Refusal{Cause: cause, Reason: "why"}
		c := s.dial("1")
		c.say(`{"type":"join"}`)
		if _, last := c.cut(); last != want {
			t.Error(cause, last)
		}
	}
}

// The number plan says who comes in how, by the address of the connection: what headers
// say of it counts for nothing.
func TestSocketEntrance(t *testing.T) {
	type asked struct{ room, client string }
	got := make(chan asked, 2)
	s := newSite(t, func(c *Config) {
		c.Entrance = func(_ context.Context, room, client string) (bridge.Route, error) {
			got <- asked{room, client}
			if room == "none" {
				return bridge.Route{}, &bridge.Refusal{Cause: bridge.CauseNoRoute, Reason: "there is no room of this name"}
			}
			return bridge.Route{Room: room, Rule: "r1", Lobby: true}, nil
		}
	})
	c := s.dial("board", "X-Forwarded-For: 192.0.2.9", "Forwarded: for=192.0.2.9")
	c.say(`{"type":"join"}`)
	v := within(t, s.rooms.joined, "the join")
	if a := <-got; a != (asked{"board", "127.0.0.1"}) || v.join.Client != "127.0.0.1" || v.join.Route.Rule != "r1" || !v.join.Route.Lobby {
		t.Errorf("%+v %+v", a, v.join)
	}
	c = s.dial("none")
	c.say(`{"type":"join"}`)
	if _, last := c.cut(); last != `{"code":"unknown","reason":"there is no room of this name","type":"bye"}` || len(s.rooms.joined) > 0 {
		t.Error(last)
	}
}

func TestSocketBye(t *testing.T) {
	s := newSite(t, nil)
	c, v := s.enter("1", `{"type":"join"}`)
	v.send([]byte(`{"type":"participants","list":[{"name":"\"type\":\"bye\""}]}`))
	v.send([]byte(`{"type":"bye","code":"removed"}`))
	v.send([]byte(`{"type":"speaker"}`))
	code, last := c.cut()
	if code != websocket.StatusNormalClosure || last != `{"type":"bye","code":"removed"}` {
		t.Error(code, last)
	}
	within(t, v.gone, "the visitor to be told")
}

func TestSocketHandshake(t *testing.T) {
	s := newSite(t, func(c *Config) { c.MaxSockets = 1 })
	for _, c := range []struct {
		room, origin string
		code         int
	}{
		{"1", "https://evil.example", 403},
		{"1", "null", 403},
		{"a%2Fb", "", 404},
		{"a%00", "", 404},
		{"%FF", "", 404},
		{strings.Repeat("a", 100), "", 404},
	} {
		h := http.Header{}
		if c.origin != "" {
			h.Set("Origin", c.origin)
		}
		_, resp, err := websocket.Dial(t.Context(), s.http.URL+"/room/"+c.room+"/ws", &websocket.DialOptions{HTTPHeader: h})
		if err == nil || resp == nil || resp.StatusCode != c.code {
			t.Errorf("%+v: %v", c, err)
		}
	}
	s.dial("1", "Origin: "+s.http.URL)
	_, resp, err := websocket.Dial(t.Context(), s.http.URL+"/room/1/ws", nil)
	if err == nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Error("a second page was let in", err)
	}
}

func TestPersonName(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"  Trần\tThị  Bưởi\n":          "Trần Thị Bưởi",
		"a\x00b":                       "a b",
		"\u202egnp.exe":                "gnp.exe",
		"bad\xffutf":                   "badutf",
		"Bu\u031bo\u031b\u0309i":       "Bưởi",
		"👩\u200d💻":                     "👩\u200d💻",
		strings.Repeat("ư", 200):       strings.Repeat("ư", maxPersonName),
		strings.Repeat("ab ", 30):      strings.TrimSpace(strings.Repeat("ab ", 22)[:64]),
		"line\u2028sep\u2029end\ufeff": "line sep end",
	} {
		if got := personName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzPersonName(f *testing.F) {
	f.Add("Lan")
	f.Fuzz(func(t *testing.T, s string) {
		n := personName(s)
		if len([]rune(n)) > maxPersonName || personName(n) != n {
			t.Errorf("%q became %q", s, n)
		}
	})
}
