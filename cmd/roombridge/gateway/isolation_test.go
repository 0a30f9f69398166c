package gateway

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/store"
	"github.com/roombridge/roombridge/config"
)

// attack is how an operation is tried with what is another tenant's.
type attack struct {
	body  string     // so that the operation gets as far as it can
	ids   [][]string // for each path, what stands in it
	fresh bool       // writing what is not there is allowed; of another's by the same name nothing shall be told
	plain bool       // tells of the one who asks, whatever tenant is named
	last  bool       // ends a session of the one who asks
	codes []int      // besides 403 and 404
}

// attacks are the operations of the API, by their ids. $NAME is something of the tenant zebra.
func attacks() map[string]attack {
	in := func(ids ...string) [][]string { return [][]string{ids} }
	call, number := in("$call"), in("shared")
	room := [][]string{{"zebra-room@zebra"}, {"zebra-room"}}
	somebody := [][]string{{"zebra-room@zebra", "$participant"}, {"zebra-room", "$participant"}}
	return map[string]attack{
		"list-calls": {plain: true}, "get-call": {ids: call}, "change-call": {ids: call, body: `{"layout":"grid","muted":true,"room":"mine"}`}, "hang-up": {ids: call},
		"place-call": {body: `{"target":"sip:a@192.0.2.1","room":"zebra-room@zebra"}`},
		"list-rooms": {plain: true}, "get-room": {ids: room}, "change-room": {ids: room, body: `{"layout":"grid","entry":"locked"}`}, "end-room": {ids: room},
		"mute-room": {ids: room}, "change-participant": {ids: somebody, body: `{"muted":true,"role":"host"}`}, "remove-participant": {ids: somebody},
		"admit": {ids: somebody, body: `{"admit":true}`}, "admit-all": {ids: room, body: `{"admit":true}`},
		"list-quality": {plain: true}, "get-call-quality": {ids: call}, "get-room-quality": {ids: room},
		"events": {plain: true}, "get-load": {}, "list-trunks": {},
		"list-numbers": {}, "get-number": {ids: number}, "put-number": {ids: number, body: `{"number":"6006"}`, fresh: true}, "delete-number": {ids: in("$rule")},
		"test-number": {body: `{"number":"1001","host":"zebra.example"}`}, "import-numbers": {body: "number\n5005\n"}, "export-numbers": {},
		"list-changes": {}, "list-change-groups": {}, "undo-changes": {ids: in("$group")},
		"list-devices": {}, "get-device": {ids: number}, "put-device": {ids: number, body: `{"label":"x"}`, fresh: true}, "delete-device": {ids: in("$device")},
		"list-roomsetup": {}, "get-roomsetup": {ids: in("shared")}, "put-roomsetup": {ids: in("shared"), body: `{"label":"x"}`, fresh: true}, "delete-roomsetup": {ids: in("$setup")},
		"list-tokens": {}, "create-token": {body: `{"scopes":["read"]}`}, "delete-token": {ids: in("$token")},
		"list-records": {}, "get-record": {ids: [][]string{{"$ended"}, {"$call"}}}, "export-records": {}, "list-security-events": {},
		"list-tenants": {}, "get-tenant": {ids: in("zebra")}, "put-tenant": {ids: in("zebra"), body: `{"name":"mine now"}`}, "delete-tenant": {ids: in("zebra")},
		"list-administrators": {}, "get-administrator": {ids: in("shared")}, "delete-administrator": {ids: in("$boss")}, "end-sessions": {ids: in("shared")},
		"put-administrator": {ids: in("shared"), body: `{"role":"viewer"}`, fresh: true},
		"get-session":       {plain: true}, "sign-in": {body: `{"name":"shared","password":"x"}`, codes: []int{401, 429}}, "sign-out": {last: true, plain: true},
		"setup": {body: `{"password":"long enough"}`, codes: []int{401, 409, 429}}, "change-password": {body: `{"old":"x","new":"long enough"}`, codes: []int{422, 429}},
		"list-sessions": {plain: true}, "end-session": {ids: in("$session")},
	}
}

const secretWord = "một mật khẩu dài"

