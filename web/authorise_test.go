package web

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/roombridge/roombridge/bridge/admin"
	"github.com/roombridge/roombridge/bridge/admin/admintest"
)

// tenants is a service with the tenants a and b, and who has a token of a.
func tenants(t *testing.T) (*admin.Service, *admin.Actor, string) {
	t.Helper()
	s := admintest.New(t, "a", "b")
	if _, err := s.DB.Plans(t.Context(), s.Book); err != nil {
		t.Fatal(err)
	}
	text := admintest.Token(t, s, "a", admin.Calls)
	actor, err := s.Present(t.Context(), text, "")
	if err != nil {
		t.Fatal(err)
	}
	return s, actor, text
}

// A listener of a tenant hears of its calls and rooms, and of their end once.
func TestSieve(t *testing.T) {
	_, actor, _ := tenants(t)
	v := newSieve(actor)
	for i, c := range []struct {
		e    event
		want string
	}{
		{event{"room", Room{Name: "board"}}, ""},
		{event{"room", Room{Name: "board@b"}}, ""},
		{event{"room", Room{Name: "board@a"}}, "room"},
		{event{"room.ended", gone{Name: "board@a"}}, "room.ended"},
		{event{"room.ended", gone{Name: "board@b"}}, ""},
		{event{"call", Call{ID: "1", Tenant: "a"}}, "call"},
		{event{"call", Call{ID: "2", Tenant: "b"}}, ""},
		{event{"call", Call{ID: "3"}}, ""},
		{event{"call.ended", gone{ID: "2"}}, ""},
		{event{"call.ended", gone{ID: "1"}}, "call.ended"},
		{event{"call.ended", gone{ID: "1"}}, ""},
		{event{"device", Device{Name: "x"}}, ""},
	} {
		got, ok := v.pass(c.e)
		if !ok {
			got.name = ""
		}
		if got.name != c.want {
			t.Errorf("%d: %q, not %q", i, got.name, c.want)
		}
	}
}

// A tenant calls terminals into its own rooms, and its calls and rooms are its own.
func TestPlaceOfTenant(t *testing.T) {
	service, _, token := tenants(t)
	s := newSite(t, func(c *Config) { c.Token, c.Admin = "secret", service })
	other := aCall("c2")
	other.Tenant = "b"
	s.calls.set(other)
	mine, theirs := aRoom(), aRoom()
	mine.Name, theirs.Name = "Phòng họp@a", "board@b"
	s.rooms.set(mine, theirs)
	auth := "Authorization: Bearer " + token
	for body, code := range map[string]int{
		`{"target":"sip:x@192.0.2.9","room":"free"}`:        202,
		`{"target":"sip:x@192.0.2.9","room":"Phòng họp@a"}`: 202,
		`{"target":"sip:x@192.0.2.9","room":"board@b"}`:     403,
		`{"target":"sip:x@192.0.2.9","room":"a/b"}`:         422,
	} {
		if resp, text := s.do("POST", "/api/v1/calls", body, auth); resp.StatusCode != code {
			t.Errorf("%s: %d %s", body, resp.StatusCode, text)
		}
	}
	for _, p := range s.calls.placed {
		if p.Tenant != "a" || strings.Contains(p.From+p.Name, "@") {
			t.Errorf("%+v is not the tenant's", p)
		}
	}
	if resp, text := s.do("DELETE", "/api/v1/calls/c2", "", auth); resp.StatusCode != 404 || len(s.calls.hungUp) > 0 {
		t.Errorf("another's call: %d %s", resp.StatusCode, text)
	}
	for name, code := range map[string]int{"Phòng họp": 200, "Phòng họp@a": 200, "board": 404, "board@b": 404} {
		if resp, text := s.do("GET", "/api/v1/rooms/"+url.PathEscape(name), "", auth); resp.StatusCode != code {
			t.Errorf("%s: %d %s", name, resp.StatusCode, text)
		}
	}
	if _, text := s.do("GET", "/api/v1/rooms", "", auth); !strings.Contains(text, "Phòng họp@a") || strings.Contains(text, "board@b") {
		t.Errorf("the list: %s", text)
	}
}

// Every operation of the table is there, and its description says what it needs.
func TestRightsAreDescribed(t *testing.T) {
	service, _, _ := tenants(t)
	s := newSite(t, func(c *Config) { c.Admin = service })
	_, body := s.get("/api/openapi.json")
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Description string
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			found[op.OperationID] = true
			want := "Only for the operator."
			if slices.Contains(public, op.OperationID) {
				want = "Open to everybody."
			}
			if r, ok := rights[op.OperationID]; ok {
				want = "Needs the scope `" + string(r) + "`."
			}
			if !strings.HasSuffix(op.Description, want) {
				t.Errorf("%s %s does not say %q: %q", method, path, want, op.Description)
			}
		}
	}
	for id := range rights {
		if !found[id] {
			t.Errorf("there is no operation %s", id)
		}
	}
}
