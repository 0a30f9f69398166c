package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// api asks a gateway's API, as who has a token.
type api struct {
	t     *testing.T
	url   string
	token string
}

func serveAPI(t *testing.T, g *Gateway) *api {
	t.Helper()
	s := httptest.NewServer(g.web.Handler())
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return &api{t: t, url: s.URL}
}

func (a *api) as(token string) *api { return &api{a.t, a.url, token} }

func (a *api) do(method, path, body string) (int, string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 20*time.Second)
	defer cancel()
	if strings.HasPrefix(path, "/api/v1/events") {
		ctx, cancel = context.WithTimeout(ctx, 400*time.Millisecond) // it has no end
		defer cancel()
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
		if !strings.HasPrefix(body, "{") {
			req.Header.Set("Content-Type", "text/csv")
		}
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		a.t.Fatal(method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		a.t.Fatal(method, path, err)
	}
	return resp.StatusCode, string(b)
}

// must asks for what has to succeed, and gives the answer's members.
func (a *api) must(method, path, body string) map[string]any {
	a.t.Helper()
	code, text := a.do(method, path, body)
	if code/100 != 2 {
		a.t.Fatalf("%s %s: %d %s", method, path, code, text)
	}
	var m map[string]any
	if text != "" {
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return m
}

// wrong asks for what has to fail with a status and words.
func (a *api) wrong(code int, says, method, path, body string) {
	a.t.Helper()
	if got, text := a.do(method, path, body); got != code || !strings.Contains(text, says) || !strings.Contains(text, `"status":`) {
		a.t.Errorf("%s %s %.60s: %d %s, not %d %s", method, path, body, got, text, code, says)
	}
}

func items(m map[string]any) []any { l, _ := m["items"].([]any); return l }

// Numbers are written, found, tried, imported, exported and taken back.
func TestNumbersOverAPI(t *testing.T) {
	g := start(t, func(*config.Config) {})
	a := serveAPI(t, g)
	put := `{"number":"1001","room":"board","label":"Phòng họp Đà Nẵng","guest_pin":"4321"}`
	first := a.must("PUT", "/api/v1/numbers/1001", put)
	if first["room"] != "board" || first["guest_pin"] != "****" || first["group"] == nil || first["priority"] != 100.0 {
		t.Errorf("%v", first)
	}
	if again := a.must("PUT", "/api/v1/numbers/1001", put); again["version"] != first["version"] || again["group"] != nil {
		t.Errorf("the same again is a change: %v", again)
	}
	if got := a.must("PUT", "/api/v1/numbers/1001", `{"number":"1001","room":"board","label":"Phòng họp Đà Nẵng","guest_pin":"****","version":7}`); got["version"] != first["version"] {
		t.Errorf("a masked PIN is a change: %v", got)
	}
	a.wrong(409, "changed", "PUT", "/api/v1/numbers/1001?version=1", put)
	a.wrong(409, "changed", "DELETE", "/api/v1/numbers/1001?version=1", "")
	for _, body := range []string{`{`, `[]`, `{"number":"1","id":"2"}`, `{"number":"1","colour":"red"}`, `{"number":"1","guest_pin":"12"}`, `{"number":"1","match":"near"}`} {
		a.wrong(422, "", "PUT", "/api/v1/numbers/1", body)
	}
	a.wrong(404, "", "GET", "/api/v1/numbers/2", "")
	if found := items(a.must("GET", "/api/v1/numbers?search=da+nang", "")); len(found) != 1 {
		t.Errorf("found %v", found)
	}

	csv := "number,room,label\n1001,board,Phòng họp\n1002,two,\n1003,three,\n"
	shown := a.must("POST", "/api/v1/numbers/import?dry_run=true", csv)
	if shown["applied"] != false || len(shown["added"].([]any)) != 2 || len(shown["changed"].([]any)) != 1 {
		t.Errorf("%v", shown)
	}
	a.wrong(422, "", "POST", "/api/v1/numbers/import", "number,colour\n1,red\n")
	done := a.must("POST", fmt.Sprint("/api/v1/numbers/import?basis=", shown["basis"]), csv)
	a.wrong(409, "changed", "POST", fmt.Sprint("/api/v1/numbers/import?basis=", shown["basis"]), csv)
	var seen []string
	for next := ""; ; {
		m := a.must("GET", "/api/v1/numbers?limit=1&after="+next, "")
		for _, n := range items(m) {
			seen = append(seen, n.(map[string]any)["id"].(string))
		}
		if next = m["next"].(string); next == "" {
			break
		}
	}
	if !slices.Equal(seen, []string{"1001", "1002", "1003"}) {
		t.Errorf("pages have %v", seen)
	}
	if _, text := a.do("GET", "/api/v1/numbers/export", ""); !strings.Contains(text, "1003") || strings.Contains(text, "4321") {
		t.Errorf("%s", text)
	}
	eventually(t, "the plan", func() bool { return g.kept.book.Directory().Plan("default").Len() == 3 })
	test := a.must("POST", "/api/v1/numbers/test", `{"number":"sip:1002@gw.example","at":"2026-05-04T09:00:00Z"}`)
	if d := test["decision"].(map[string]any); d["room"] != "two" || d["tenant"] != "default" || len(test["steps"].([]any)) != 2 {
		t.Errorf("%v", test)
	}
	if d := a.must("POST", "/api/v1/numbers/test", `{"number":"7777"}`)["decision"].(map[string]any); d["room"] != "7777" || d["action"] != "room" {
		t.Errorf("with open admission: %v", d)
	}

	a.must("POST", fmt.Sprintf("/api/v1/changes/%s/undo", done["group"]), "")
	if got := a.must("GET", "/api/v1/numbers/1001", ""); got["label"] != "Phòng họp Đà Nẵng" || got["guest_pin"] != "****" {
		t.Errorf("after undo: %v", got)
	}
	a.wrong(409, "", "POST", fmt.Sprintf("/api/v1/changes/%s/undo", done["group"]), "")
	a.wrong(404, "", "POST", "/api/v1/changes/none/undo", "")
	if n := len(items(a.must("GET", "/api/v1/changes?kind=rules", ""))); n != 7 {
		t.Errorf("%d changes are written down", n)
	}
	a.must("DELETE", "/api/v1/numbers/1001", "")
	a.wrong(404, "", "DELETE", "/api/v1/numbers/1001", "")
}

// A token does what its scopes say, and nothing when it is revoked.
func TestTokenScopes(t *testing.T) {
	g := start(t, func(c *config.Config) { c.Admin.Token = "operator's-own" })
	a := serveAPI(t, g)
	a.wrong(401, "", "GET", "/api/v1/numbers", "")
	op := a.as("operator's-own")
	made := op.must("POST", "/api/v1/tokens", `{"label":"reader","scopes":["read"]}`)
	reader := a.as(made["text"].(string))
	reader.must("GET", "/api/v1/numbers", "")
	for _, c := range [][3]string{
		{"PUT", "/api/v1/numbers/1", `{"number":"1"}`}, {"POST", "/api/v1/tokens", `{"scopes":["read"]}`}, {"GET", "/api/v1/tokens", ""},
		{"GET", "/api/v1/tenants", ""}, {"GET", "/api/v1/load", ""}, {"GET", "/api/v1/devices", ""}, {"GET", "/metrics", ""},
		{"DELETE", "/api/v1/calls/x", ""}, {"POST", "/api/v1/calls", `{"target":"sip:a@192.0.2.1","room":"1"}`},
	} {
		reader.wrong(403, "", c[0], c[1], c[2])
	}
	if _, text := op.do("GET", "/api/v1/tokens", ""); !strings.Contains(text, "reader") || strings.Contains(text, made["text"].(string)[20:]) {
		t.Errorf("%s", text)
	}
	numbers := a.as(op.must("POST", "/api/v1/tokens", `{"scopes":["numbers"]}`)["text"].(string))
	group := numbers.must("PUT", "/api/v1/numbers/1", `{"number":"1"}`)["group"]
	op.must("DELETE", fmt.Sprint("/api/v1/tokens/", made["id"]), "")
	reader.wrong(401, "revoked", "GET", "/api/v1/numbers", "")
	revoked := items(op.must("GET", "/api/v1/changes?kind=tokens", ""))[0].(map[string]any)["group"]
	numbers.wrong(403, "", "POST", fmt.Sprintf("/api/v1/changes/%s/undo", revoked), "") // would make the token valid again
	numbers.must("POST", fmt.Sprintf("/api/v1/changes/%s/undo", group), "")
	op.wrong(422, "expired", "POST", "/api/v1/tokens", `{"scopes":["read"],"expires":"2020-01-01T00:00:00Z"}`)
	op.wrong(422, "", "POST", "/api/v1/tokens", `{"scopes":["everything"]}`)
	a.as("rb_"+strings.Repeat("0", 16)+"_"+strings.Repeat("0", 64)).wrong(401, "", "GET", "/api/v1/numbers", "")
}

// Of one tenant another learns nothing, by no operation of the API, with ids and without.
func TestTenantsSeeNothingOfEachOther(t *testing.T) {
	g := start(t, func(c *config.Config) { c.Admin.Token = "operator" })
	a := serveAPI(t, g)
	op := a.as("operator")
	tokens := map[string]*api{}
	for _, name := range []string{"zebra", "other"} {
		op.must("PUT", "/api/v1/tenants/"+name, fmt.Sprintf(`{"name":%q,"domains":["%s.example"]}`, name, name))
		op.must("PUT", "/api/v1/numbers/shared?tenant="+name, fmt.Sprintf(`{"number":"1001","room":"%s-room"}`, name))
		tokens[name] = a.as(op.must("POST", "/api/v1/tokens?tenant="+name, fmt.Sprintf(`{"label":%q,"scopes":["admin"]}`, name))["text"].(string))
	}
	zebra, other := tokens["zebra"], tokens["other"]
	eventually(t, "the plans", func() bool { p := g.kept.book.Directory().Plan("zebra"); return p != nil && p.Len() == 1 })

	inv := bridge.Invite{Protocol: "sip", Number: "1001", Host: "zebra.example", Caller: bridge.Caller{Name: "zebra caller"}}
	ended, err := g.core.Incoming(t.Context(), inv, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended.End(bridge.CauseNormal, "zebra ended")
	call, err := g.core.Incoming(t.Context(), inv, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = call.Streams(); err == nil {
		err = call.Connected()
	}
	if err != nil {
		t.Fatal(err)
	}
	g.kept.records.event("zebra", store.NewEvent(time.Now(), "security.test", "zebra event"))
	eventually(t, "the records", func() bool {
		_, events := zebra.do("GET", "/api/v1/security/events", "")
		return len(items(zebra.must("GET", "/api/v1/records", ""))) == 1 && strings.Contains(events, "zebra event")
	})
	group := items(zebra.must("GET", "/api/v1/changes?kind=rules", ""))[0].(map[string]any)["group"].(string)
	token := items(zebra.must("GET", "/api/v1/tokens", ""))[0].(map[string]any)["id"].(string)
	if _, text := zebra.do("GET", "/api/v1/rooms/zebra-room", ""); !strings.Contains(text, "zebra caller") {
		t.Fatalf("the tenant does not see its own room: %s", text)
	}
	secrets := []string{"zebra", call.ID(), ended.ID(), group, token}
	ids := map[string][]string{
		"/calls/{id}": {call.ID()}, "/rooms/{name}": {"zebra-room"}, "/numbers/{id}": {"shared"}, "/changes/{group}/undo": {group},
		"/tenants/{id}": {"zebra"}, "/tokens/{id}": {token}, "/records/{id}": {ended.ID(), call.ID()},
	}
	bodies := map[string]string{
		"PATCH": `{"layout":"grid"}`, "POST /tokens": `{"scopes":["read"]}`, "POST /numbers/test": `{"number":"1001"}`,
		"POST /numbers/import": "number\n5005\n", "POST /calls": `{"target":"sip:a@192.0.2.1","room":"zebra-room"}`,
		"PUT /tenants/{id}": `{"name":"mine now"}`, "PUT /numbers/{id}": `{"number":"6006"}`,
	}

	var doc struct{ Paths map[string]map[string]any }
	_, text := a.do("GET", "/api/openapi.json", "")
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for path, methods := range doc.Paths {
		short := strings.TrimPrefix(path, "/api/v1")
		for method := range methods {
			method = strings.ToUpper(method)
			body := bodies[method+" "+short]
			if body == "" && method == "PATCH" {
				body = bodies["PATCH"]
			}
			targets := []string{path}
			if i := strings.IndexByte(path, '{'); i >= 0 {
				targets = nil
				end := strings.IndexByte(path, '}')
				if ids[short] == nil {
					t.Errorf("%s: the test knows no id for it", path)
				}
				for _, id := range ids[short] {
					targets = append(targets, path[:i]+id+path[end+1:])
				}
			}
			for _, target := range targets {
				for _, query := range []string{"?tenant=zebra", ""} {
					tried++
					code, answer := other.do(method, target+query, body)
					own := short == "/numbers/{id}" && query == "" // a rule of its own, by the same id
					for _, s := range secrets {
						if strings.Contains(answer, s) {
							t.Errorf("%s %s: %d tells %q: %s", method, target+query, code, s, answer)
						}
					}
					foreign := query != "" && !strings.HasPrefix(short, "/calls") && !strings.HasPrefix(short, "/rooms") && short != "/events"
					if (path != target && !own || foreign) && code != 404 && code != 403 {
						t.Errorf("%s %s: %d %s", method, target+query, code, answer)
					}
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d operations were tried", tried)
	}
	if n := zebra.must("GET", "/api/v1/numbers/shared", ""); n["room"] != "zebra-room" || n["number"] != "1001" {
		t.Errorf("%v", n)
	}
	if s := g.core.Calls(); len(s) != 1 || s[0].State != bridge.StateConnected || s[0].Layout == bridge.LayoutGrid {
		t.Errorf("%+v", s)
	}
	if _, text := zebra.do("GET", "/api/v1/events", ""); !strings.Contains(text, call.ID()) || !strings.Contains(text, "event: room") {
		t.Errorf("its own events: %s", text)
	}
	call.End(bridge.CauseNormal, "")
}