// Of one tenant another learns nothing, by no operation of the API, with ids and without, by tokens and by
// sessions; who is nobody learns nothing at all. An operation that is not tried fails the test.
func TestTenantsSeeNothingOfEachOther(t *testing.T) {
	g := start(t, func(c *config.Config) {
		c.Admin.Token = "operator"
		c.SIP.Trunks = []config.SIPTrunk{{Name: "zebra-line", Address: "127.0.0.1:9", Probe: "off"}, {Name: "shared-line", Address: "127.0.0.1:10", Probe: "off"}}
	})
	a := serveAPI(t, g)
	z := newZebra(t, g, a)
	op := a.as("operator")
	op.must("PUT", "/api/v1/tenants/other", `{"name":"other","domains":["other.example"]}`)
	for _, p := range [][2]string{{"lan", "administrator"}, {"an", "viewer"}} {
		op.must("PUT", "/api/v1/administrators/"+p[0]+"?tenant=other", fmt.Sprintf(`{"role":%q,"password":%q}`, p[1], secretWord))
	}
	token := a.as(op.must("POST", "/api/v1/tokens?tenant=other", `{"scopes":["admin"]}`)["text"].(string))
	attackers := []struct {
		name string
		who  func() *api
	}{
		{"token", func() *api { return token }}, {"administrator", func() *api { return a.signIn("lan") }}, {"viewer", func() *api { return a.signIn("an") }},
		{"nobody", func() *api { return a }},
	}
	if own := z.token.list("/api/v1/trunks"); len(own) != 1 || own[0]["name"] != "zebra-line" || len(op.list("/api/v1/trunks")) != 2 || len(token.list("/api/v1/trunks")) != 0 {
		t.Errorf("trunks: %v", own)
	}
	before := z.snapshot()
	for _, who := range attackers {
		t.Run(who.name, func(t *testing.T) { z.attacked(t, who.who(), who.name == "nobody") })
	}
	if after := z.snapshot(); after != before {
		t.Errorf("it was changed:\n%s\n%s", before, after)
	}
	if _, text := z.token.do("GET", "/api/v1/events", ""); !strings.Contains(text, z.ids["$call"]) || !strings.Contains(text, "event: room") {
		t.Errorf("its own events: %s", text)
	}
	z.call.End(bridge.CauseNormal, "")
}

// zebra is a tenant with something of everything.
type zebra struct {
	t     *testing.T
	api   *api
	token *api
	call  *bridge.Call
	ids   map[string]string
}

func newZebra(t *testing.T, g *Gateway, a *api) *zebra {
	t.Helper()
	z, op := &zebra{t: t, api: a}, a.as("operator")
	op.must("PUT", "/api/v1/tenants/zebra", `{"name":"zebra","domains":["zebra.example"],"trunks":["zebra-line"]}`)
	z.token = a.as(op.must("POST", "/api/v1/tokens?tenant=zebra", `{"label":"zebra","scopes":["admin"]}`)["text"].(string))
	for path, body := range map[string]string{
		"numbers/shared": `{"number":"1001","room":"zebra-room","label":"zebra"}`, "numbers/7007": `{"number":"7007","label":"zebra"}`,
		"devices/shared": `{"label":"zebra device"}`, "devices/striped": `{"label":"zebra device"}`,
		"roomsetup/shared": `{"label":"zebra room"}`, "roomsetup/striped": `{"label":"zebra room"}`,
	} {
		z.token.must("PUT", "/api/v1/"+path, body)
	}
	for _, name := range []string{"shared", "striped"} {
		op.must("PUT", "/api/v1/administrators/"+name+"?tenant=zebra", fmt.Sprintf(`{"role":"administrator","label":"zebra boss","password":%q}`, secretWord))
	}
	boss := a.signIn("shared")
	eventually(t, "the plans", func() bool { p := g.kept.book.Directory().Plan("zebra"); return p != nil && p.Len() == 2 })
	inv := bridge.Invite{Protocol: "sip", Number: "1001", Host: "zebra.example", Caller: bridge.Caller{Name: "zebra caller"}}
	ended, err := g.core.Incoming(t.Context(), inv, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended.End(bridge.CauseNormal, "zebra ended")
	if z.call, err = g.core.Incoming(t.Context(), inv, nil); err != nil {
		t.Fatal(err)
	}
	if _, err = z.call.Streams(); err == nil {
		err = z.call.Connected()
	}
	if err != nil {
		t.Fatal(err)
	}
	g.kept.records.event("zebra", store.NewEvent(time.Now(), "security.test", "zebra event"))
	eventually(t, "the records", func() bool {
		_, events := z.token.do("GET", "/api/v1/security/events", "")
		return len(items(z.token.must("GET", "/api/v1/records", ""))) == 1 && strings.Contains(events, "zebra event")
	})
	first := func(a *api, path, member string) string {
		return items(a.must("GET", path, ""))[0].(map[string]any)[member].(string)
	}
	var seen struct{ Participants []struct{ ID, Name string } }
	if _, text := z.token.do("GET", "/api/v1/rooms/zebra-room", ""); json.Unmarshal([]byte(text), &seen) != nil || len(seen.Participants) != 1 {
		t.Fatalf("the tenant does not see its own room: %s", text)
	}
	z.token.must("PATCH", "/api/v1/rooms/zebra-room", `{"entry":"open"}`)
	if _, trail := z.token.do("GET", "/api/v1/changes/groups?kind=meetings", ""); !strings.Contains(trail, "zebra-room@zebra") {
		t.Fatalf("the tenant does not see what was done to its room: %s", trail)
	}
	z.ids = map[string]string{
		"$call": z.call.ID(), "$ended": ended.ID(), "$group": first(z.token, "/api/v1/changes?kind=rules", "group"),
		"$token": first(z.token, "/api/v1/tokens", "id"), "$session": first(boss, "/api/v1/sessions", "id"), "$participant": seen.Participants[0].ID,
		"$rule": "7007", "$device": "striped", "$setup": "striped", "$boss": "striped",
	}
	return z
}

// signIn is a browser of somebody.
func (a *api) signIn(name string) *api {
	a.t.Helper()
	req, err := http.NewRequest("POST", a.url+"/api/v1/session", strings.NewReader(fmt.Sprintf(`{"name":%q,"password":%q}`, name, secretWord)))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct{ CSRF string }
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil || resp.StatusCode != 200 || len(resp.Cookies()) != 1 {
		a.t.Fatalf("%s does not get in: %d %v", name, resp.StatusCode, err)
	}
	return &api{t: a.t, url: a.url, more: [][2]string{{"Cookie", resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value}, {"X-CSRF", s.CSRF}, {"Sec-Fetch-Site", "same-origin"}}}
}

// snapshot is what an attack may not change.
func (z *zebra) snapshot() string {
	var b strings.Builder
	for _, path := range []string{"numbers", "devices", "roomsetup", "tokens", "administrators", "records"} {
		_, text := z.token.do("GET", "/api/v1/"+path, "")
		fmt.Fprintf(&b, "%s: %s\n", path, text)
	}
	for _, path := range []string{"calls", "rooms"} {
		var list []struct{ ID, Name, State, Layout, Entry string }
		_, text := z.token.do("GET", "/api/v1/"+path, "")
		fmt.Fprintf(&b, "%s: %v %v\n", path, json.Unmarshal([]byte(text), &list), list)
	}
	return b.String()
}

// operation is one of the API's description.
type operation struct{ method, path, id string }

func (z *zebra) operations() (list []operation) {
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	_, text := z.api.do("GET", "/api/openapi.json", "")
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		z.t.Fatal(err)
	}
	table := attacks()
	for path, methods := range doc.Paths {
		for method, op := range methods {
			list = append(list, operation{strings.ToUpper(method), path, op.OperationID})
		}
	}
	slices.SortFunc(list, func(a, b operation) int {
		if table[a.id].last != table[b.id].last {
			return map[bool]int{true: 1, false: -1}[table[a.id].last]
		}
		return strings.Compare(a.id, b.id)
	})
	return list
}

