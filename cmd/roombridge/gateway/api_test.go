package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/config"
)

// api asks a gateway's API, as who has a token.
type api struct {
	t     *testing.T
	url   string
	token string
	more  [][2]string // headers of somebody who has signed in
}

func serveAPI(t *testing.T, g *Gateway) *api {
	t.Helper()
	s := httptest.NewServer(g.web.Handler())
	t.Cleanup(s.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	return &api{t: t, url: s.URL}
}

func (a *api) as(token string) *api { return &api{t: a.t, url: a.url, token: token} }

func (a *api) do(method, path, body string) (int, string) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), 30*time.Second)
	defer cancel()
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
	for _, h := range a.more {
		req.Header.Set(h[0], h[1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		a.t.Fatal(method, path, err)
	}
	defer resp.Body.Close()
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return resp.StatusCode, a.present(resp.Body)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(method, path, err)
	}
	return resp.StatusCode, string(b)
}

// present reads the events of what there is now: the stream itself has no end.
func (a *api) present(r io.Reader) string {
	a.t.Helper()
	var text strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		fmt.Fprintln(&text, lines.Text())
		if lines.Text() == "event: complete" {
			return text.String()
		}
	}
	a.t.Fatal("the events end: ", lines.Err(), text.String())
	return ""
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

// list asks for a list that has to be there.
func (a *api) list(path string) (list []map[string]any) {
	a.t.Helper()
	if code, text := a.do("GET", path, ""); code != 200 || json.Unmarshal([]byte(text), &list) != nil {
		a.t.Fatalf("%s: %d %s", path, code, text)
	}
	return list
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
		{"GET", "/api/v1/tenants", ""}, {"GET", "/api/v1/load", ""}, {"PUT", "/api/v1/devices/x", `{}`}, {"GET", "/metrics", ""},
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
