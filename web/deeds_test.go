package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge"
	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
)

// What is done to calls and meetings stands in the audit trail of the tenant whose they are, and in
// no other's, with who did it; what was refused does not.
func TestDeedsAreWrittenDown(t *testing.T) {
	service, _, _ := tenants(t)
	a, b := admintest.Token(t, service, "a", admin.Calls), admintest.Token(t, service, "b", admin.Admin)
	s := newSite(t, func(c *Config) { c.Token, c.Admin = "secret", service })
	full := func() {
		call := aCall("c1")
		call.Tenant, call.Layout = "a", bridge.LayoutAuto
		s.calls.set(call)
		r := aRoom()
		r.Name, r.Waiting = "board@a", []bridge.Guest{{ID: "w1", Name: "Đỗ Khánh Linh", Kind: "browser"}}
		s.rooms.set(r)
	}
	const room = "/api/v1/rooms/board"
	for _, c := range []struct{ method, path, body, did string }{
		{"PATCH", "/api/v1/calls/c1", `{"muted":true}`, `calls c1 mute {"name":"Phòng họp A","number":"1001","room":"1001"}`},
		{"PATCH", "/api/v1/calls/c1", `{"layout":"grid"}`, `calls c1 layout {"layout":"grid","name":"Phòng họp A","number":"1001","room":"1001"}`},
		{"PATCH", "/api/v1/calls/c1", `{"room":"hall"}`, `calls c1 move {"name":"Phòng họp A","number":"1001","room":"1001","to":"hall@a"}`},
		{"PATCH", "/api/v1/calls/c1", `{"room":"hall@b"}`, ""},
		{"DELETE", "/api/v1/calls/c1", "", `calls c1 hang-up {"name":"Phòng họp A","number":"1001","room":"1001"}`},
		{"DELETE", "/api/v1/calls/c2", "", ""},
		{"PATCH", room, `{"entry":"locked"}`, `meetings board@a entry {"entry":"locked"}`},
		{"PATCH", room, `{"layout":"grid"}`, `meetings board@a layout {"layout":"grid"}`},
		{"POST", room + "/mute", `{"muted":false}`, `meetings board@a unmute-all {}`},
		{"PATCH", room + "/participants/p2", `{"muted":true}`, `meetings board@a mute {"name":"Lan"}`},
		{"PATCH", room + "/participants/p2", `{"role":"host"}`, `meetings board@a role {"name":"Lan","role":"host"}`},
		{"PATCH", room + "/participants/p1", `{"role":"host"}`, ""},
		{"DELETE", room + "/participants/p2", "", `meetings board@a remove {"name":"Lan"}`},
		{"DELETE", room + "/participants/p9", "", ""},
		{"POST", room + "/waiting/w1", `{"admit":true}`, `meetings board@a admit {"name":"Đỗ Khánh Linh"}`},
		{"POST", room + "/waiting", `{"admit":false}`, `meetings board@a refuse-all {}`},
		{"DELETE", room, "", `meetings board@a end {"people":"2"}`},
	} {
		full()
		before := trail(t, s, a, "")
		s.do(c.method, c.path, c.body, "Authorization: Bearer "+a)
		after := trail(t, s, a, "")
		if got := strings.TrimSuffix(strings.Join(after, "\n"), strings.Join(before, "\n")); strings.TrimSpace(got) != c.did {
			t.Errorf("%s %s %s: %q in the audit trail, not %q", c.method, c.path, c.body, got, c.did)
		}
	}
	if got := trail(t, s, a, "&search=khanh+LINH&kind=meetings"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	if got := trail(t, s, b, ""); strings.Contains(fmt.Sprint(got), "c1") || strings.Contains(fmt.Sprint(got), "board") {
		t.Errorf("another tenant reads %q", got)
	}
	full()
	s.do("DELETE", "/api/v1/calls/c1", "", "Authorization: Bearer secret")
	if _, text := s.get("/api/v1/changes?kind=calls&limit=1", "Authorization: Bearer "+a); !strings.Contains(text, `"who":"operator"`) || !strings.Contains(text, `"origin":"127.0.0.1`) {
		t.Errorf("the tenant does not read who it was: %s", text)
	}
}

// trail is what was done to calls and meetings, as somebody reads it, the last first.
func trail(t *testing.T, s *site, token, query string) (list []string) {
	t.Helper()
	_, text := s.get("/api/v1/changes/groups?limit=100"+query, "Authorization: Bearer "+token)
	var page struct{ Items []admin.AuditGroup }
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, g := range page.Items {
		if g.Done == 1 && strings.HasPrefix(g.Who, "token ") {
			list = append(list, fmt.Sprintf("%s %s %s %s", g.Items[0].Kind, g.Items[0].Item, g.Items[0].Did, g.Items[0].After))
		}
	}
	return list
}