// attacked tries all operations as somebody.
func (z *zebra) attacked(t *testing.T, who *api, nobody bool) {
	who.t = t
	table, tried := attacks(), 0
	for _, op := range z.operations() {
		a, ok := table[op.id]
		if !ok {
			t.Errorf("%s (%s %s) is not tried: enter it in attacks", op.id, op.method, op.path)
			continue
		}
		if len(a.ids) == 0 {
			a.ids = [][]string{nil}
		}
		for _, ids := range a.ids {
			path := op.path
			for _, id := range ids {
				if own, is := z.ids[id]; is {
					id = own
				}
				i, j := strings.IndexByte(path, '{'), strings.IndexByte(path, '}')
				path = path[:i] + id + path[j+1:]
			}
			if strings.Contains(path, "{") {
				t.Fatalf("%s: the test knows too few ids", op.path)
			}
			for _, query := range []string{"?tenant=zebra", "", "?tenant=-"} {
				tried++
				z.tryOne(t, who, op, a, path, query, nobody)
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d requests", tried)
	}
}

// changing is what differs from answer to answer, whatever is there.
var changing = regexp.MustCompile(`"(id|name|user|number|group|changed|at|made)":"[^"]*"|"version":[0-9]+|shared|freshly`)

func same(answer string) string { return changing.ReplaceAllString(answer, "") }

// public are the operations that nobody may try too.
var public = []string{"get-session", "sign-in", "sign-out", "setup"}

func (z *zebra) tryOne(t *testing.T, who *api, op operation, a attack, path, query string, nobody bool) {
	code, answer := who.do(op.method, path+query, a.body)
	for _, s := range append(slices.Collect(maps.Values(z.ids)), "zebra") {
		if strings.Contains(answer, s) && s != "striped" && s != "7007" {
			t.Errorf("%s %s: %d tells %q: %s", op.method, path+query, code, s, answer)
		}
	}
	allowed := append([]int{403, 404}, a.codes...)
	named := strings.Contains(op.path, "{")
	switch {
	case slices.Contains(public, op.id):
		allowed = append(allowed, 200, 204)
	case nobody:
		allowed = []int{401}
	case a.fresh && query == "":
		fresh := strings.TrimSuffix(path, "shared") + "freshly"
		other, without := who.do(op.method, fresh, a.body)
		if same(without) != same(answer) || other != code {
			t.Errorf("%s %s tells that there is another's: %d %s, and without %d %s", op.method, path, code, answer, other, without)
		}
		who.do("DELETE", path, "")
		who.do("DELETE", fresh, "")
		return
	case a.plain, !named && query == "":
		allowed = append(allowed, 200, 201, 202, 204)
	}
	if !slices.Contains(allowed, code) {
		t.Errorf("%s %s (%s): %d %s", op.method, path+query, op.id, code, answer)
	}
}
